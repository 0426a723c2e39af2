"""The switch of maintenance."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..kit import Kit
from ..rules import add_rule, call, rule_entity, set_state


async def turn(kit: Kit, entity_id: str, action: str) -> None:
    await kit.hass.services.async_call("switch", action, {"entity_id": entity_id}, blocking=True)
    await kit.hass.async_block_till_done()


async def states(kit: Kit) -> list[str]:
    alarms = (await call(kit, "list", answer=True))["alarms"]
    return [alarm["state"] for alarm in alarms]


async def test_all_alarms_are_suppressed_while_it_is_on(kit: Kit, entry: MockConfigEntry) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    key = f"{entry.entry_id}_maintenance"
    assert kit.state(key).state == "off"

    await turn(kit, kit.entity_id(key), "turn_on")
    assert kit.state(key).state == "on"
    await set_state(kit, "sensor.one", "90")
    alarms = (await call(kit, "list", answer=True))["alarms"]
    assert [(alarm["state"], alarm["active"]) for alarm in alarms] == [("suppressed", True)]
    assert alarms[0]["suppressed_by"] == [{"reason": "maintenance"}]
    assert kit.hass.states.get(rule_entity(kit, rule_id)).state == "off"  # type: ignore[union-attr]

    await turn(kit, kit.entity_id(key), "turn_off")
    assert kit.state(key).state == "off"
    assert await states(kit) == ["unacknowledged"]
    assert kit.hass.states.get(rule_entity(kit, rule_id)).state == "on"  # type: ignore[union-attr]


async def test_maintenance_survives_a_reload(kit: Kit, entry: MockConfigEntry) -> None:
    key = f"{entry.entry_id}_maintenance"
    await turn(kit, kit.entity_id(key), "turn_on")

    assert await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    assert kit.state(key).state == "on"
