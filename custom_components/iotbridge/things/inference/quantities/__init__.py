"""Quantities of numbers: words and rules that tell them. Pure."""
