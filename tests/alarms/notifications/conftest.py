"""Fixtures of notification tests: the texts of the home, a notifier, groups, and a world around the outbox."""

from collections.abc import AsyncGenerator, Iterable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations

from .delivery_world import NOON, World
from .messages import AddGroup


@pytest.fixture
async def home_texts(hass: HomeAssistant) -> None:
    """Load the texts in the language of a home in Rome."""
    await hass.config.async_set_time_zone("Europe/Rome")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})


@pytest.fixture
def notifier(hass: HomeAssistant, entry: MockConfigEntry) -> Notifier:
    """Return a notifier with a short timeout."""
    return Notifier(hass, entry, timeout_s=0.05)


@pytest.fixture
def add_group(hass: HomeAssistant, entry: MockConfigEntry) -> AddGroup:
    """Return a function that adds a notifier group to the entry."""

    def add(*targets: dict[str, Any], fallback: Iterable[dict[str, Any]] = (), break_through: bool = False) -> str:
        data: Any = marked(
            NOTIFIER, {"targets": list(targets), "fallback": list(fallback), "break_through": break_through}
        )
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title="Family", unique_id=None)
        hass.config_entries.async_add_subentry(entry, subentry)
        return subentry.subentry_id

    return add


@pytest.fixture
async def world(hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory) -> AsyncGenerator[World]:
    """Return the outbox with everything around it, at noon."""
    await hass.config.async_set_time_zone("UTC")
    hass.config.components.add("iotbridge")
    await async_load_integrations(hass, {"iotbridge"})
    freezer.move_to(NOON)
    world = World(hass, entry, freezer)
    yield world
    await world.outbox.async_stop()
