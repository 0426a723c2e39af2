"""Vocabulary of units: how they are written, what they mean, and how precise their values are."""
