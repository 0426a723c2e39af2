"""Alarms at work in Home Assistant: state watching, processing, deadlines, storage."""
