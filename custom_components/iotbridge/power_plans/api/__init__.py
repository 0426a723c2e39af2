"""Interfaces of the power plans: actions and the WebSocket."""
