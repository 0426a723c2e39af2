"""Power state of a host, and the numbers of hosts."""

import json
from pathlib import Path
import runpy

import pytest

from homeassistant.helpers import entity_registry as er

from ..kit import Kit

ROOT = Path(__file__).parents[2]


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


# Readings without a category: the page of a device lists them beside the power state, sorted by name.
READINGS = {
    "Battery",
    "CPU temperature",
    "CPU usage",
    "Container {container}",
    "Disk usage",
    "Last boot",
    "Load (1 min)",
    "Memory usage",
    "Network download",
    "Pending security updates",
    "Pending updates",
    "Power supply",
    "Reboot required",
    "Service {unit}",
    "Swap usage",
    "Temperature {sensor}",
}


@pytest.mark.parametrize("language", ["en", "it", "fr"])
def test_the_power_state_is_first_on_the_page_of_a_host(language: str) -> None:
    path = ROOT / f"custom_components/iotbridge/translations/{language}.json"
    power = json.loads(path.read_text(encoding="utf-8"))["entity"]["sensor"]["power_state"]["name"]
    names = runpy.run_path(str(ROOT / "agent/src/iotbridge_agent/names.py"))
    assert names["TRANSLATIONS"].keys() >= READINGS

    assert power == min(power, *(names["translate"](reading, language) for reading in READINGS), key=str.casefold)


async def test_the_entity_id_of_the_power_state_does_not_follow_its_name(kit: Kit) -> None:
    await kit.host()

    assert kit.entity_id("iotbridge_nas_power_state") == "sensor.nas_power_state"
    assert kit.state("iotbridge_nas_power_state").name == "nas Availability"
