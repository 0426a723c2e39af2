"""Voice intents of alarms: list the active ones, acknowledge and snooze them."""

from collections.abc import Callable
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, intent

from ..sentences.document import HOURS, MINUTES
from ..sentences.speech import SpokenIntentHandler, SpokenRequest
from .manager import AlarmsManager
from .voice import async_acknowledge, async_list, async_snooze

DEFAULT_SNOOZE_MINUTES = 60


@callback
def async_setup_alarm_intents(hass: HomeAssistant, manager: Callable[[], AlarmsManager]) -> None:
    """Register the intents; ``manager`` returns that of the loaded entry or raises InvalidCallError."""
    for handler in (AcknowledgeAlarms, ListAlarms, SnoozeAlarms):
        intent.async_register(hass, handler(manager))


class AlarmIntentHandler(SpokenIntentHandler):
    """Intent handler about all alarms, or about those of the rules in its slot."""

    def __init__(self, manager: Callable[[], AlarmsManager]) -> None:
        """Store the access to the alarms."""
        self._manager = manager

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {vol.Optional("rule"): cv.string}


class AcknowledgeAlarms(AlarmIntentHandler):
    """Intent that acknowledges the unacknowledged alarms whose entities the speaker may control."""

    intent_type = "IotBridgeAcknowledgeAlarms"
    description = "Acknowledges the unacknowledged alarms of IoT Bridge"

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Acknowledge the alarms, and answer with their names."""
        names = async_acknowledge(request.hass, self._manager(), request.user, request.values.get("rule"))
        if not names:
            return request.speech.sentence("none_to_acknowledge")
        return request.speech.sentence("acknowledged", names=request.speech.listing(names))


class ListAlarms(AlarmIntentHandler):
    """Intent that lists the active alarms whose entities the speaker may read."""

    intent_type = "IotBridgeListAlarms"
    description = "Lists the active alarms of IoT Bridge"

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Answer with the names of the alarms."""
        names = [name for name, _ in async_list(request.hass, self._manager(), request.user)]
        if not names:
            return request.speech.sentence("no_alarms")
        return request.speech.sentence("active_alarms", count=len(names), names=request.speech.listing(names))


class SnoozeAlarms(AlarmIntentHandler):
    """Intent that snoozes the active alarms whose entities the speaker may control, for an hour by default."""

    intent_type = "IotBridgeSnoozeAlarms"
    description = "Snoozes the active alarms of IoT Bridge for a time"

    @property
    @override
    def slot_schema(self) -> dict[Any, Any]:
        return {
            **super().slot_schema,
            vol.Optional("minutes"): vol.All(vol.Coerce(int), vol.Range(*MINUTES)),
            vol.Optional("hours"): vol.All(vol.Coerce(int), vol.Range(*HOURS)),
        }

    @override
    async def async_answer(self, request: SpokenRequest) -> str:
        """Snooze the alarms, and answer with their names."""
        values, speech = request.values, request.speech
        minutes = values["hours"] * 60 if "hours" in values else values.get("minutes", DEFAULT_SNOOZE_MINUTES)
        names = async_snooze(request.hass, self._manager(), request.user, minutes, values.get("rule"))
        if not names:
            return speech.sentence("none_to_snooze")
        hours, rest = divmod(minutes, 60)
        duration = f"{minutes} min" if rest else f"{hours} h"
        return speech.sentence("snoozed", duration=duration, names=speech.listing(names))
