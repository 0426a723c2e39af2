"""Candidates: the values of a device with their words, their units and their siblings. Pure."""
