"""What commands are made of: who may give one, who carries it out, and how it ends."""

from collections.abc import Container, Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias

from iotbridge_agent.errors import AgentError

POWER_COMMANDS: Final = ("shutdown", "reboot", "suspend")
HARMLESS_COMMANDS: Final = ("status", "ping")
BUILTIN_COMMANDS: Final = (*POWER_COMMANDS, *HARMLESS_COMMANDS)

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


Kind: TypeAlias = Literal["power", "custom", "harmless"]


def kind_of(command: str | None, custom: Container[str]) -> Kind:
    """Return the kind of a command; one that is neither built in nor among ``custom`` is harmless: nothing is done."""
    if command in POWER_COMMANDS:
        return "power"
    return "custom" if command is not None and command in custom else "harmless"


class Permission(NamedTuple):
    """Whether the system lets the agent do it; ``detail`` and ``remedy`` are sentences for a person."""

    allowed: bool
    detail: str = ""
    remedy: str = ""


class PowerBackend(Protocol):
    """Carries out power commands: ``shutdown``, ``reboot``, ``suspend``."""

    def permission(self, command: str) -> Permission:
        """Ask the system, as the agent's own user; may block for seconds."""

    def execute(self, command: str) -> None:
        """Carry it out; may block. Raises CommandError."""


class CommandError(AgentError):
    """A command could not be carried out; ``reason`` is a word of the contract."""

    def __init__(self, reason: FailedReason, message: str, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason: FailedReason = reason
        self.data = data


class RefusedError(AgentError):
    """A command is not carried out; ``reason`` is a word of the contract."""

    def __init__(
        self, reason: RefusedReason, message: str, *, message_id: str | None = None, command: str | None = None
    ) -> None:
        super().__init__(message)
        self.reason: RefusedReason = reason
        self.id = message_id
        self.command = command
