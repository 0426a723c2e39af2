"""Integrations, of core and custom ones, that read a system's messages themselves."""

from importlib.util import find_spec

import pytest

from custom_components.iotbridge.texts import async_texts
from custom_components.iotbridge.things.flow.integrations import (
    async_advantage,
    async_systems,
)
from custom_components.iotbridge.things.model.known_systems import SYSTEMS, System, find_system
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
    systems = await async_systems(hass)

    found = {system.domain for topic in MQTT[domain] if (system := find_system(topic_of(topic), systems))}
    assert found == {domain if domain != "esphome" else None}


@pytest.mark.usefixtures("hub")
async def test_custom_integrations_are_recognized_but_not_by_a_filter_for_everything(hass: HomeAssistant) -> None:
    systems = await async_systems(hass)

    announced = find_system("acme/announce/1", systems)
    assert announced
    assert (announced.name, announced.domain) == ("Acme Hub", "hub")
    assert find_system("garden/weather", systems) is None
    assert find_system("iotbridge/host/pi/status", systems) is None


@pytest.mark.parametrize("system", [system for system in SYSTEMS if system.domain], ids=lambda system: system.name)
async def test_an_integration_that_is_not_installed_is_missing(hass: HomeAssistant, system: System) -> None:
    known = next(found for found in await async_systems(hass) if found.name == system.name)

    assert known.is_missing == (find_spec(f"homeassistant.components.{system.domain}") is None)


async def test_a_custom_integration_that_is_installed_is_not_missing(hass: HomeAssistant) -> None:
    await install(hass, "frigate", "Frigate", mqtt=[])

    (frigate,) = (system for system in await async_systems(hass) if system.domain == "frigate")
    assert not frigate.is_missing


async def test_the_advantage_of_an_integration_is_a_sentence(hass: HomeAssistant) -> None:
    for system in await async_systems(hass):
        if system.domain and not system.is_missing:
            advantage = await async_advantage(hass, await async_texts(hass), system.domain)
            assert advantage.startswith("It knows the name, unit and meaning of each value")


@pytest.mark.usefixtures("hub")
async def test_the_advantage_names_other_kinds_of_entities(hass: HomeAssistant) -> None:
    advantage = await async_advantage(hass, await async_texts(hass), "hub")

    assert advantage.endswith("has what IoT Bridge does not: Light.")
