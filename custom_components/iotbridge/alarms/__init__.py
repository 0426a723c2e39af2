"""Alarms over any entity of the home: rules, their lifecycle, and who is told."""
