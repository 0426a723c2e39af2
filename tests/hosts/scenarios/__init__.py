"""Scenarios of hosts: agents of IPWatch, a real broker."""
