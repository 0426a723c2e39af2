"""Tests of hosts by voice."""
