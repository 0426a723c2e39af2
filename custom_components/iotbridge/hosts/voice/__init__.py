"""Hosts by voice: their state as sentences, and power commands that ask back."""
