"""Scenarios of things: sample sets, random messages, floods, outages, presence, a clean log."""
