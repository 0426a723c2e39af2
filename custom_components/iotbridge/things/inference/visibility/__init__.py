"""Visibility of values: no entity, one that is off, or one that is on. Pure."""
