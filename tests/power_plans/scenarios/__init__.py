"""Tests of several parts of the power plans together."""
