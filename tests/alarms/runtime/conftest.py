"""Fixtures of the run time's tests: an empty house, and a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.runtime.store import AlarmStore
from homeassistant.core import HomeAssistant

from .house import House


@pytest.fixture
def house(hass: HomeAssistant) -> House:
    """Return an empty house."""
    owner = MockConfigEntry(domain="demo")
    owner.add_to_hass(hass)
    return House(hass, owner)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the alarm database."""
    return tmp_path / "alarms.db"


@pytest.fixture
def store(path: Path) -> Iterator[AlarmStore]:
    """Return an open store."""
    opened = AlarmStore(path)
    opened.open()
    yield opened
    opened.close()
