"""Tests of the session at the broker."""
