"""Kinds of commands, and the reasons in their responses."""

import pytest

from iotbridge_agent.commands.base import BUILTIN_COMMANDS, CommandError, RefusedError, kind_of


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("shutdown", "power"),
        ("reboot", "power"),
        ("suspend", "power"),
        ("ping", "harmless"),
        ("backup", "custom"),
        ("no_such", "harmless"),
        (None, "harmless"),
    ],
)
def test_kinds_of_commands_are_distinguished(command: str | None, kind: str) -> None:
    assert kind_of(command, {"backup": 1}) == kind


def test_a_custom_command_does_not_become_a_power_command_by_its_name() -> None:
    assert [kind_of(command, BUILTIN_COMMANDS) for command in ("reboot", "status")] == ["power", "custom"]


def test_errors_have_a_reason_of_the_contract_and_a_sentence() -> None:
    failed = CommandError("exit_code", "It ended with 3.", {"exit_code": 3})
    refused = RefusedError("retained", "It is retained.", message_id="x1", command="reboot")

    assert (failed.reason, str(failed), failed.data) == ("exit_code", "It ended with 3.", {"exit_code": 3})
    assert (refused.reason, str(refused), refused.id, refused.command) == (
        "retained", "It is retained.", "x1", "reboot",
    )  # fmt: skip
