"""Vocabulary of states: binary values and events."""
