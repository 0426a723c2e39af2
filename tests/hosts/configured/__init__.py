"""Tests of hosts that the user configured."""
