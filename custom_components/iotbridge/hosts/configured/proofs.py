"""Proofs that a machine runs: the state of an entity, or an address that answers."""

import asyncio
from collections.abc import Callable

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, State, callback
from homeassistant.helpers.event import async_track_state_change_event

from ...const import LOGGER
from .settings import HostSettings

# Interval of asking an address while an answer is missing or a change is expected, and how many of them pass otherwise.
BUSY_S = 5.0
CALM_INTERVALS = 6
ANSWER_WITHIN_S = 3.0
# A single answer may get lost.
MISSED_ANSWERS = 2

type ProofListener = Callable[[bool | None], None]


@callback
def async_follow(
    hass: HomeAssistant,
    entry: ConfigEntry,
    settings: HostSettings,
    prove: ProofListener,
    *,
    is_busy: Callable[[], bool] = lambda: True,
    missed_answers: int = MISSED_ANSWERS,
) -> CALLBACK_TYPE:
    """Call the listener with what the entity or the address proves; return a callback that ends that."""
    if settings.entity_id:
        return async_follow_entity(hass, settings, prove)
    following = async_follow_address(settings, prove, is_busy, missed_answers)
    task = entry.async_create_background_task(hass, following, f"iotbridge proof of {settings.address}")

    @callback
    def end() -> None:
        task.cancel()

    return end


@callback
def async_follow_entity(hass: HomeAssistant, settings: HostSettings, prove: ProofListener) -> CALLBACK_TYPE:
    """Call the listener with what the entity proves, now and at each change; return a callback that ends that."""

    def proof(state: State | None) -> bool | None:
        """Return whether the host is on; None where the entity says nothing."""
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return None
        return state.state in settings.on_states

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        prove(proof(event.data["new_state"]))

    prove(proof(hass.states.get(settings.entity_id)))
    return async_track_state_change_event(hass, settings.entity_id, changed)


async def async_follow_address(
    settings: HostSettings,
    prove: ProofListener,
    is_busy: Callable[[], bool],
    missed_answers: int = MISSED_ANSWERS,
) -> None:
    """Ask an address again and again, and call the listener with the proof; more often while ``is_busy``."""
    missed = 0
    while True:
        is_answering = await async_answers(settings.address, settings.address_port)
        missed = 0 if is_answering else missed + 1
        if is_answering or missed >= missed_answers:
            try:
                prove(is_answering)
            except Exception:  # noqa: BLE001 - a listener may raise anything
                # Otherwise the state of the host would never change again.
                LOGGER.exception("Could not process the proof of the host at %s", settings.address)
        for _ in range(CALM_INTERVALS):
            await asyncio.sleep(BUSY_S)
            if is_busy() or 0 < missed < missed_answers:
                break


async def async_answers(address: str, port: int) -> bool:
    """Return whether a machine answers at a TCP port; one that refuses the connection is on, too."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return True
    except OSError, TimeoutError, UnicodeError:  # the last for a name that IDNA refuses
        return False
    writer.close()
    return True
