"""The subjects an agent can read, one file each."""
