"""Actions of alarms: targets, permissions and results."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import AlarmKey
from custom_components.iotbridge.alarms.engine.root_cause import Member, parent_of
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.alarms.runtime import suppressor
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from tests.alarms.api.calls import EVERYTHING, NOTHING, locate_sensor, raise_two, states

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state


async def test_each_action_changes_the_alarm_once(kit: Kit) -> None:
    await raise_two(kit)

    for action, state, more in (
        ("acknowledge", "acknowledged", NOTHING),
        ("unacknowledge", "unacknowledged", {}),
        ("acknowledge", "acknowledged", {}),
        ("snooze", "snoozed", {"duration": "01:00:00"}),
        ("unsnooze", "acknowledged", {}),
        ("suppress", "suppressed", {}),
        ("unsuppress", "acknowledged", {}),
        ("out_of_service", "out_of_service", {}),
        ("in_service", "acknowledged", {}),
    ):
        answer = await call(kit, action, answer=True, entity_id="sensor.one", **more)
        assert [(alarm["entity_id"], alarm["state"]) for alarm in answer["alarms"]] == [("sensor.one", state)]
        again = {} if action == "snooze" else await call(kit, action, answer=True, entity_id="sensor.one", **more)
        assert again.get("alarms", []) == [], "a repeated action changes nothing"
        assert (await states(kit))["sensor.two"] == "unacknowledged"


async def test_a_snooze_ends_after_its_duration(kit: Kit) -> None:
    await raise_two(kit)

    await call(kit, "snooze", entity_id="sensor.one", duration={"minutes": 10}, comment="Cleaning")
    (alarm,) = (await call(kit, "list", answer=True, state="snoozed"))["alarms"]
    assert alarm["snoozed_by"] == {"who": "", "where": "automation", "comment": "Cleaning"}
    await kit.wait(599)
    assert (await states(kit))["sensor.one"] == "snoozed"
    await kit.wait(2)

    assert (await states(kit))["sensor.one"] == "unacknowledged"


async def test_a_snooze_until_a_local_time(kit: Kit) -> None:
    await raise_two(kit)
    kit.freezer.move_to("2026-11-23 10:00:00+00:00")
    await kit.hass.config.async_set_time_zone("Europe/Rome")

    await call(kit, "snooze", entity_id="sensor.one", until="2026-11-23 11:30:00")
    (alarm,) = (await call(kit, "list", answer=True, state="snoozed"))["alarms"]

    assert alarm["snoozed_until"] == "2026-11-23T10:30:00.000+00:00"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "how_long"),
        ({"duration": "00:10:00", "until": "2030-01-01 00:00:00"}, "how_long"),
        ({"duration": "00:00:00"}, "until_past"),
        ({"until": "2020-01-01 00:00:00"}, "until_past"),
    ],
)
async def test_an_invalid_duration_of_a_snooze_is_rejected(kit: Kit, fields: dict[str, Any], error: str) -> None:
    await raise_two(kit)

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "snooze", entity_id="sensor.one", **fields)

    assert raised.value.translation_key == error
    assert (await states(kit))["sensor.one"] == "unacknowledged"


async def test_an_action_fails_while_iot_bridge_is_unloaded(kit: Kit, entry: MockConfigEntry) -> None:
    await kit.hass.config_entries.async_unload(entry.entry_id)

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", entity_id="sensor.one")

    assert raised.value.translation_key == "not_set_up"


async def test_a_guest_changes_only_alarms_with_control_permission(kit: Kit, guest: MockUser) -> None:
    await raise_two(kit)
    context = Context(user_id=guest.id)

    await call(kit, "acknowledge", entity_id="sensor.one", context=context)
    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", entity_id=["sensor.one", "sensor.two"], context=context)

    assert raised.value.translation_key == "alarm_not_permitted"
    assert raised.value.translation_placeholders == {"alarms": "two"}
    assert await states(kit) == {"sensor.one": "acknowledged", "sensor.two": "unacknowledged"}
    (alarm,) = (await call(kit, "list", answer=True, state="acknowledged"))["alarms"]
    assert alarm["acknowledged_by"] == {"who": "Guest", "where": "dashboard", "comment": ""}


async def test_a_guest_may_not_change_a_rule_without_entities(kit: Kit, guest: MockUser) -> None:
    rule_id = await add_rule(kit, condition=Condition(kind=AlarmKind.TEMPLATE, template="{{ true }}"))

    with pytest.raises(ServiceValidationError):
        await call(kit, "acknowledge", entity_id=rule_entity(kit, rule_id), context=Context(user_id=guest.id))


@pytest.mark.parametrize("action", ["test", "maintenance_start"])
async def test_a_guest_may_not_test_or_start_maintenance(kit: Kit, guest: MockUser, action: str) -> None:
    await raise_two(kit)
    more: dict[str, Any] = {"duration": 60} if action == "maintenance_start" else {}

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, action, entity_id="sensor.two", context=Context(user_id=guest.id), **more)

    assert raised.value.translation_key == "alarm_not_permitted"


async def test_an_acknowledgement_names_the_automation(kit: Kit) -> None:
    await raise_two(kit)
    action = {"action": "iotbridge.acknowledge", "target": {"entity_id": "sensor.one"}, "data": {"comment": "Night"}}
    config = {"alias": "Night watch", "triggers": [{"trigger": "event", "event_type": "go"}], "actions": [action]}
    assert await async_setup_component(kit.hass, "automation", {"automation": config})
    await kit.hass.async_block_till_done()

    kit.hass.bus.async_fire("go")
    await kit.hass.async_block_till_done()

    (alarm,) = (await call(kit, "list", answer=True, state="acknowledged"))["alarms"]
    assert alarm["acknowledged_by"] == {"who": "Night watch", "where": "automation", "comment": "Night"}


@pytest.mark.parametrize("kind", ["entity", "device", "area", "floor", "label"])
async def test_maintenance_suppresses_the_alarms_of_a_target(kit: Kit, kind: str) -> None:
    target = locate_sensor(kit)[kind]
    await add_rule(kit, "sensor.one", "sensor.two")

    await call(kit, "maintenance_start", **target, duration="01:00:00", name="Boiler service")
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "90")
    assert await states(kit) == {"sensor.one": "suppressed", "sensor.two": "unacknowledged"}
    await kit.wait(3661)

    assert set((await states(kit)).values()) == {"unacknowledged"}


async def test_maintenance_includes_all_parts_of_a_target(kit: Kit) -> None:
    """A selection of a rule intersects its lists; a target unites them."""
    area = locate_sensor(kit)["area"]
    await add_rule(kit, "sensor.one", "sensor.two", "sensor.three")

    answer = await call(kit, "maintenance_start", answer=True, **area, entity_id="sensor.two", duration=3600)
    for name in ("sensor.one", "sensor.two", "sensor.three"):
        await set_state(kit, name, "90")

    assert len(answer["window_id"]) == 2
    assert await states(kit) == {
        "sensor.one": "suppressed",
        "sensor.two": "suppressed",
        "sensor.three": "unacknowledged",
    }


async def test_maintenance_suppresses_a_rule_without_entities(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('sensor.mode', 'bad') }}")
    rule_id = await add_rule(kit, condition=condition)

    await call(kit, "maintenance_start", entity_id=rule_entity(kit, rule_id), duration=3600)
    await set_state(kit, "sensor.mode", "bad")

    assert await states(kit) == {None: "suppressed"}


async def test_maintenance_is_ended_by_target_or_id(kit: Kit) -> None:
    await raise_two(kit)
    await call(kit, "maintenance_start", entity_id="sensor.one", duration=3600)
    answer = await call(kit, "maintenance_start", answer=True, entity_id="sensor.two", duration=3600)
    assert set((await states(kit)).values()) == {"suppressed"}

    await call(kit, "maintenance_end", entity_id="sensor.one")
    assert await states(kit) == {"sensor.one": "unacknowledged", "sensor.two": "suppressed"}
    await call(kit, "maintenance_end", window_id=answer["window_id"])
    assert set((await states(kit)).values()) == {"unacknowledged"}


async def test_ending_unknown_maintenance_is_rejected(kit: Kit, guest: MockUser) -> None:
    await raise_two(kit)
    await call(kit, "maintenance_start", entity_id="sensor.two", duration=3600)

    for fields, error in ((NOTHING, "maintenance_which"), ({"entity_id": "sensor.one"}, "maintenance_none")):
        with pytest.raises(ServiceValidationError) as raised:
            await call(kit, "maintenance_end", **fields)
        assert raised.value.translation_key == error
    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "maintenance_end", entity_id=EVERYTHING, context=Context(user_id=guest.id))
    assert raised.value.translation_key == "alarm_not_permitted"


async def test_a_test_message_is_sent_to_the_groups_of_a_rule(kit: Kit, entry: MockConfigEntry) -> None:
    assert await async_setup_component(kit.hass, "persistent_notification", {})
    service_calls = async_capture_events(kit.hass, "call_service")
    group = ConfigSubentry(
        data=marked(NOTIFIER, {"targets": [{"kind": "persistent"}], "fallback": [], "break_through": False}),  # type: ignore[arg-type]
        subentry_type="notifier",
        title="Everybody",
        unique_id=None,
    )
    kit.hass.config_entries.async_add_subentry(entry, group)
    policy = EscalationPolicy(steps=(EscalationStep(after_s=600, groups=(group.subentry_id,)),))
    rule_id = await add_rule(kit, "sensor.one", escalation=policy)

    await call(kit, "test", entity_id=rule_entity(kit, rule_id))

    (message,) = [
        event.data["service_data"] for event in service_calls if event.data["domain"] == "persistent_notification"
    ]
    assert "Hot" in message["title"]
    assert "test" in message["message"]


async def test_a_failed_test_message_is_reported(kit: Kit) -> None:
    policy = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("gone",)),))
    rule_id = await add_rule(kit, "sensor.one", escalation=policy)

    with pytest.raises(HomeAssistantError) as raised:
        await call(kit, "test", entity_id=rule_entity(kit, rule_id))

    assert raised.value.translation_key == "notifier_failed"


async def test_a_test_of_a_target_without_alarms_is_rejected(kit: Kit) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "test", entity_id="light.lamp")

    assert raised.value.translation_key == "not_an_alarm"


async def test_explaining_many_alarms_lets_others_run_meanwhile(kit: Kit) -> None:
    names = [f"sensor.many_{number}" for number in range(30)]
    await add_rule(kit, *names)
    passes = 0

    async def count() -> None:
        nonlocal passes
        while True:
            passes += 1
            await asyncio.sleep(0)

    await call(kit, "explain", answer=True, entity_id=names[0])  # loads the texts
    counting = asyncio.create_task(count())
    answer = await kit.hass.services.async_call(
        "iotbridge", "explain", {"entity_id": names}, blocking=True, return_response=True
    )
    counting.cancel()

    assert isinstance(answer, dict)
    assert isinstance(answer["alarms"], list)
    assert len(answer["alarms"]) == 30
    assert passes >= 30


async def test_explaining_many_alarms_looks_at_the_others_once(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"sensor.many_{number}" for number in range(10)]
    await add_rule(kit, *names)
    await set_state(kit, names[0], "90")
    looked_at: list[Member] = []

    def counted(child: Member, causes: Iterable[Member], **more: Any) -> AlarmKey | None:
        causes = list(causes)
        looked_at.extend(causes)
        return parent_of(child, causes, **more)

    monkeypatch.setattr(suppressor, "parent_of", counted)
    answer = await call(kit, "explain", answer=True, entity_id=names)

    assert len(answer["alarms"]) == len(names)
    assert {member.alarm.key.subject for member in looked_at} == {names[0]}, "only an active alarm may be a cause"
