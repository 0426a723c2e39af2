"""Alarms over any entity of the home: rules, lifecycle, escalation and notifications."""
