"""Questions and answers on a voice satellite, which asks and listens without its wake word."""

import asyncio

from homeassistant.const import ATTR_SUPPORTED_FEATURES
from homeassistant.core import Context, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_state_change_event

from ...const import LOGGER

DOMAIN = "assist_satellite"
ASK, ANNOUNCE = "ask_question", "announce"
# Features of the entity: core's enumeration cannot be imported without the libraries of its voice pipeline.
CAN_ANNOUNCE, CAN_ASK = 1, 2
IDLE = "idle"
IDLE_WITHIN_S = 15.0


@callback
def async_can_ask(hass: HomeAssistant, satellite_id: str | None) -> bool:
    """Return whether a satellite can ask a question and listen to the answer."""
    return satellite_id is not None and _has(hass, satellite_id, ASK, CAN_ASK)


async def async_ask(hass: HomeAssistant, satellite_id: str, text: str, context: Context, timeout_s: float) -> str:
    """Ask a question once the satellite has finished the present sentence; return the answer, empty without one.

    Asking earlier would cancel the pipeline, and with it the intent that asks.
    """
    data = {"entity_id": satellite_id, "question": text, "preannounce": False}
    try:
        async with asyncio.timeout(IDLE_WITHIN_S):
            await _async_wait_idle(hass, satellite_id)
        async with asyncio.timeout(timeout_s):
            answer = await hass.services.async_call(
                DOMAIN, ASK, data, blocking=True, return_response=True, context=context
            )
    except (TimeoutError, HomeAssistantError) as error:
        LOGGER.debug("No answer on %s: %s", satellite_id, error)
        return ""
    return str((answer or {}).get("sentence") or "")


async def async_announce(hass: HomeAssistant, satellite_id: str, text: str, context: Context) -> None:
    """Announce a sentence on a satellite that can do so."""
    if not _has(hass, satellite_id, ANNOUNCE, CAN_ANNOUNCE):
        return
    data = {"entity_id": satellite_id, "message": text, "preannounce": False}
    try:
        await hass.services.async_call(DOMAIN, ANNOUNCE, data, blocking=True, context=context)
    except HomeAssistantError as error:
        LOGGER.debug("Could not announce on %s: %s", satellite_id, error)


@callback
def _has(hass: HomeAssistant, satellite_id: str, action: str, feature: int) -> bool:
    state = hass.states.get(satellite_id)
    features = state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) if state else 0
    return bool(features & feature) and hass.services.has_service(DOMAIN, action)


async def _async_wait_idle(hass: HomeAssistant, satellite_id: str) -> None:
    is_idle = asyncio.Event()

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None or state.state == IDLE:
            is_idle.set()

    untrack = async_track_state_change_event(hass, satellite_id, changed)
    try:
        state = hass.states.get(satellite_id)
        if state is not None and state.state != IDLE:
            await is_idle.wait()
    finally:
        untrack()
