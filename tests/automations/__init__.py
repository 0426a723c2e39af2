"""Automations on hosts."""
