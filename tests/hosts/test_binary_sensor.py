"""The connection to the broker."""

from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.components.mqtt.const import MQTT_CONNECTION_STATE
from homeassistant.helpers.dispatcher import async_dispatcher_send
from tests.kit import Kit


async def test_the_broker(kit: Kit, entry: MockConfigEntry) -> None:
    key = f"{entry.entry_id}_broker_connected"
    assert kit.state(key).state == "on"

    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, False)
    await kit.hass.async_block_till_done()
    assert kit.state(key).state == "off"
    async_dispatcher_send(kit.hass, MQTT_CONNECTION_STATE, True)
    await kit.hass.async_block_till_done()
    assert kit.state(key).state == "on"
