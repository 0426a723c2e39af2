"""Proof of a command: the power state of its host, or what the host says about the command later."""

import asyncio
from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from .hosts import HostDevice
from .schedule_targets import async_command_entity

PROVEN: Final = "proven"
TIMED_OUT: Final = "timed_out"
# Outcomes of the command's event that end the wait.
DRY_RUN: Final = "dry_run"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class CommandProof:
    """Outcome of a wait for proof, and the message of the host."""

    outcome: str
    message: str = ""


async def async_wait_for_proof(
    hass: HomeAssistant, host: HostDevice, states: Container[str], timeout_s: float
) -> CommandProof:
    """Wait until the power state of a host is one of some states, or the host answers that it will not be."""
    proof: asyncio.Future[CommandProof] = hass.loop.create_future()
    command_entity = async_command_entity(hass, host)

    @callback
    def check(event: Event[EventStateChangedData] | None = None) -> None:
        power = hass.states.get(host.power_entity)
        if proof.done():
            return
        if power and power.state in states:
            proof.set_result(CommandProof(PROVEN))
        elif event and event.data["entity_id"] == command_entity and (state := event.data["new_state"]):
            outcome = state.attributes.get("event_type")
            if outcome in {DRY_RUN, FAILED}:
                proof.set_result(CommandProof(outcome, str(state.attributes.get("message") or "")))

    stop = async_track_state_change_event(
        hass, [host.power_entity, *([command_entity] if command_entity else [])], check
    )
    check()
    try:
        async with asyncio.timeout(timeout_s):
            return await proof
    except TimeoutError:
        return CommandProof(TIMED_OUT)
    finally:
        stop()
