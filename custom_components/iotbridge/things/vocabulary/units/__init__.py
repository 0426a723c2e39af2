"""Vocabulary of units: their spellings, their meanings, and the display precision of their values."""
