"""Costs of IoT Bridge, measured beside others: programs that print tables."""
