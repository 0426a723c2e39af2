"""A Home Assistant with core's mqtt on a fake broker, and IoT Bridge in it."""

from freezegun.api import FrozenDateTimeFactory
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient, MqttMockHAClientGenerator

# Before the test kit puts its own folder of this name in front.
import custom_components.iotbridge
from homeassistant.core import HomeAssistant

from .kit import Kit

__all__ = ["custom_components"]

# How busy the machine is says nothing about the code.
settings.register_profile("iotbridge", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("iotbridge")


@pytest.fixture(autouse=True)
def _custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration from this repository."""


@pytest.fixture
async def mqtt(mock_hass_config: None, mqtt_mock_entry: MqttMockHAClientGenerator) -> MqttMockHAClient:
    """Return core's mqtt, connected to a fake broker."""
    return await mqtt_mock_entry()


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return the config entry of IoT Bridge, not yet set up."""
    entry = MockConfigEntry(domain="iotbridge", title="IoT Bridge", unique_id="iotbridge")
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def kit(
    hass: HomeAssistant, mqtt: MqttMockHAClient, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> Kit:
    """Return a running IoT Bridge and the world around it."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return Kit(hass, mqtt, freezer)
