"""Roles of values that are not readings: words and rules that determine them. Pure."""
