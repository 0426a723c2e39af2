"""Vocabulary of keys: words that decide what a value is, beside those that name its quantity."""
