"""Vocabulary of names: words of keys as a person writes them."""
