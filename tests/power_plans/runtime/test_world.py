"""World of a plan, from the states of Home Assistant."""

import pytest

from custom_components.iotbridge.power_plans.engine.plan import Cluster, Proof, Step, Ups
from custom_components.iotbridge.power_plans.engine.power import PowerReading
from custom_components.iotbridge.power_plans.runtime.hosts import async_host
from custom_components.iotbridge.power_plans.runtime.world import async_entities, async_world
from homeassistant.core import HomeAssistant
from tests.kit import Kit
from tests.power_plans.plans import plan_of

POWER = "sensor.plug_power"


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_the_power_state_of_a_host_and_its_further_proofs_count_together(kit: Kit) -> None:
    host = await kit.host("nas")
    device = kit.device(host.uid)
    assert device is not None
    power_state = kit.entity_id(f"{host.uid}_power_state")
    found = async_host(kit.hass, device.id)
    assert found is not None
    assert found.power_entity == power_state
    step = Step(key="nas", device_id=device.id, off_proofs=(Proof(entity_id=POWER, below=5),))
    plan = plan_of(step, clusters=(Cluster(name="c", devices=(device.id, "other")),))
    assert async_entities(kit.hass, plan) == {power_state, POWER}

    assert async_world(kit.hass, plan).devices_unknown == {"other"}

    def proven() -> tuple[bool, bool, bool]:
        world = async_world(kit.hass, plan)
        return ("nas" in world.off, "nas" in world.on, device.id in world.devices_on)

    assert proven() == (False, True, True)
    kit.hass.states.async_set(POWER, "40")
    await host.availability("offline")
    assert host.power == "lost"
    assert proven() == (False, False, False)
    await host.announce(power="off")
    assert host.power == "off"
    assert proven() == (False, False, False)
    kit.hass.states.async_set(POWER, "1.2")
    assert proven() == (True, False, False)


@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.parametrize(("command", "expected"), [("shutdown", set()), ("suspend", {"nas"})])
async def test_a_host_that_sleeps_has_not_shut_down(kit: Kit, command: str, expected: set[str]) -> None:
    host = await kit.host("nas")
    device = kit.device(host.uid)
    assert device is not None
    await host.announce(power="suspended")
    assert host.power == "suspended"

    world = async_world(kit.hass, plan_of(Step(key="nas", device_id=device.id, command=command)))
    assert world.off == expected
    assert world.asleep == {"nas"}


def test_a_proof_that_is_unknown_proves_nothing(hass: HomeAssistant) -> None:
    step = Step(
        key="plug",
        off_proofs=(Proof(entity_id="switch.plug", states=("off",)), Proof(entity_id=POWER, below=5)),
        on_proofs=(Proof(entity_id="switch.plug", states=("on", "standby")),),
    )
    plan = plan_of(step)
    for state, power, expected in [
        (None, None, (set(), set())),
        ("off", None, (set(), set())),
        ("off", "unavailable", (set(), set())),
        ("off", "nan", (set(), set())),
        ("off", "4.9", ({"plug"}, set())),
        ("off", "5", (set(), set())),
        ("standby", "0", (set(), {"plug"})),
        ("unavailable", "0", (set(), set())),
    ]:
        for entity_id, value in (("switch.plug", state), (POWER, power)):
            if value is not None:
                hass.states.async_set(entity_id, value)
        world = async_world(hass, plan)
        assert (set(world.off), set(world.on)) == expected, (state, power)


def test_a_step_without_a_proof_of_one_direction_is_never_proven_in_it(hass: HomeAssistant) -> None:
    hass.states.async_set("switch.plug", "off")
    step = Step(key="plug", off_proofs=(Proof(entity_id="switch.plug", states=("off",)),))

    assert async_world(hass, plan_of(step)).on == set()


def test_a_ups_is_read_in_any_unit_and_unknown_is_unknown(hass: HomeAssistant) -> None:
    ups = Ups(entity_id="sensor.ups", battery_entity_id="sensor.charge", runtime_entity_id="sensor.runtime")
    plan = plan_of(Step(key="a", device_id="a"), ups=ups)
    assert async_world(hass, plan).power == PowerReading()

    hass.states.async_set("sensor.ups", "OB DISCHRG")
    hass.states.async_set("sensor.charge", "71")
    hass.states.async_set("sensor.runtime", "18", {"unit_of_measurement": "min"})
    assert async_world(hass, plan).power == PowerReading(is_on_battery=True, battery=71, runtime_s=1080)
    hass.states.async_set("sensor.runtime", "1080", {"unit_of_measurement": "s"})
    assert async_world(hass, plan).power == PowerReading(is_on_battery=True, battery=71, runtime_s=1080)
    for state in ("unavailable", "unknown", "", "COMMLOST"):
        hass.states.async_set("sensor.ups", state)
        power = async_world(hass, plan).power
        assert power is not None
        assert power.is_on_battery is None
    assert async_world(hass, plan_of(Step(key="a", device_id="a"))).power is None

    hass.states.async_set("binary_sensor.mains", "off", {"device_class": "power"})
    mains = plan_of(Step(key="a", device_id="a"), ups=Ups(entity_id="binary_sensor.mains"))
    assert async_world(hass, mains).power == PowerReading(is_on_battery=True)
