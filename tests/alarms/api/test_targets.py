"""Targets of actions, and the alarms that they select."""

import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import Selection
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from tests.alarms.api.calls import EVERYTHING, locate_sensor, raise_two, states
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


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


async def test_a_floor_selects_the_alarms_of_a_rule_over_an_area(kit: Kit) -> None:
    targets = locate_sensor(kit)
    await set_state(kit, "sensor.one", "90")
    await add_rule(kit, selection=Selection(areas=(targets["area"]["area_id"],)))

    await call(kit, "acknowledge", **targets["floor"])

    assert await states(kit) == {"sensor.one": "acknowledged"}
