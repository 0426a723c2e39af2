"""Tests of the exports, beside facts from the documentation of each engine."""
