"""Vocabulary of vendors: their conventions for keys, and the topics of their switches."""
