"""Roles of values that are no readings: words and rules that tell them. Pure."""
