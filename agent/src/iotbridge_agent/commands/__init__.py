"""What an agent can be told to do."""
