"""Tests of Wake on LAN."""
