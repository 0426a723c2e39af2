"""Scenarios of alarms: outages, restarts, clocks, failures, random homes."""
