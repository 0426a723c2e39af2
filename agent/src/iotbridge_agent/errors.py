"""Errors of the agent."""


class AgentError(Exception):
    """Base of every error the agent raises on purpose; its text is shown to the user."""


class ConfigError(AgentError):
    """Invalid configuration; the text names the file, the key and the expected value."""


class NoDataError(AgentError):
    """Absence of a collector's subject on this machine: no battery, no fans. Not a failure."""


class CollectorError(AgentError):
    """Failure of a collector to read its subject."""
