"""Root causes and maintenance that suppress alarms."""

from collections.abc import Callable

from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import AlarmKey, Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import Selection
from custom_components.iotbridge.alarms.manager import AlarmsManager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from tests.alarms.managed_home import ANNA, add, group, history, policy, set_state
from tests.kit import Kit
from tests.rules import HOT


def register_leaf_behind_hub(hass: HomeAssistant) -> None:
    """Register ``sensor.hub`` and ``sensor.leaf``, whose device is connected through that of the former."""
    other = MockConfigEntry(domain="test")
    other.add_to_hass(hass)
    devices, entities = dr.async_get(hass), er.async_get(hass)
    hub = devices.async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "hub")})
    leaf = devices.async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("test", "leaf")}, via_device_id=hub.id
    )
    entities.async_get_or_create("sensor", "test", "hub", suggested_object_id="hub", device_id=hub.id)
    entities.async_get_or_create("sensor", "test", "leaf", suggested_object_id="leaf", device_id=leaf.id)


async def test_a_lost_host_suppresses_alarms_of_its_entities(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    host = await kit.host("nas")
    registry = er.async_get(hass)
    power = kit.entity_id(f"{host.uid}_power_state")
    device_id = registry.async_get(power).device_id  # type: ignore[union-attr]
    registry.async_get_or_create("sensor", "test", "disk", suggested_object_id="disk", device_id=device_id)
    registry.async_get_or_create("sensor", "test", "fan", suggested_object_id="fan", device_id=device_id)
    lost = add(hass, entry, Condition(kind=AlarmKind.HOST_LOST), power, name="Lost", severity=Severity.CRITICAL)
    gone = add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.disk", "sensor.fan", name="Gone")
    await set_state(hass, "sensor.disk", "5")
    await set_state(hass, "sensor.fan", "900")

    await set_state(hass, "sensor.disk", "unavailable")
    await set_state(hass, "sensor.fan", "unavailable")
    await kit.wait(3)
    disk, fan = AlarmKey(gone, "sensor.disk"), AlarmKey(gone, "sensor.fan")
    assert alarms().alarm(disk).state == "unacknowledged"  # type: ignore[union-attr]
    assert alarms().alarm(fan).state == "suppressed", "one of several absent entities explains the others"  # type: ignore[union-attr]
    await host.availability("offline")
    await kit.wait(3)

    parent = AlarmKey(lost, power)
    assert alarms().alarm(parent).state == "unacknowledged"  # type: ignore[union-attr]
    assert alarms().alarm(disk).state == "suppressed"  # type: ignore[union-attr]
    assert {alarm.key for alarm in alarms().children(parent)} == {disk, fan}

    await host.availability("online")
    await set_state(hass, "sensor.fan", "800")
    assert alarms().alarm(disk).state == "suppressed", "within the grace period"  # type: ignore[union-attr]
    await kit.wait(76)
    assert alarms().alarm(disk).state == "unacknowledged", "raised after the grace period"  # type: ignore[union-attr]
    assert alarms().alarm(fan).state == "normal"  # type: ignore[union-attr]
    assert "raised sensor.fan" not in await history(alarms()), "only the root cause is raised"


async def test_an_absent_device_suppresses_alarms_of_devices_behind_it(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    register_leaf_behind_hub(hass)
    rule_id = add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.hub", "sensor.leaf")
    await set_state(hass, "sensor.hub", "on")
    await set_state(hass, "sensor.leaf", "on")

    await set_state(hass, "sensor.leaf", "unavailable")
    await set_state(hass, "sensor.hub", "unavailable")
    await kit.wait(3)

    states = {alarm.key.subject: alarm.state for alarm in alarms().alarms(rule_id)}
    assert states == {"sensor.hub": "unacknowledged", "sensor.leaf": "suppressed"}


async def test_maintenance_suppresses_alarms_but_not_their_evaluation(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    alarms().suppressor.async_set_maintenance(True, ANNA)
    await set_state(hass, "sensor.one", "90")
    (alarm,) = alarms().alarms(rule_id)
    assert (alarm.state, alarm.active) == ("suppressed", True)

    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert alarms().suppressor.maintenance
    alarms().suppressor.async_set_maintenance(False, ANNA)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"


async def test_a_timed_window_ends_at_its_time(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    rule_id = add(hass, entry, HOT, "sensor.one")
    await hass.async_block_till_done()
    until = alarms().processor.now() + 1800
    alarms().suppressor.async_start_window("Painting", Selection(entities=("sensor.one",)), until, ANNA)
    await set_state(hass, "sensor.one", "90")
    assert alarms().alarms(rule_id)[0].state == "suppressed"
    assert alarms().suppressor.is_in_maintenance("sensor.one")

    await kit.wait(1860)

    assert alarms().alarms(rule_id)[0].state == "unacknowledged"
    assert not alarms().suppressor.is_in_maintenance("sensor.one")


async def test_an_absent_hub_does_not_suppress_alarms_of_entities_that_still_report(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    register_leaf_behind_hub(hass)
    add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), "sensor.hub", severity=Severity.INFO)
    leak = add(hass, entry, HOT, "sensor.leaf", severity=Severity.CRITICAL)
    await set_state(hass, "sensor.hub", "on")
    await set_state(hass, "sensor.hub", "unavailable")
    await kit.wait(3)

    await set_state(hass, "sensor.leaf", "90")

    assert alarms().alarms(leak)[0].state == "unacknowledged"


async def test_a_configured_parent_suppresses_whatever_its_kind(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    mains = Condition(kind=AlarmKind.STATE, states=("off",))
    add(hass, entry, mains, "binary_sensor.mains", name="No mains", severity=Severity.CRITICAL)
    pump = add(hass, entry, mains, "switch.pump", name="Pump off", parents=("binary_sensor.mains",))
    await set_state(hass, "binary_sensor.mains", "on")
    await set_state(hass, "switch.pump", "on")

    await set_state(hass, "binary_sensor.mains", "off")
    await set_state(hass, "switch.pump", "off")
    assert alarms().alarms(pump)[0].state == "suppressed"
    await set_state(hass, "binary_sensor.mains", "on")
    await kit.wait(76)

    assert alarms().alarms(pump)[0].state == "unacknowledged"


async def test_the_same_alarm_stays_the_root_cause_during_an_outage(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, alarms: Callable[[], AlarmsManager]
) -> None:
    notifications = async_mock_service(hass, "notify", "mobile_app_anna")
    anna = group(hass, entry, {"kind": "mobile_app", "action": "notify.mobile_app_anna"})
    other = MockConfigEntry(domain="test")
    other.add_to_hass(hass)
    box = dr.async_get(hass).async_get_or_create(config_entry_id=other.entry_id, identifiers={("test", "box")})
    names = [f"sensor.z{number}" for number in range(5)]
    for name in names:
        er.async_get(hass).async_get_or_create(
            "sensor", "test", name, suggested_object_id=name.partition(".")[2], device_id=box.id
        )
        hass.states.async_set(name, "5")
    timing = Timing(clear_after_s=20)
    add(hass, entry, Condition(kind=AlarmKind.UNAVAILABLE), *names, escalation=policy((0, anna)), timing=timing)
    await hass.async_block_till_done()

    for name in reversed(names):
        await set_state(hass, name, "unavailable")
    for _ in range(10):
        await kit.wait(1)
    for name in reversed(names):
        await set_state(hass, name, "5")
    for _ in range(30):
        await kit.wait(1)
        await hass.async_block_till_done(wait_background_tasks=True)

    assert [call.data.get("title", "withdrawn") for call in notifications] == ["Warning: Hot: z0", "Cleared: Hot: z0"]
