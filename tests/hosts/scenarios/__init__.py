"""Scenarios of hosts: agents of IPWatch."""
