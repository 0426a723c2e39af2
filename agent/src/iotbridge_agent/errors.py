"""Errors of the agent."""


class AgentError(Exception):
    """Base of every error the agent raises on purpose; its text is for a person."""


class ConfigError(AgentError):
    """Error of a configuration that cannot be used; the text names file, key and what is expected."""


class NoDataError(AgentError):
    """Absence of a collector's subject on this machine: no battery, no fans. Not a failure."""


class CollectorError(AgentError):
    """Failure of a collector to read its subject."""
