"""Types for commands: permissions, power backends, and errors."""

from collections.abc import Container, Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from iotbridge_agent.errors import AgentError

POWER_COMMANDS: Final = ("shutdown", "reboot", "suspend")
HARMLESS_COMMANDS: Final = ("status", "ping")
WAKE: Final = "wake"
"""Command that wakes another machine."""
START_SERVICES: Final = "start_services"
"""Command that starts the services of the start order."""
NOTICE: Final = "notice"
"""Command that shows a text to the people who are logged in."""
BUILTIN_COMMANDS: Final = (*POWER_COMMANDS, WAKE, NOTICE, START_SERVICES, *HARMLESS_COMMANDS)

RefusedReason: TypeAlias = Literal[
    "malformed",
    "retained",
    "expired",
    "duplicate",
    "unknown",
    "not_enabled",
    "not_permitted",
    "invalid_args",
    "rate_limited",
    "busy",
]
FailedReason: TypeAlias = Literal["timeout", "exit_code", "not_found", "not_permitted", "error"]


Kind: TypeAlias = Literal["power", "wake", "notice", "custom", "harmless"]


def kind_of(command: str | None, custom: Container[str]) -> Kind:
    """Return the kind of a command; an unknown one is harmless, because it is not executed."""
    if command in POWER_COMMANDS:
        return "power"
    if command == WAKE:
        return "wake"
    if command == NOTICE:
        return "notice"
    return "custom" if command is not None and (command == START_SERVICES or command in custom) else "harmless"


class Permission(NamedTuple):
    """Permission of the system for a command; ``detail`` and ``remedy`` are sentences for the user."""

    allowed: bool
    detail: str = ""
    remedy: str = ""


class PowerBackend(Protocol):
    """Executor of the power commands ``shutdown``, ``reboot`` and ``suspend``."""

    def permission(self, command: str) -> Permission:
        """Ask the system, as the agent's own user; may block for seconds."""

    def execute(self, command: str) -> None:
        """Execute the command; may block. Raises CommandError."""


class CommandError(AgentError):
    """Failure of a command; ``reason`` is a word of the contract."""

    def __init__(self, reason: FailedReason, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason: FailedReason = reason
        self.data = data


class RefusedError(AgentError):
    """Refusal of a command; ``reason`` is a word of the contract."""

    def __init__(
        self, reason: RefusedReason, message: str, *, message_id: str | None = None, command: str | None = None
    ) -> None:
        super().__init__(message)
        self.reason: RefusedReason = reason
        self.id = message_id
        self.command = command
