"""What can go wrong in the agent, by name."""


class AgentError(Exception):
    """The base of every error the agent raises on purpose; its text is for a person."""


class ConfigError(AgentError):
    """The configuration cannot be used; the text names file, key and what is expected."""


class NoDataError(AgentError):
    """This machine has nothing of the kind a collector reads: no battery, no fans. Not a failure."""


class CollectorError(AgentError):
    """A collector could not read what it should be able to read."""
