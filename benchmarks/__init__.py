"""Costs of IoT Bridge, measured in comparison with others: programs that print tables."""
