"""Dialogs of power plans and schedules."""
