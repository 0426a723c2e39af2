"""Vocabulary of keys: words that determine the meaning of a value, beside those that name its quantity."""
