"""Fixture of the dialogs' tests: the dialog of a rule."""

import pytest

from tests.alarms.flow.rule_dialog import ATTIC
from tests.dialog import Dialog
from tests.kit import Kit


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    """Return a driver of the flow, in a home with two entities."""
    attributes = {"friendly_name": "Attic", "device_class": "temperature", "unit_of_measurement": "°C"}
    kit.hass.states.async_set(ATTIC, "21.5", attributes)
    kit.hass.states.async_set("lock.door", "locked", {"friendly_name": "Door"})
    return Dialog(kit.hass, "alarm")
