"""Hosts and the devices that core's mqtt creates for them."""

import pytest

from custom_components.iotbridge.issues import filled
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from tests.kit import FakeHost, Kit


def our_entities(kit: Kit) -> set[str]:
    return {
        entity.unique_id
        for entity in er.async_get(kit.hass).entities.values()
        if entity.platform == "iotbridge" and entity.domain in ("event", "sensor") and "nas" in entity.unique_id
    }


async def test_a_host_is_one_device(kit: Kit) -> None:
    host = await kit.host()

    device = kit.device(host.uid)
    assert device is not None
    entities = er.async_entries_for_device(er.async_get(kit.hass), device.id, include_disabled_entities=True)
    assert {(entity.platform, entity.unique_id) for entity in entities} == {
        ("mqtt", "iotbridge_nas_cpu_percent"),
        ("mqtt", "iotbridge_nas_reboot"),
        ("iotbridge", "iotbridge_nas_power_state"),
        ("iotbridge", "iotbridge_nas_command"),
        ("iotbridge", "iotbridge_nas_power"),
    }


async def test_the_announce_may_come_before_the_device(kit: Kit) -> None:
    host = FakeHost(kit, "nas", "iotbridge")
    await host.announce()
    await host.availability("online")
    assert our_entities(kit) == set()
    await host.discover()

    assert host.power == "on"


async def test_a_host_without_device_is_an_issue_until_it_has_one(kit: Kit) -> None:
    host = FakeHost(kit, "nas", "iotbridge")
    await host.announce()
    await kit.wait(61)

    registry = ir.async_get(kit.hass)
    (issue,) = [issue for (domain, _id), issue in registry.issues.items() if domain == "iotbridge"]
    assert issue.translation_key == "no_device"
    assert issue.translation_placeholders == filled(host="nas", prefix="homeassistant", uid="iotbridge_nas")
    await host.discover()
    assert ("iotbridge", issue.issue_id) not in registry.issues


@pytest.mark.parametrize("mqtt_config_entry_options", [{"discovery": False, "birth_message": {}}])
async def test_disabled_discovery_is_an_issue(kit: Kit) -> None:
    await FakeHost(kit, "nas", "iotbridge").announce()
    await kit.wait(61)

    assert ir.async_get(kit.hass).async_get_issue("iotbridge", "discovery_off") is not None


async def test_removing_the_device_of_a_host_that_is_gone_forgets_it_everywhere(kit: Kit) -> None:
    host = await kit.host()
    await host.availability("offline")
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert our_entities(kit) == set()
    assert kit.bridge("hosts_lost") == "0"
    taken_back = {
        call.args[0] for call in kit.mqtt.async_publish.call_args_list if call.args[1] == "" and call.args[3] is True
    }
    assert {host.topic("announce"), host.topic("availability")} <= taken_back


async def test_devices_of_others_are_left_alone(kit: Kit) -> None:
    host = await kit.host()
    lamp = FakeHost(kit, "lamp", "iotbridge")
    await lamp.discover()
    device = kit.device(lamp.uid)
    assert device is not None
    dr.async_get(kit.hass).async_remove_device(device.id)
    await kit.hass.async_block_till_done()

    assert host.power == "on"


async def test_a_host_cannot_take_the_device_of_another(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    host = await kit.host()
    thief = FakeHost(kit, "thief", "iotbridge")
    await thief.announce(uid=host.uid)
    await thief.availability("offline")

    assert host.power == "on"
    assert "expected 'iotbridge_thief', which belongs to the topic, found 'iotbridge_nas'" in caplog.text


async def test_an_ipwatch_host_that_is_off_is_neither_an_issue_nor_removed(kit: Kit) -> None:
    await kit.receive("ipwatch/device/10.0.0.9/availability", "offline", retain=True)
    await kit.wait(70)

    assert list(ir.async_get(kit.hass).issues) == []
    assert kit.bridge("hosts_lost") == "0"


async def test_entities_of_a_former_prefix_are_removed(kit: Kit) -> None:
    await kit.host()
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    kit.hass.config_entries.async_update_entry(entry, options={**entry.options, "prefixes": ["lab"]})
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.hass.async_block_till_done()

    assert our_entities(kit) == set()
    assert kit.bridge("hosts_online") == "0"


async def test_a_hostile_host_name_is_not_markup_in_an_issue(kit: Kit) -> None:
    await FakeHost(kit, "nas", "iotbridge").announce(hostname="[free](http://example.com)", protocol=9)

    (issue,) = [issue for (domain, _id), issue in ir.async_get(kit.hass).issues.items() if domain == "iotbridge"]
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["host"] == "nas"
