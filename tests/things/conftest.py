"""Fixtures for the dialogs of things."""

from collections.abc import AsyncGenerator

import pytest

from tests.kit import Kit

from .wizard import Repair, Wizard


@pytest.fixture
async def wizard(kit: Kit) -> AsyncGenerator[Wizard]:
    """Return the driver of the device flow; an open dialog is closed at the end of the test."""
    yield Wizard(kit)
    flows = kit.hass.config_entries.subentries
    for flow in flows.async_progress():
        flows.async_abort(flow["flow_id"])
    # Core's mqtt waits a moment before it sends changed subscriptions to the broker; a device that was just added is
    # still at work.
    for _ in range(5):
        await kit.wait(1)


@pytest.fixture
def repair(kit: Kit) -> Repair:
    """Return the driver of the repairs' dialogs."""
    return Repair(kit)
