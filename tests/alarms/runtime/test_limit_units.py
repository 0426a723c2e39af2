"""Changed units: an alarm is about the temperature, not about the number."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, Selection
from custom_components.iotbridge.alarms.runtime.events import SIGNAL_RULES
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from ...kit import Kit
from ...rules import add_rule, put_rule, rule_entity, set_state
from ..home import bridge, reload, titles, wait

ABOVE_30 = Condition(kind=AlarmKind.ABOVE, above=30)
FASTER = Condition(kind=AlarmKind.RATE, change=5, per_s=600)


async def add_thermometer(kit: Kit, name: str = "attic", unit: str = "°C", device_class: str = "temperature") -> str:
    """Add a sensor of the MQTT integration whose unit the user can choose; return its id."""
    config = {
        "device": {"identifiers": [name], "name": name},
        "origin": {"name": "test"},
        "components": {
            "value": {
                "platform": "sensor",
                "unique_id": f"{name}_value",
                "device_class": device_class,
                "unit_of_measurement": unit,
                "state_class": "measurement",
                "state_topic": f"{name}/value",
                "name": None,
            }
        },
    }
    await kit.receive(f"homeassistant/device/{name}/config", config, retain=True)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    return kit.entity_id(f"{name}_value", "mqtt")


async def measure(kit: Kit, value: str, name: str = "attic") -> None:
    """Publish a value of a sensor."""
    await kit.receive(f"{name}/value", value)
    await wait(kit, 1)


async def choose_unit(kit: Kit, entity_id: str, unit: str) -> None:
    """Choose the display unit of an entity, as in its settings."""
    registry = er.async_get(kit.hass)
    registry.async_update_entity_options(entity_id, "sensor", {"unit_of_measurement": unit})
    await wait(kit, 2)
    state = kit.hass.states.get(entity_id)
    assert state is not None
    assert state.attributes["unit_of_measurement"] == unit


def condition_of(entry: ConfigEntry[Any], rule_id: str) -> Mapping[str, Any]:
    """Return the stored condition of a rule."""
    condition: Mapping[str, Any] = entry.subentries[rule_id].data["condition"]
    return condition


def shown(kit: Kit, rule_id: str) -> str:
    """Return the state of the binary sensor of a rule."""
    state = kit.hass.states.get(rule_entity(kit, rule_id))
    assert state is not None
    return state.state


@pytest.mark.parametrize("condition", [ABOVE_30, FASTER], ids=["limit", "rate"])
async def test_a_change_of_unit_raises_no_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], condition: Condition
) -> None:
    attic = await add_thermometer(kit)
    await measure(kit, "20")
    rule_id = await add_rule(kit, attic, condition=condition, escalation=policy)
    await wait(kit, 2)

    await choose_unit(kit, attic, "°F")
    await measure(kit, "21")
    await choose_unit(kit, attic, "K")
    await choose_unit(kit, attic, "°C")

    assert (titles(notifications), shown(kit, rule_id)) == ([], "off")


@pytest.mark.parametrize("condition", [ABOVE_30, FASTER], ids=["limit", "rate"])
async def test_an_alarm_is_raised_and_cleared_in_another_unit(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], condition: Condition
) -> None:
    attic = await add_thermometer(kit)
    await measure(kit, "27")
    await add_rule(kit, attic, condition=condition, escalation=policy)
    await wait(kit, 2)
    await choose_unit(kit, attic, "°F")

    await measure(kit, "33")
    assert titles(notifications) == ["Warning"]
    assert "°C" in notifications[0].data["message"], "the unit of the limit"
    await choose_unit(kit, attic, "°C")
    assert titles(notifications) == ["Warning"]
    await measure(kit, "27")
    await wait(kit, 700, 100)

    assert titles(notifications) == ["Warning", "Cleared"]


async def test_rounding_in_another_unit_does_not_exceed_a_limit(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    attic = await add_thermometer(kit)
    await measure(kit, "21")
    await add_rule(kit, attic, condition=Condition(kind=AlarmKind.ABOVE, above=21), escalation=policy)
    await wait(kit, 2)

    await choose_unit(kit, attic, "°F")  # shown as 70, which is 21.1
    assert titles(notifications) == []
    await measure(kit, "22")

    assert titles(notifications) == ["Warning"]


async def test_a_change_of_unit_does_not_clear_an_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    attic = await add_thermometer(kit)
    await measure(kit, "33")
    rule_id = await add_rule(kit, attic, condition=Condition(kind=AlarmKind.BELOW, below=35), escalation=policy)
    await wait(kit, 2)

    await choose_unit(kit, attic, "°F")
    await wait(kit, 5)
    assert (titles(notifications), shown(kit, rule_id)) == (["Warning"], "on")


async def test_the_readings_of_a_rate_keep_their_unit_over_a_reload(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    attic = await add_thermometer(kit)
    await measure(kit, "20")
    await add_rule(kit, attic, condition=FASTER, escalation=policy)
    await wait(kit, 2)
    await choose_unit(kit, attic, "°F")

    await reload(kit)
    await wait(kit, 2)
    await choose_unit(kit, attic, "°C")
    assert titles(notifications) == []
    await measure(kit, "26")

    assert titles(notifications) == ["Warning"]


async def test_a_change_of_the_unit_system_raises_no_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    """Entities whose unit follows that of the home: a thermostat has no unit beside its temperatures."""
    condition = Condition(kind=AlarmKind.ABOVE, above=30, attribute="current_temperature")
    faster = Condition(kind=AlarmKind.RATE, change=5, per_s=600, attribute="current_temperature")
    await set_state(kit, "climate.attic", "heat", current_temperature=20)
    await add_rule(kit, "climate.attic", condition=condition, escalation=policy)
    await add_rule(kit, "climate.attic", condition=faster, escalation=policy)
    await wait(kit, 2)

    kit.hass.config.units = US_CUSTOMARY_SYSTEM
    await set_state(kit, "climate.attic", "heat", current_temperature=68)
    await wait(kit, 2)
    assert titles(notifications) == []
    await set_state(kit, "climate.attic", "heat", current_temperature=90)
    await wait(kit, 2)

    assert titles(notifications) == ["Warning", "Warning"]


async def test_the_unit_of_a_state_does_not_apply_to_its_attributes(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    condition = Condition(kind=AlarmKind.ABOVE, above=30, attribute="battery")
    rule_id = await add_rule(kit, "sensor.attic", condition=condition, escalation=policy)

    await set_state(kit, "sensor.attic", "20", unit_of_measurement="°C", battery=31)
    await wait(kit, 2)

    assert [call.data["message"].splitlines()[0] for call in notifications] == ["31 > 30"]
    assert condition_of(bridge(kit), rule_id)["unit"] is None


async def test_a_rule_without_a_unit_gets_that_of_its_entity(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry
) -> None:
    attic = await add_thermometer(kit)
    rule_id = put_rule(hass, entry, attic, "sensor.cellar", condition=ABOVE_30)
    old = {key: value for key, value in condition_of(entry, rule_id).items() if key != "unit"}
    subentry = entry.subentries[rule_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "condition": old})
    await measure(kit, "20")
    await reload(kit)
    assert condition_of(entry, rule_id)["unit"] == "°C"

    await choose_unit(kit, attic, "°F")
    await set_state(kit, "sensor.cellar", "104", unit_of_measurement="°F")
    await reload(kit)

    assert condition_of(entry, rule_id) == {**old, "unit": "°C"}
    assert shown(kit, rule_id) == "on", "104 °F are more than 30 °C"


async def test_writing_the_unit_keeps_the_hysteresis(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    condition = Condition(kind=AlarmKind.ABOVE, above=30, hysteresis=5)
    rule_id = await add_rule(kit, "sensor.cellar", condition=condition, escalation=policy)
    await set_state(kit, "sensor.cellar", "31")
    await wait(kit, 2)

    await set_state(kit, "sensor.cellar", "28", unit_of_measurement="°C")
    await wait(kit, 2)

    assert condition_of(bridge(kit), rule_id)["unit"] == "°C"
    assert (titles(notifications), shown(kit, rule_id)) == (["Warning"], "on"), "within the hysteresis"


async def test_the_limit_gets_the_most_common_unit(kit: Kit) -> None:
    for name, unit in (("one", "°F"), ("two", "°C"), ("three", "°C"), ("four", "%")):
        await set_state(kit, f"sensor.{name}", "29", unit_of_measurement=unit)
    names = tuple(f"sensor.{name}" for name in ("one", "two", "three", "four"))

    rule_id = await add_rule(kit, condition=ABOVE_30, selection=Selection(entities=names))
    await wait(kit, 2)
    assert condition_of(bridge(kit), rule_id)["unit"] == "°C"

    await set_state(kit, "sensor.four", "31", unit_of_measurement="%")
    await wait(kit, 2)
    assert shown(kit, rule_id) == "on", "a value without a convertible unit is compared as it is"


async def test_a_rate_starts_again_when_the_quantity_changes(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    await set_state(kit, "sensor.tank", "3", unit_of_measurement="m")
    await add_rule(kit, "sensor.tank", condition=FASTER, escalation=policy)
    await wait(kit, 2)

    await set_state(kit, "sensor.tank", "40", unit_of_measurement="%")
    await wait(kit, 2)
    assert titles(notifications) == []
    await set_state(kit, "sensor.tank", "46", unit_of_measurement="%")
    await wait(kit, 2)

    assert titles(notifications) == ["Warning"]


async def test_an_inverse_unit_is_converted_before_the_comparison(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    car = await add_thermometer(kit, "car", "kWh/100km", "energy_distance")
    await measure(kit, "20", "car")
    await add_rule(kit, car, condition=Condition(kind=AlarmKind.ABOVE, above=25), escalation=policy)
    await wait(kit, 2)

    await choose_unit(kit, car, "km/kWh")
    await measure(kit, "0", "car")
    assert titles(notifications) == []
    await measure(kit, "50", "car")

    assert titles(notifications) == ["Warning"]


async def test_an_edited_severity_keeps_the_readings_of_a_rate(
    kit: Kit, entry: MockConfigEntry, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.cellar", condition=FASTER, escalation=policy)
    await set_state(kit, "sensor.cellar", "20")
    await wait(kit, 5)
    await set_state(kit, "sensor.cellar", "27")
    await wait(kit, 2)

    subentry = entry.subentries[rule_id]
    data = {**subentry.data, "severity": Severity.CRITICAL.word}
    kit.hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await wait(kit, 2)

    assert titles(notifications) == ["Warning", "Critical"]


async def test_a_device_class_that_is_no_text_is_ignored(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    everything = Selection(domains=("sensor",), device_classes=("temperature",))
    await add_rule(kit, selection=everything, condition=replace(ABOVE_30, unit="°C"), escalation=policy)
    await add_rule(kit, "sensor.odd", condition=replace(ABOVE_30, unit="°C"), escalation=policy, name="Odd")

    kit.hass.states.async_set("sensor.odd", "99", {"unit_of_measurement": "°F", "device_class": ["x"]})
    kit.hass.states.async_set("sensor.ok", "99", {"unit_of_measurement": "°F", "device_class": "temperature"})
    await wait(kit, 5)

    assert titles(notifications) == ["Warning", "Warning"]


@pytest.mark.parametrize("number", ["0e-99999999999999999999", "1e-400"])
async def test_a_number_with_an_extreme_exponent_is_evaluated(kit: Kit, number: str) -> None:
    below = Condition(kind=AlarmKind.BELOW, below=0, unit="°C")
    rule_id = await add_rule(kit, "sensor.odd", condition=below)

    kit.hass.states.async_set("sensor.odd", number, {"unit_of_measurement": "°F", "device_class": "temperature"})
    await wait(kit, 2)

    assert shown(kit, rule_id) == "on"


async def test_the_units_of_many_rules_are_written_together(kit: Kit, entry: MockConfigEntry) -> None:
    """An import adds hundreds of rules: reloading all of them for each unit would block Home Assistant."""
    names = [f"sensor.n{number}" for number in range(20)]
    rule_ids = [put_rule(kit.hass, entry, name, condition=ABOVE_30, name=name) for name in names]
    await kit.hass.async_block_till_done()
    updates: list[str] = []
    async_dispatcher_connect(kit.hass, SIGNAL_RULES, callback(lambda: updates.append("once")))

    for name in names:
        await set_state(kit, name, "20", unit_of_measurement="°C")
    await wait(kit, 3)

    assert {condition_of(entry, rule_id)["unit"] for rule_id in rule_ids} == {"°C"}
    assert updates == ["once"]
