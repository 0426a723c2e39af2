"""Diagnostics that a user attaches to a bug report."""

import json
from typing import Any

from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.pseudonyms import Pseudonyms
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.setup import async_setup_component

from .kit import Kit, learn
from .rules import add_rule, call, set_state

PRIVATE = ("rossi", "nas-of-anna", "192.168.7.20", "192.168.7.21", "00:11:22:33:44:55", "a-secret-word", "instance-7")


async def download(kit: Kit, client: ClientSessionGenerator) -> dict[str, Any]:
    """Press Download diagnostics."""
    assert await async_setup_component(kit.hass, "diagnostics", {})
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    data: dict[str, Any] = await get_diagnostics_for_config_entry(kit.hass, client, entry)
    return data


async def household(kit: Kit) -> None:
    """A house with something to hide."""
    host = await kit.host(
        "nas-of-anna", ip="192.168.7.20", mac=["00:11:22:33:44:55"], instance="instance-7", platform="Linux"
    )
    await host.status(
        ip="192.168.7.20",
        note="a-secret-word",
        platform="Linux",
        boot_time="2026-11-01T10:00:00Z",
        is_on_mains=True,
        disk_percent=12,
        disk_percent_home_rossi=40,
        docker_rossi_cloud=True,
    )
    old = await kit.host("192.168.7.21", prefix="ipwatch", hostname="nas-of-anna")
    await old.availability("offline")
    await kit.receive("iotbridge/device/nas-of-anna/status", "no JSON")
    await kit.receive("iotbridge/device/nas-of-anna/rossi", "x")
    await kit.receive("iotbridge/device/rossi rossi/status", "x")


async def test_nothing_tells_whose_house_it_is(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    await household(kit)

    text = json.dumps(await download(kit, hass_client))

    assert [word for word in PRIVATE if word in text] == []


async def test_it_is_still_useful(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    await household(kit)

    data = await download(kit, hass_client)

    nas, old = data["hosts"]
    assert nas["topic"] == "iotbridge/device/host_1"
    assert nas["power"] == "on"
    assert nas["announce"]["commands"] == ["ping", "status", "reboot", "shutdown"]
    assert nas["announce"]["mac"] == ["**REDACTED**"]
    assert nas["readings"] == {
        "hostname": "host_1",
        "cpu_percent": 3.5,
        "ip": "**REDACTED**",
        "note": "**REDACTED**",
        "platform": "Linux",
        "boot_time": "2026-11-01T10:00:00Z",
        "is_on_mains": True,
        "disk_percent": 12,
        "disk_percent_1": 40,
        "docker_1": True,
    }
    # One name, one number: here are two agents on one machine.
    assert nas["announce"]["hostname"] == old["announce"]["hostname"] == "host_1"
    assert old["topic"] == "ipwatch/device/host_2"
    assert old["power"] == "lost"
    assert data["rejected"] == {
        "iotbridge/device/host_1/status": 1,
        "iotbridge/device/host_1/…": 1,
        "iotbridge/device/host_3/status": 1,
    }
    assert data["mqtt"] == {"is_connected": True, "protocol": "5", "is_discovery_on": True}


async def test_prefixes_of_their_own_are_numbered(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    options = {"prefixes": ["rossi/home", "iotbridge"], "response_timeout": 5, "lost_after": 120}
    kit.hass.config_entries.async_update_entry(entry, options=options)
    await kit.hass.config_entries.async_reload(entry.entry_id)
    await kit.host("nas", prefix="rossi/home", uid="rossi_home_nas")

    data = await download(kit, hass_client)

    assert "rossi" not in json.dumps(data)
    assert data["options"] == {"prefixes": ["prefix_1", "iotbridge"], "response_timeout": 5, "lost_after": 120}
    assert data["hosts"][0]["topic"] == "prefix_1/device/host_1"


def test_what_is_no_topic_of_ours_is_numbered_too() -> None:
    names = Pseudonyms()

    assert [names.topic(topic) for topic in ("rossi", "others", "rossi")] == ["topic_1", "others", "topic_1"]


async def test_a_thing_is_shown_without_its_owner(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    profile = Profile(
        topic="rossi/meters/+",
        depth=0,
        channels=(
            Channel(name="Anna's tap", path=("total_m3",), unit="m³", device_class="water"),
            Channel(name="Key", path=("a-secret-word",), enabled=False),
        ),
        devices={"instance-7": DeviceMetadata(name="Rossi", serial_number="a-secret-word")},
    )
    learn(kit.hass, entry, profile, Sample("rossi/meters/instance-7", b'{"total_m3": 123.5, "imei": "192.168.7.20"}'))
    await kit.hass.async_block_till_done()
    await kit.receive("rossi/meters/instance-7", "{broken")

    (thing,) = (await download(kit, hass_client))["things"]

    text = json.dumps(thing)
    assert [word for word in (*PRIVATE, "Rossi", "Anna", "123.5") if word in text] == []
    assert thing["channels"] == [
        {"key": "channel_1", "unit": "m³", "device_class": "water"},
        {"key": "channel_2", "enabled": False},
    ]
    (device,) = thing["devices"]
    assert device["broken_messages"] == 1
    assert device["channels_sent"] == ["channel_1"]


async def test_alarms_without_names(kit: Kit, hass_client: ClientSessionGenerator) -> None:
    plan = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("rossi-group",)),), repeat_s=600)
    await add_rule(kit, "sensor.rossi", "sensor.two", name="rossi", plan=plan, what_to_do="a-secret-word")
    await set_state(kit, "sensor.rossi", "90")
    await call(kit, "maintenance_start", entity_id="sensor.two", duration=600, name="rossi", comment="a-secret-word")

    alarms = (await download(kit, hass_client))["alarms"]

    assert [word for word in PRIVATE if word in json.dumps(alarms)] == []
    assert alarms == {
        "maintenance": False,
        "windows": 1,
        "rules": [
            {
                "kind": "above",
                "severity": "warning",
                "timing": {"hold_s": 0.0, "clear_after_s": 0.0, "latching": False},
                "steps": [{"after_s": 0, "groups": 1}],
                "repeat_s": 600,
                "selected_by": ["entities"],
                "parents": 0,
                "states": {"unacknowledged": 1, "suppressed": 1},
                "not_judged": 1,
            }
        ],
    }
