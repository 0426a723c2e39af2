"""A person in front of a dialog."""

from collections.abc import AsyncGenerator

import pytest

from tests.kit import Kit

from .wizard import Repair, Wizard


@pytest.fixture
async def wizard(kit: Kit) -> AsyncGenerator[Wizard]:
    """Return what drives the flow of devices; what was left open is closed when the test is over."""
    yield Wizard(kit)
    flows = kit.hass.config_entries.subentries
    for flow in flows.async_progress():
        flows.async_abort(flow["flow_id"])
    # Core's mqtt waits a moment before it tells the broker of subscriptions that came and went; a device that was just
    # added is still at work.
    for _ in range(5):
        await kit.wait(1)


@pytest.fixture
def repair(kit: Kit) -> Repair:
    """Return what drives the dialogs of repairs."""
    return Repair(kit)
