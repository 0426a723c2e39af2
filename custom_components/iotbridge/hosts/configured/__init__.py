"""Hosts that the user configured: those without an agent, and how known ones are woken."""
