"""Hosts: their states, the commands sent to them, and their responses."""
