"""Metrics for Prometheus: their text, and the endpoint that serves it; loaded only where it is switched on."""
