"""The agent side of the wire contract: pure, no I/O."""
