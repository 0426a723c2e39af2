"""Actions of alarms: targets, permissions and results."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component

from ...kit import Kit
from ...rules import add_rule, call, rule_entity, set_state

EVERYTHING = "all"
NOTHING: dict[str, Any] = {}


async def states(kit: Kit, **fields: Any) -> dict[str, str]:
    alarms = (await call(kit, "list", answer=True, **fields))["alarms"]
    return {alarm["entity_id"]: alarm["state"] for alarm in alarms}


async def raise_two(kit: Kit) -> str:
    """Raise a warning for each of two entities of one rule."""
    rule_id = await add_rule(kit, "sensor.one", "sensor.two")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await set_state(kit, "sensor.two", "95")
    return rule_id


def locate_sensor(kit: Kit) -> dict[str, dict[str, Any]]:
    """Register sensor.one on a device in an area on a floor under a label; return the targets that select it."""
    floor = fr.async_get(kit.hass).async_create("Cellar")
    area = ar.async_get(kit.hass).async_create("Boiler room", floor_id=floor.floor_id)
    label = lr.async_get(kit.hass).async_create("Heating")
    other = MockConfigEntry(domain="test")
    other.add_to_hass(kit.hass)
    device = dr.async_get(kit.hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "1")})
    dr.async_get(kit.hass).async_update_device(device.id, area_id=area.id, labels={label.label_id})
    entity = er.async_get(kit.hass).async_get_or_create(
        "sensor", "test", "one", config_entry=other, device_id=device.id, object_id_base="one"
    )
    er.async_get(kit.hass).async_update_entity(entity.entity_id, new_entity_id="sensor.one")
    return {
        "entity": {"entity_id": "sensor.one"},
        "device": {"device_id": device.id},
        "area": {"area_id": area.id},
        "floor": {"floor_id": floor.floor_id},
        "label": {"label_id": label.label_id},
    }


@pytest.fixture
def guest(hass_admin_user: MockUser, kit: Kit) -> MockUser:
    """Return a user who may read two sensors and control one of them."""
    user = MockUser(id="guest", name="Guest").add_to_hass(kit.hass)
    rights = {
        "sensor.one": {POLICY_READ: True, POLICY_CONTROL: True},
        "sensor.two": {POLICY_READ: True},
    }
    user.mock_policy({"entities": {"entity_ids": rights}})
    return user


# ---------------------------------------------------------------- changes


async def test_each_action_changes_the_alarm_once(kit: Kit) -> None:
    await raise_two(kit)

    for action, state, more in (
        ("acknowledge", "acknowledged", NOTHING),
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


# ---------------------------------------------------------------- targets


@pytest.mark.parametrize("kind", ["entity", "device", "area", "floor", "label"])
async def test_every_kind_of_target_selects_the_alarm(kit: Kit, kind: str) -> None:
    target = locate_sensor(kit)[kind]
    await raise_two(kit)

    await call(kit, "acknowledge", **target)

    assert await states(kit) == {"sensor.one": "acknowledged", "sensor.two": "unacknowledged"}


@pytest.mark.parametrize("domain", ["binary_sensor", "event"])
async def test_the_entity_of_a_rule_selects_all_its_alarms(kit: Kit, domain: str) -> None:
    rule_id = await raise_two(kit)
    await add_rule(kit, "sensor.one", name="Other")

    answer = await call(kit, "acknowledge", answer=True, entity_id=rule_entity(kit, rule_id, domain))

    assert [(alarm["rule"], alarm["entity_id"]) for alarm in answer["alarms"]] == [
        ("Hot", "sensor.one"),
        ("Hot", "sensor.two"),
    ]


async def test_the_alarm_filter_selects_one_alarm_of_a_rule(kit: Kit) -> None:
    rule_id = await raise_two(kit)

    await call(kit, "acknowledge", entity_id=rule_entity(kit, rule_id), alarm="sensor.two")

    assert await states(kit) == {"sensor.one": "unacknowledged", "sensor.two": "acknowledged"}


async def test_the_area_of_the_alarms_device_does_not_select_its_rules(kit: Kit) -> None:
    targets = locate_sensor(kit)
    rule_id = await raise_two(kit)
    entity = er.async_get(kit.hass).async_get(rule_entity(kit, rule_id))
    assert entity is not None
    dr.async_get(kit.hass).async_update_device(entity.device_id or "", area_id=targets["area"]["area_id"])

    await call(kit, "acknowledge", **targets["area"])
    assert (await states(kit))["sensor.two"] == "unacknowledged"
    await call(kit, "acknowledge", device_id=entity.device_id)
    assert (await states(kit))["sensor.two"] == "acknowledged"


async def test_all_selects_every_alarm(kit: Kit) -> None:
    await raise_two(kit)

    await call(kit, "acknowledge", entity_id=EVERYTHING)

    assert set((await states(kit)).values()) == {"acknowledged"}


async def test_a_rule_without_entities_is_acknowledged_by_its_entity(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('sensor.mode', 'bad') }}")
    rule_id = await add_rule(kit, condition=condition, name="Mode", instructions="Look.")
    await set_state(kit, "sensor.mode", "bad")

    (alarm,) = (await call(kit, "list", answer=True))["alarms"]
    assert (alarm["alarm"], alarm["entity_id"], alarm["instructions"]) == ("Mode", None, "Look.")
    await call(kit, "acknowledge", entity_id=rule_entity(kit, rule_id))

    assert await states(kit) == {None: "acknowledged"}


async def test_filters_select_by_severity_and_state(kit: Kit) -> None:
    await raise_two(kit)
    await add_rule(kit, "sensor.one", severity=Severity.CRITICAL, name="Very hot")

    answer = await call(kit, "acknowledge", answer=True, entity_id="sensor.one", severity="critical")
    assert [alarm["rule"] for alarm in answer["alarms"]] == ["Very hot"]
    answer = await call(kit, "snooze", answer=True, entity_id=EVERYTHING, state="acknowledged", duration=60)
    assert [alarm["rule"] for alarm in answer["alarms"]] == ["Very hot"]
    answer = await call(kit, "acknowledge", answer=True, entity_id=EVERYTHING, severity="info")
    assert answer["alarms"] == [], "an empty result is no error"


async def test_a_target_without_alarms_is_rejected_by_name(kit: Kit) -> None:
    await raise_two(kit)
    await set_state(kit, "light.lamp", "on", friendly_name="Lamp")

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", entity_id="light.lamp")
    assert (raised.value.translation_key, raised.value.translation_placeholders) == ("not_an_alarm", {"target": "Lamp"})

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", entity_id=["sensor.one", "light.lamp"])
    assert raised.value.translation_key == "not_an_alarm"
    assert (await states(kit))["sensor.one"] == "unacknowledged", "a rejected call changes nothing"

    area = ar.async_get(kit.hass).async_create("Empty")
    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", area_id=area.id)
    assert raised.value.translation_key == "no_alarm"


async def test_an_action_fails_while_iot_bridge_is_unloaded(kit: Kit, entry: MockConfigEntry) -> None:
    await kit.hass.config_entries.async_unload(entry.entry_id)

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "acknowledge", entity_id="sensor.one")

    assert raised.value.translation_key == "not_set_up"


# ---------------------------------------------------------------- permissions


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


async def test_a_guest_lists_only_alarms_with_read_permission(kit: Kit, guest: MockUser) -> None:
    await raise_two(kit)
    await add_rule(kit, "sensor.three", name="Secret")
    await set_state(kit, "sensor.three", "99")
    context = Context(user_id=guest.id)

    assert set(await states(kit, context=context)) == {"sensor.one", "sensor.two"}
    events = (await call(kit, "history", answer=True, context=context))["events"]
    assert {event["entity_id"] for event in events} == {"sensor.one", "sensor.two"}


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


# ---------------------------------------------------------------- list and history


async def test_the_list_has_all_fields(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one", instructions="Open the valve.")
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    (alarm,) = (await call(kit, "list", answer=True))["alarms"]

    assert alarm.pop("since") is not None
    assert "90" in alarm.pop("reason")
    assert alarm == {
        "rule_id": rule_id,
        "rule": "Hot",
        "alarm": "Boiler",
        "entity_id": "sensor.one",
        "severity": "warning",
        "state": "unacknowledged",
        "active": True,
        "value": "90",
        "episode": 1,
        "cleared_at": None,
        "acknowledged_by": None,
        "snoozed_until": None,
        "snoozed_by": None,
        "suppressed_by": [],
        "out_of_service_by": None,
        "instructions": "Open the valve.",
    }


async def test_normal_alarms_are_listed_on_request(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "20")

    assert await states(kit) == {}
    assert await states(kit, state="normal") == {"sensor.one": "normal"}


async def test_the_history_contains_actors_and_comments(kit: Kit, hass_admin_user: MockUser) -> None:
    await raise_two(kit)
    context = Context(user_id=hass_admin_user.id)
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.", context=context)
    await kit.wait(60)
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")

    events = (await call(kit, "history", answer=True, entity_id="sensor.one"))["events"]

    assert [(event["change"], event["who"], event["comment"]) for event in events] == [
        ("cleared", "", ""),
        ("acknowledged", hass_admin_user.name, "Mine."),
        ("raised", "", ""),
    ]
    assert (events[0]["alarm"], events[0]["rule"]) == ("Boiler", "Hot")
    assert events[0]["at"] > events[1]["at"]


async def test_the_history_is_filtered(kit: Kit) -> None:
    rule_id = await raise_two(kit)
    await kit.wait(3600)
    await set_state(kit, "sensor.two", "20")

    async def query(**fields: Any) -> list[tuple[str, str]]:
        events = (await call(kit, "history", answer=True, **fields))["events"]
        return [(event["change"], event["entity_id"]) for event in events]

    everything = [("cleared", "sensor.two"), ("raised", "sensor.two"), ("raised", "sensor.one")]
    assert await query() == everything
    assert await query(limit=1) == everything[:1]
    assert await query(change="raised") == everything[1:]
    assert await query(entity_id=rule_entity(kit, rule_id)) == everything
    assert await query(entity_id=[rule_entity(kit, rule_id), "sensor.one"], limit=2) == everything[:2]
    now = (await call(kit, "history", answer=True))["events"][0]["at"]
    assert await query(start=now) == everything[:1]
    assert await query(end=now) == everything[1:]


# ---------------------------------------------------------------- maintenance and test


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


async def test_a_floor_selects_the_alarms_of_a_rule_over_an_area(kit: Kit) -> None:
    targets = locate_sensor(kit)
    await set_state(kit, "sensor.one", "90")
    await add_rule(kit, selection=Selection(areas=(targets["area"]["area_id"],)))

    await call(kit, "acknowledge", **targets["floor"])

    assert await states(kit) == {"sensor.one": "acknowledged"}
