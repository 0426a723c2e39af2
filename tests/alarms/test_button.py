"""The button that acknowledges all alarms."""

from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from homeassistant.core import Context

from ..kit import Kit
from ..rules import add_rule, call, set_state


async def test_a_press_acknowledges_all_alarms_for_the_user(
    kit: Kit, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    await set_state(kit, "sensor.one", "90")
    await set_state(kit, "sensor.two", "95")
    await set_state(kit, "sensor.three", "20")
    await add_rule(kit, "sensor.one", "sensor.three")
    await add_rule(kit, "sensor.two", name="Other")
    button = kit.entity_id(f"{entry.entry_id}_acknowledge_all")

    await kit.hass.services.async_call(
        "button", "press", {"entity_id": button}, blocking=True, context=Context(user_id=hass_admin_user.id)
    )
    await kit.hass.async_block_till_done()

    alarms = (await call(kit, "list", answer=True))["alarms"]
    assert {alarm["entity_id"]: alarm["state"] for alarm in alarms} == {
        "sensor.one": "acknowledged",
        "sensor.two": "acknowledged",
    }
    assert {alarm["acknowledged_by"]["who"] for alarm in alarms} == {hass_admin_user.name}
    assert {alarm["acknowledged_by"]["where"] for alarm in alarms} == {"dashboard"}
