"""Quantities of numbers: words and rules that determine them. Pure."""
