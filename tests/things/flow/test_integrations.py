"""Integrations, of core and custom ones, that read a system's messages themselves."""

import pytest

from custom_components.iotbridge.texts import async_texts
from custom_components.iotbridge.things.flow.integrations import (
    async_gain,
    async_integration_systems,
)
from custom_components.iotbridge.things.model.known_systems import SYSTEMS, find_system
from homeassistant.core import HomeAssistant
from homeassistant.generated.mqtt import MQTT

from .custom_integration import install


@pytest.fixture
async def hub(hass: HomeAssistant) -> None:
    """Install a custom integration that listens to its own topics, and to too much."""
    await install(hass, "hub", "Acme Hub", files=["light.py", "sensor.py"], mqtt=["acme/announce/#", "#", "+/+"])


def topic_of(topic_filter: str) -> str:
    return topic_filter.replace("+", "x").replace("#", "x/y")


@pytest.mark.parametrize("domain", sorted(MQTT))
async def test_every_integration_of_core_is_recognized(hass: HomeAssistant, domain: str) -> None:
    systems = await async_integration_systems(hass)

    found = {system.domain for topic in MQTT[domain] if (system := find_system(topic_of(topic), systems))}
    assert found == {domain if domain != "esphome" else None}


@pytest.mark.usefixtures("hub")
async def test_custom_integrations_are_recognized_but_not_by_a_filter_for_everything(hass: HomeAssistant) -> None:
    systems = await async_integration_systems(hass)

    announced = find_system("acme/announce/1", systems)
    assert announced
    assert (announced.name, announced.domain) == ("Acme Hub", "hub")
    assert find_system("garden/weather", systems) is None
    assert find_system("iotbridge/host/pi/status", systems) is None


@pytest.mark.parametrize("domain", [system.domain for system in SYSTEMS if system.domain])
async def test_the_gain_is_a_sentence_where_the_integration_is_there(hass: HomeAssistant, domain: str) -> None:
    gain = await async_gain(hass, await async_texts(hass), domain)

    if gain is None:
        assert domain in {"chirpstack", "frigate", "meshtastic", "thethingsnetwork_lorawan"}
    else:
        assert gain.startswith("It knows the name, unit and meaning of each value")


@pytest.mark.usefixtures("hub")
async def test_the_gain_names_further_kinds_of_entities(hass: HomeAssistant) -> None:
    gain = await async_gain(hass, await async_texts(hass), "hub")

    assert gain
    assert gain.endswith("has what IoT Bridge does not: Light.")
