"""Profiles of things and the mapping from fields to channels. Pure."""
