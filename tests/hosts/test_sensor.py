"""Power state of a host, and the numbers of hosts."""

from homeassistant.helpers import entity_registry as er

from ..kit import Kit


async def test_a_host_that_comes_up_is_on_and_on_its_mqtt_device(kit: Kit) -> None:
    host = await kit.host()

    assert host.power == "on"
    entity = er.async_get(kit.hass).async_get(kit.entity_id("iotbridge_nas_power_state"))
    device = kit.device("iotbridge_nas")
    assert entity is not None
    assert device is not None
    assert entity.device_id == device.id
    assert kit.bridge("hosts_online") == "1"
    assert kit.bridge("hosts_lost") == "0"
