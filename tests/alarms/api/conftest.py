"""Fixture of the API's tests: a guest."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from tests.kit import Kit


@pytest.fixture
def guest(hass_admin_user: MockUser, kit: Kit) -> MockUser:
    """Return a user who may read two sensors and control one of them."""
    user = MockUser(id="guest", name="Guest").add_to_hass(kit.hass)
    rights = {
        "sensor.one": {POLICY_READ: True, POLICY_CONTROL: True},
        "sensor.two": {POLICY_READ: True},
    }
    user.mock_policy({"entities": {"entity_ids": rights}})
    return user
