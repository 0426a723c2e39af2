"""Vocabulary of names: display forms of words in keys."""
