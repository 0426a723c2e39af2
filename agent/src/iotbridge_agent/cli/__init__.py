"""Command line of the agent, one module for each subcommand."""
