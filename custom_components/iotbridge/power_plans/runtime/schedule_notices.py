"""Notices of schedules: before a run on phones with buttons and on the machines that it stops, and of failures."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, Final

import voluptuous as vol

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import Platform
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util

from ...const import DOMAIN, LOGGER
from ...markdown import escaped
from ...phone_actions import async_phone_actions
from ..engine.schedule import Occurrence, Schedule
from ..engine.schedule_run import RunResult
from .plan_entities import async_plan_name
from .schedule_targets import async_target_hosts
from .schedule_texts import async_schedule_texts, result_text
from .screens import async_change_text, async_notice_text, async_screens

# Fired by Home Assistant's integration of the phone apps for the buttons of all notifications.
EVENT_BUTTON: Final = "mobile_app_notification_action"
CANCEL: Final = "IOTBRIDGE_SCHEDULE_CANCEL_"
POSTPONE: Final = "IOTBRIDGE_SCHEDULE_POSTPONE_"
ENABLED: Final = "schedule_enabled"
_CLEAR: Final = "clear_notification"
_GROUP: Final = DOMAIN
# Wakes a sleeping Android phone at once.
_AT_ONCE: Final = {"ttl": 0, "priority": "high"}

type Act = Callable[[str, datetime, str], Awaitable[None]]


class ScheduleNotices:
    """Notices of schedules on phones, other notify entities and the machines themselves, and the buttons on them."""

    def __init__(self, hass: HomeAssistant, cancel: Act, postpone: Act) -> None:
        """``cancel`` and ``postpone`` take a schedule, the planned time of the run, and the name of a person."""
        self._hass = hass
        self._commands = {CANCEL: cancel, POSTPONE: postpone}

    async def async_send(self, schedule: Schedule, occurrence: Occurrence) -> None:
        """Send the notice of a run to come."""
        texts = async_schedule_texts(self._hass)
        names = [host.name for host in async_target_hosts(self._hass, schedule.target)]
        hosts = ", ".join(names) or async_plan_name(self._hass, schedule.plan)
        time = dt_util.as_local(occurrence.at).strftime("%H:%M")
        message = texts.sentence(f"notice_{schedule.task}", hosts=hosts, time=time)
        run = f"{schedule.schedule_id}_{int(occurrence.planned.timestamp())}"
        buttons = [
            {"action": f"{CANCEL}{run}", "title": texts.sentence("button_cancel")},
            {"action": f"{POSTPONE}{run}", "title": texts.sentence("button_postpone")},
        ]
        data = {"tag": _tag(schedule), "group": _GROUP, "actions": buttons, **_AT_ONCE}
        calls = [self._async_deliver(schedule, message, data)]
        if screens := async_screens(self._hass, schedule):
            calls.append(self._async_show(schedule, screens, async_notice_text(self._hass, schedule, occurrence.at)))
        await asyncio.gather(*calls)

    async def async_change(self, schedule: Schedule, occurrence: Occurrence, later: datetime | None) -> None:
        """Remove the notice of a run from the phones; show on the machines that it was put off or cancelled."""
        screens = async_screens(self._hass, schedule)
        message = async_change_text(self._hass, occurrence.at, later)
        await asyncio.gather(self.async_withdraw(schedule), self._async_show(schedule, screens, message))

    async def async_withdraw(self, schedule: Schedule) -> None:
        """Remove the notice from the phones."""
        data = {"message": _CLEAR, "data": {"tag": _tag(schedule)}}
        await asyncio.gather(*(self._async_call("notify", phone, data) for phone in self._phones(schedule)))

    async def async_send_failure(self, schedule: Schedule, result: RunResult) -> None:
        """Notify the failure of a run; where no one is to be notified, in Home Assistant itself."""
        message = result_text(result, async_schedule_texts(self._hass))
        if schedule.phones or schedule.notify_entities:
            await self._async_deliver(schedule, message, {"tag": _tag(schedule), "group": _GROUP})
        else:
            data = {"notification_id": _tag(schedule), "title": schedule.name, "message": escaped(message)}
            await self._async_call("persistent_notification", "create", data)

    async def _async_deliver(self, schedule: Schedule, message: str, data: dict[str, Any]) -> None:
        content = {"title": schedule.name, "message": message}
        calls: list[Coroutine[Any, Any, None]] = [
            self._async_call("notify", phone, {**content, "data": data}) for phone in self._phones(schedule)
        ]
        if schedule.notify_entities:
            entities = {**content, "entity_id": list(schedule.notify_entities)}
            calls.append(self._async_call("notify", "send_message", entities))
        await asyncio.gather(*calls)

    async def _async_show(self, schedule: Schedule, screens: list[str], message: str) -> None:
        data = {"title": schedule.name, "message": message}
        await asyncio.gather(
            *(self._async_call("notify", "send_message", {**data, "entity_id": screen}) for screen in screens)
        )

    async def _async_call(self, domain: str, action: str, data: dict[str, Any]) -> None:
        try:
            await self._hass.services.async_call(domain, action, data, blocking=True, context=Context())
        except (HomeAssistantError, vol.Invalid) as error:
            LOGGER.warning("The notice of a schedule could not be sent by %s.%s: %s", domain, action, error)
        except Exception:  # noqa: BLE001 - logged; an action of another integration holds back no run
            LOGGER.exception("The notice of a schedule could not be sent by %s.%s", domain, action)

    @callback
    def _phones(self, schedule: Schedule) -> list[str]:
        """Return the names of the notify actions of the phones."""
        devices, phones = dr.async_get(self._hass), []
        actions = {entry_id: action for action, entry_id in async_phone_actions(self._hass).items()}
        for device_id in schedule.phones:
            device = devices.async_get(device_id)
            phones += [actions[entry_id] for entry_id in device.config_entries if entry_id in actions] if device else []
        return [phone.removeprefix("notify.") for phone in phones]

    @callback
    def async_listen(self) -> CALLBACK_TYPE:
        """Run the commands of buttons that are pressed; return the unsubscribe callback."""
        return self._hass.bus.async_listen(EVENT_BUTTON, self._async_pressed)

    async def _async_pressed(self, event: Event) -> None:
        button = event.data.get("action")
        if not isinstance(button, str):
            return
        for beginning, command in self._commands.items():
            if not button.startswith(beginning):
                continue
            schedule_id, _, planned = button.removeprefix(beginning).rpartition("_")
            if planned.isdecimal() and (person := await self._async_person(event, schedule_id)) is not None:
                await command(schedule_id, datetime.fromtimestamp(int(planned), UTC), person)

    async def _async_person(self, event: Event, schedule_id: str) -> str | None:
        """Return the name of the person who pressed a button; None without the right to control the schedule.

        The event of a phone carries its user; one without comes from an automation.
        """
        if event.context.user_id is None:
            return ""
        user = await self._hass.auth.async_get_user(event.context.user_id)
        switch = er.async_get(self._hass).async_get_entity_id(Platform.SWITCH, DOMAIN, f"{schedule_id}_{ENABLED}")
        if user is None or not user.is_active or switch is None:
            return None
        if not user.permissions.check_entity(switch, POLICY_CONTROL):
            LOGGER.warning("A button of a schedule was pressed by a user who may not control it")
            return None
        return user.name or ""


def _tag(schedule: Schedule) -> str:
    return f"{DOMAIN}_{schedule.schedule_id}"
