"""What IoT Bridge costs, measured beside others: programs that print tables."""
