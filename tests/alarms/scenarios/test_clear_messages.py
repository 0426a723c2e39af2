"""Clear messages of alarms that were momentary, latched, snoozed or flapping."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Timing
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.core import HomeAssistant, ServiceCall

from ...kit import Kit
from ...rules import HOT
from ..managed_home import add, group, policy, set_state

PHONE = {"kind": "mobile_app", "action": "notify.mobile_app_anna"}
MAIL = {"kind": "action", "action": "script.mail"}
HOTTER = Condition(kind=AlarmKind.ABOVE, above=80, hysteresis=2, worse_above=95)


@pytest.fixture
def phone(hass: HomeAssistant) -> list[ServiceCall]:
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_anna")
    return calls


@pytest.fixture
def mail(hass: HomeAssistant) -> list[ServiceCall]:
    calls: list[ServiceCall] = async_mock_service(hass, "script", "mail")
    return calls


async def settle(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


def titles(calls: list[ServiceCall]) -> list[Any]:
    """Return the titles of the calls since the last time."""
    found = [call.data.get("title", call.data["message"]) for call in calls]
    calls.clear()
    return found


async def test_a_latching_momentary_alarm_is_one_message_with_its_end(
    hass: HomeAssistant,
    kit: Kit,
    entry: MockConfigEntry,
    alarms: Callable[[], AlarmsManager],
    phone: list[ServiceCall],
) -> None:
    condition = Condition(kind=AlarmKind.EVENT, event_type="doorbell")
    steps = policy((0, group(hass, entry, PHONE)))
    rule_id = add(hass, entry, condition, timing=Timing(latching=True), escalation=steps, name="Bell")
    await settle(hass)

    hass.bus.async_fire("doorbell", {})
    await settle(hass)
    await kit.wait(60)
    await settle(hass)

    (call,) = phone
    assert call.data["title"] == "Warning: Bell"
    assert "has cleared" in call.data["message"]
    (button,) = call.data["data"]["actions"]
    assert alarms().alarms(rule_id)[0].state == "returned_unacknowledged"
    hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})
    await settle(hass)
    assert titles(phone) == ["Warning: Bell", "Acknowledged: Bell"]
    assert alarms().alarms(rule_id)[0].state == "normal"


async def test_an_alarm_that_clears_at_once_is_one_message(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, phone: list[ServiceCall]
) -> None:
    add(hass, entry, HOT, "sensor.one", escalation=policy((0, group(hass, entry, PHONE))))
    await settle(hass)

    hass.states.async_set("sensor.one", "90")
    hass.states.async_set("sensor.one", "20")
    await settle(hass)

    (call,) = phone
    assert call.data["title"] == "Already cleared: Hot: one"
    assert call.data["message"].startswith("90 > 80\nThis happened at ")
    assert "actions" not in call.data["data"]


async def test_the_end_of_a_snoozed_alarm_is_delivered_without_a_sound(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, phone: list[ServiceCall], mail: list[ServiceCall]
) -> None:
    add(hass, entry, HOT, "sensor.one", escalation=policy((0, group(hass, entry, PHONE, MAIL))))
    await settle(hass)
    await set_state(hass, "sensor.one", "90")
    await settle(hass)
    _, snooze = phone[0].data["data"]["actions"]

    hass.bus.async_fire("mobile_app_notification_action", {"action": snooze["action"]})
    await settle(hass)
    assert titles(phone) == ["Warning: Hot: one", "clear_notification"]
    assert titles(mail) == ["Warning: Hot: one"]
    await set_state(hass, "sensor.one", "20")
    await settle(hass)

    assert phone[0].data["data"]["importance"] == "low"
    assert (titles(phone), titles(mail)) == (["Cleared: Hot: one"], ["Cleared: Hot: one"])
    await kit.wait(3700)
    await settle(hass)
    assert (titles(phone), titles(mail)) == ([], [])


async def test_an_alarm_more_severe_than_when_snoozed_is_notified(
    hass: HomeAssistant,
    kit: Kit,
    entry: MockConfigEntry,
    alarms: Callable[[], AlarmsManager],
    phone: list[ServiceCall],
) -> None:
    rule_id = add(hass, entry, HOTTER, "sensor.one", escalation=policy((0, group(hass, entry, PHONE))))
    await settle(hass)
    await set_state(hass, "sensor.one", "90")
    await settle(hass)
    key = AlarmKey(rule_id, "sensor.one")
    alarms().async_snooze([key], alarms().processor.now() + 3600, Actor("Anna"))
    await settle(hass)
    titles(phone)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)

    await set_state(hass, "sensor.one", "99")
    await settle(hass)

    assert titles(phone) == ["Critical: Hot: one"]
    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_a_flapping_alarm_is_cleared_when_the_flapping_ends(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, phone: list[ServiceCall], mail: list[ServiceCall]
) -> None:
    add(hass, entry, HOT, "sensor.one", escalation=policy((0, group(hass, entry, PHONE, MAIL))))
    await settle(hass)
    for _ in range(9):
        for value in ("90", "20"):
            await set_state(hass, "sensor.one", value)
            await settle(hass)
            await kit.wait(60)
    messages = [call.data["message"] for call in mail]
    assert messages[-1].startswith("This alarm keeps coming and going"), messages
    titles(mail), titles(phone)

    await kit.wait(3700)
    await settle(hass)

    assert (titles(phone), titles(mail)) == (["Cleared: Hot: one"], ["Cleared: Hot: one"])
