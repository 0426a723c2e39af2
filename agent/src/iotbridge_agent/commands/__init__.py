"""Commands to the agent: admission, execution, responses."""
