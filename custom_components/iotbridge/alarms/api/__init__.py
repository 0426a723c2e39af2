"""Interfaces of the alarms: actions, targets, queries, serialization, signals, WebSocket."""
