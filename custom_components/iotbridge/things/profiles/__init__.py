"""Profiles as files: YAML format and its validation. Pure."""
