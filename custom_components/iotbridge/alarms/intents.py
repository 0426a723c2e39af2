"""Voice intents of alarms: list the active ones, acknowledge the unacknowledged ones."""

from collections.abc import Iterable
from typing import override

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import intent

from .api.targets import async_manager
from .engine.models import WAITING, Actor, Alarm, AlarmState
from .manager import AlarmsManager
from .notifications.message import alarm_texts
from .runtime.display_name import async_name
from .runtime.permissions import async_permits

VOICE = "voice"
ACTIVE = WAITING | {AlarmState.ACKNOWLEDGED}
# A longer list is not spoken.
MAX_SPOKEN = 5


@callback
def async_setup_alarm_intents(hass: HomeAssistant) -> None:
    """Register the intents; users add sentences for them, as for all custom integrations."""
    intent.async_register(hass, AcknowledgeAlarms())
    intent.async_register(hass, ListAlarms())


class AcknowledgeAlarms(intent.IntentHandler):
    """Intent that acknowledges all unacknowledged alarms whose entities the speaker may control."""

    intent_type = "IotBridgeAcknowledgeAlarms"
    description = "Acknowledges all unacknowledged alarms of IoT Bridge"

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Acknowledge the alarms, and answer with their names."""
        manager, user = _manager(intent_obj), await _async_user(intent_obj)
        unacknowledged = _alarms(intent_obj.hass, manager, user, POLICY_CONTROL, WAITING)
        names = _names(intent_obj.hass, manager, unacknowledged)
        by = Actor((user.name or "") if user else "", VOICE)
        manager.async_acknowledge([alarm.key for alarm in unacknowledged], by)
        return _answer(intent_obj, "voice_acknowledged", "voice_none_waits", names)


class ListAlarms(intent.IntentHandler):
    """Intent that lists the active alarms whose entities the speaker may read."""

    intent_type = "IotBridgeListAlarms"
    description = "Lists the active alarms of IoT Bridge"

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Answer with the names of the alarms."""
        manager, user = _manager(intent_obj), await _async_user(intent_obj)
        active = _alarms(intent_obj.hass, manager, user, POLICY_READ, ACTIVE)
        return _answer(intent_obj, "voice_active", "voice_none", _names(intent_obj.hass, manager, active))


def _manager(intent_obj: intent.Intent) -> AlarmsManager:
    if (manager := async_manager(intent_obj.hass)) is None:
        raise intent.IntentHandleError("IoT Bridge is not running")
    return manager


async def _async_user(intent_obj: intent.Intent) -> User | None:
    """Return the user who speaks; None for a voice satellite, which has no user."""
    user_id = intent_obj.context.user_id
    user = await intent_obj.hass.auth.async_get_user(user_id) if user_id else None
    if user_id and user is None:
        raise intent.IntentHandleError("The speaking user is unknown")
    return user


def _alarms(
    hass: HomeAssistant, manager: AlarmsManager, user: User | None, policy: str, states: Iterable[AlarmState]
) -> list[Alarm]:
    """Return the alarms in some states that the user may access, the most severe first."""
    found = [alarm for alarm in manager.alarms() if alarm.state in states]
    permitted = [alarm for alarm in found if user is None or async_permits(hass, user, alarm.key, policy)]
    return sorted(permitted, key=lambda alarm: (-alarm.severity, alarm.key))


def _names(hass: HomeAssistant, manager: AlarmsManager, alarms: Iterable[Alarm]) -> list[str]:
    return [async_name(hass, manager.rules[alarm.key.rule_id], alarm.key.subject) for alarm in alarms]


def _answer(intent_obj: intent.Intent, some: str, none: str, names: list[str]) -> intent.IntentResponse:
    texts = alarm_texts(intent_obj.hass)
    listed = ", ".join(names[:MAX_SPOKEN])
    remaining = len(names) - MAX_SPOKEN
    if remaining > 0:
        listed = f"{listed} {texts.sentence('and_more', count=remaining)}"
    response = intent_obj.create_response()
    response.async_set_speech(texts.sentence(some, count=len(names), names=listed) if names else texts.sentence(none))
    return response
