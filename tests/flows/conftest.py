"""A person in front of a dialog."""

from collections.abc import AsyncGenerator

import pytest

from homeassistant.config_entries import ConfigEntryState
from tests.kit import Kit

from .wizard import Wizard


@pytest.fixture
async def wizard(kit: Kit) -> AsyncGenerator[Wizard]:
    """Return what drives the flow of devices; what was left open is closed when the test is over."""
    wizard = Wizard(kit)
    yield wizard
    flows = kit.hass.config_entries.subentries
    for flow in flows.async_progress():
        flows.async_abort(flow["flow_id"])
    # Core's mqtt waits a moment before it tells the broker of subscriptions that came and went.
    await wizard.wait_only(2)
    (entry,) = kit.hass.config_entries.async_entries("iotbridge")
    if entry.state is ConfigEntryState.LOADED:
        await kit.hass.config_entries.async_unload(entry.entry_id)
    await wizard.wait_only(2)
