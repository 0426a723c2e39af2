"""Hosts: who is there, what they were told, what they answered."""
