"""Fixtures of the API's tests: a guest, and connections."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

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


@pytest.fixture
async def client(kit: Kit, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """Return a WebSocket connection of an admin."""
    return await hass_ws_client(kit.hass)


@pytest.fixture
async def guest_client(
    kit: Kit, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str, hass_read_only_user: MockUser
) -> MockHAClientWebSocket:
    """Return a WebSocket connection of a user who may read a single sensor."""
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.one": {POLICY_READ: True}}}})
    return await hass_ws_client(kit.hass, hass_read_only_access_token)
