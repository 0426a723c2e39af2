"""Scenarios of things: floods, outages, presence, a clean log."""
