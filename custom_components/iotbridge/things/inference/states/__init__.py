"""Values that are states or events, and no numbers. Pure."""
