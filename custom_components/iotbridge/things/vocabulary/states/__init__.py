"""Vocabulary of states: yes and no, and events."""
