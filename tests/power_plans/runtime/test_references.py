"""Entities and hosts of a plan that are renamed, removed or disabled."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.power_plans.engine.plan import Proof, Ups
from custom_components.iotbridge.power_plans.runtime.references import renamed
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from tests.kit import Kit
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


def gone(lab: PlugLab) -> str | None:
    """Return what the repair names."""
    for issue in ir.async_get(lab.kit.hass).issues.values():
        if issue.translation_key == "plan_reference_gone":
            return (issue.translation_placeholders or {})["gone"]
    return None


@pytest.fixture
async def lab(kit: Kit) -> PlugLab:
    """Return a plan over a plug and a UPS whose entities are in the registry, a while after the start."""
    registry = er.async_get(kit.hass)
    ups = registry.async_get_or_create("sensor", "nut", "1", object_id_base="ups").entity_id
    plug = registry.async_get_or_create("switch", "shelly", "1", object_id_base="desk_plug").entity_id
    lab = await PlugLab.create(kit)
    step = lab.step("desk", off_proofs=(Proof(entity_id=plug, states=("off",)),))
    await lab.add(step, ups=Ups(entity_id=ups, on_battery_s=0))
    await lab.wait(95)
    return lab


async def test_a_renamed_ups_still_begins_the_plan(lab: PlugLab) -> None:
    registry = er.async_get(lab.kit.hass)
    registry.async_update_entity("sensor.ups", new_entity_id="sensor.eaton")
    await lab.settle()
    await lab.wait(5)
    assert gone(lab) is None

    lab.kit.hass.states.async_set("sensor.eaton", "OB")
    await lab.settle()

    assert lab.switched() == ["desk off"]


async def test_what_is_removed_or_disabled_has_a_repair_until_it_is_back(lab: PlugLab) -> None:
    registry = er.async_get(lab.kit.hass)
    assert gone(lab) is None
    registry.async_update_entity("switch.desk_plug", disabled_by=er.RegistryEntryDisabler.USER)
    registry.async_remove("sensor.ups")
    await lab.wait(5)
    assert gone(lab) == "sensor.ups, switch.desk_plug"

    registry.async_update_entity("switch.desk_plug", disabled_by=None)
    lab.kit.hass.states.async_set("sensor.ups", "OL")
    await lab.wait(5)

    assert gone(lab) is None


async def test_a_host_that_is_gone_has_a_repair_that_ends_with_the_plan(lab: PlugLab, entry: MockConfigEntry) -> None:
    await lab.add(lab.step("ghost", device_id="no such device"))
    await lab.wait(5)
    assert gone(lab) == "Ghost"

    lab.kit.hass.config_entries.async_remove_subentry(entry, lab.plan_id)
    await lab.wait(5)

    assert gone(lab) is None


def test_entities_are_renamed_in_actions_and_not_in_texts() -> None:
    plan = {
        "name": "switch.a",
        "steps": [{"key": "switch.a", "off_actions": [{"target": {"entity_id": ["switch.a"]}}], "needs": ["switch.a"]}],
        "notify": [{"data": {"message": "{{ states('switch.a') }}"}}],
    }

    assert renamed(plan, "switch.a", "switch.b") == {
        "name": "switch.a",
        "steps": [{"key": "switch.a", "off_actions": [{"target": {"entity_id": ["switch.b"]}}], "needs": ["switch.a"]}],
        "notify": [{"data": {"message": "{{ states('switch.a') }}"}}],
    }
