"""Tests of the discovery messages of hosts."""
