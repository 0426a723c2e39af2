"""Event entity of a plan."""

import pytest

from homeassistant.core import Event, EventStateChangedData, callback
from homeassistant.helpers.event import async_track_state_change_event
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def test_everything_that_matters_is_an_event(plugs: PlugLab) -> None:
    seen: list[tuple[str, str | None]] = []

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is not None and "event_type" in state.attributes:
            seen.append((state.attributes["event_type"], state.attributes.get("step")))

    async_track_state_change_event(plugs.kit.hass, [plugs.entity_id("plan")], note)
    plugs.refusing = {"proxmox"}
    await plugs.call("run_plan", wait=True)

    assert seen == [
        ("started", None),
        ("step_done", "Guest"),
        ("step_failed", "Proxmox"),
        ("step_done", "Nas"),
        ("finished", None),
    ]
    attributes = plugs.shown("plan").attributes
    assert (attributes["plan"], attributes["direction"], attributes["outcome"]) == ("Lab", "off", "failed")
