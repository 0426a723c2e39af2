"""Actions that wait for the response of a host."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from custom_components.iotbridge.hosts.commander import CommandResult, Outcome
from custom_components.iotbridge.hosts.pending_calls import PendingCalls
from custom_components.iotbridge.protocol.topics import HostKey
from homeassistant.exceptions import HomeAssistantError

NAS = HostKey("iotbridge", "nas")
PI = HostKey("iotbridge", "pi")


@pytest.fixture
def calls() -> PendingCalls:
    return PendingCalls()


async def sent() -> None:
    """Publish at once."""


def result(key: HostKey, command_id: str, outcome: Outcome) -> CommandResult:
    return CommandResult(key=key, outcome=outcome, command="ping", command_id=command_id, reason="", message="")


async def begun(
    calls: PendingCalls,
    key: HostKey,
    command_id: str,
    publish: Coroutine[Any, Any, None] | None = None,
    timeout_s: float = 30,
) -> asyncio.Task[CommandResult]:
    """Return a pending call."""
    waiting = calls.wait(key, "ping", command_id, publish or sent(), timeout_s)
    task = asyncio.get_running_loop().create_task(waiting)
    await asyncio.sleep(0)
    return task


async def test_each_call_gets_the_result_of_its_own_command(calls: PendingCalls) -> None:
    tasks = [await begun(calls, *call) for call in ((NAS, "1"), (NAS, "2"), (PI, "1"))]

    for key, command_id in ((PI, "1"), (NAS, "2"), (NAS, "1")):
        calls.resolve(result(key, command_id, Outcome.DONE))

    assert [(found.key, found.command_id) for found in await asyncio.gather(*tasks)] == [
        (NAS, "1"),
        (NAS, "2"),
        (PI, "1"),
    ]


async def test_a_command_that_was_only_accepted_ends_so_after_the_timeout(calls: PendingCalls) -> None:
    task = await begun(calls, NAS, "1", timeout_s=-0.4)
    calls.resolve(result(NAS, "1", Outcome.ACCEPTED))

    assert (await task).outcome is Outcome.ACCEPTED


async def test_without_any_response_the_call_times_out(calls: PendingCalls) -> None:
    found = await (await begun(calls, NAS, "1", timeout_s=-0.4))

    assert (found.outcome, found.reason) == (Outcome.TIMED_OUT, "no_response")


async def test_a_command_that_cannot_be_published_fails(calls: PendingCalls) -> None:
    async def refuse() -> None:
        raise HomeAssistantError("no broker")

    found = await (await begun(calls, NAS, "1", refuse()))

    assert (found.outcome, found.reason, found.message) == (Outcome.FAILED, "not_sent", "no broker")


async def test_the_calls_of_a_removed_host_end_and_no_others(calls: PendingCalls) -> None:
    gone, other = await begun(calls, NAS, "1"), await begun(calls, PI, "1")

    calls.cancel("nas was removed.", NAS)
    await asyncio.sleep(0)

    assert (await gone).message == "nas was removed."
    assert not other.done()
    calls.cancel("stopped")
    assert (await other).outcome is Outcome.TIMED_OUT
