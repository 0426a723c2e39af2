"""Dialogs of hosts."""
