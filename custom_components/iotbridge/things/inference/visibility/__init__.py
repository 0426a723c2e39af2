"""Visibility of values: no entity, a disabled one, or an enabled one. Pure."""
