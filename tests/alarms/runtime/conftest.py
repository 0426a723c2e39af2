"""Fixture of the tests of entities: an empty house."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.core import HomeAssistant

from .house import House


@pytest.fixture
def house(hass: HomeAssistant) -> House:
    """Return an empty house."""
    owner = MockConfigEntry(domain="demo")
    owner.add_to_hass(hass)
    return House(hass, owner)
