"""Agent's side of the wire contract: pure, no I/O."""
