"""Binary sensors of alarm rules."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition
from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.rules import attributes, shown

from ..kit import Kit
from ..rules import add_rule, call, set_state


async def test_it_is_on_while_the_condition_is_bad(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", instructions="Open the valve.")
    assert shown(kit, rule_id).state == "off"

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")

    assert shown(kit, rule_id).state == "on"
    told = attributes(kit, rule_id)
    assert (told["device_class"], told["severity"]) == ("problem", "warning")
    assert (told["total"], told["active"], told["unacknowledged"]) == (2, 1, 1)
    assert told["instructions"] == "Open the valve."
    (alarm,) = told["alarms"]
    since = alarm.pop("since")
    assert since.endswith("+00:00")
    assert alarm == {
        "alarm": "Boiler",
        "entity_id": "sensor.one",
        "state": "unacknowledged",
        "severity": "warning",
        "acknowledged_by": None,
        "suppressed_by": [],
    }
    assert "90" not in str(told), "who may see the rule may not for that see the values of its entities"

    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert shown(kit, rule_id).state == "off"
    assert attributes(kit, rule_id)["alarms"] == []


async def test_who_acknowledged_is_shown_and_it_stays_on(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")

    await call(kit, "acknowledge", entity_id="sensor.one", comment="I am on it.")

    assert shown(kit, rule_id).state == "on"
    assert attributes(kit, rule_id)["unacknowledged"] == 0
    (alarm,) = attributes(kit, rule_id)["alarms"]
    assert alarm["state"] == "acknowledged"
    assert alarm["acknowledged_by"]["comment"] == "I am on it."


async def test_silent_alarms_count_and_those_out_of_service_do_not(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90")
    rule_id = await add_rule(kit, "sensor.one")

    await call(kit, "suppress", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "on"
    await call(kit, "out_of_service", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "off"
    await call(kit, "in_service", entity_id="sensor.one")
    assert shown(kit, rule_id).state == "on"


async def test_nothing_is_known_before_an_entity_is_there(kit: Kit) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    assert shown(kit, rule_id).state == "unknown"

    await set_state(kit, "sensor.one", "unavailable")
    assert shown(kit, rule_id).state == "unknown"
    await set_state(kit, "sensor.one", "20")
    assert shown(kit, rule_id).state == "off"


async def test_a_rule_that_waits_for_an_event_is_off(kit: Kit) -> None:
    condition = Condition(kind=AlarmKind.EVENT, event_type="smoke")
    rule_id = await add_rule(kit, condition=condition, name="Smoke")

    assert shown(kit, rule_id).state == "off"


async def test_the_worst_comes_first_and_the_list_has_an_end(kit: Kit) -> None:
    names = [f"sensor.n{number:02}" for number in range(60)]
    condition = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=100)
    rule_id = await add_rule(kit, *names, condition=condition)
    for name in names:
        kit.hass.states.async_set(name, "110" if name == "sensor.n30" else "90")
    await kit.hass.async_block_till_done()

    told = attributes(kit, rule_id)

    assert told["active"] == 60
    assert len(told["alarms"]) == 50
    assert told["alarms"][0]["entity_id"] == "sensor.n30"
    assert told["severity"] == "critical"


async def test_a_rule_may_watch_the_broker(kit: Kit, entry: MockConfigEntry) -> None:
    entity_id = kit.entity_id(f"{entry.entry_id}_broker_connected")
    rule_id = await add_rule(kit, entity_id, condition=Condition(kind=AlarmKind.STATE, states=("off",)))

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()

    assert shown(kit, rule_id).state == "on"
