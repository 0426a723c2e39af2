"""Callers: the user behind a context."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.callers import async_user
from homeassistant.core import Context
from homeassistant.exceptions import UnknownUser

from .kit import Kit


async def test_the_user_of_a_context(kit: Kit, hass_admin_user: MockUser) -> None:
    assert await async_user(kit.hass, None) is None
    assert await async_user(kit.hass, Context()) is None
    assert await async_user(kit.hass, Context(user_id=hass_admin_user.id)) == hass_admin_user
    with pytest.raises(UnknownUser):
        await async_user(kit.hass, Context(user_id="gone"))
