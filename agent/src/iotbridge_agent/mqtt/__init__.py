"""Connection to the broker: client, sessions, encryption, and why it failed."""
