"""Maintenance that is active now, as cards show it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Never

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket

from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind
from custom_components.iotbridge.migration import WINDOW, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.util import dt as dt_util
from tests.alarms.home import restart
from tests.kit import Kit
from tests.rules import add_rule, call, set_state

from .dialog import changes, subscribe


async def add_recurring(kit: Kit, entry: MockConfigEntry, *entities: str) -> str:
    """Add a window that opened ten minutes ago for half an hour; return its id."""
    data: Any = marked(
        WINDOW,
        {
            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            "start": (dt_util.now() - timedelta(minutes=10)).strftime("%H:%M:%S"),
            "duration_s": 1800,
            "selection": {"entities": list(entities)},
            "rules": [],
        },
    )
    subentry = ConfigSubentry(data=data, subentry_type="window", title="Nightly backup", unique_id=None)
    kit.hass.config_entries.async_add_subentry(entry, subentry)
    await kit.hass.async_block_till_done()
    return subentry.subentry_id


async def states(kit: Kit) -> dict[str, str]:
    """Return the states of all alarms."""
    listed = await call(kit, "list", answer=True)
    return {alarm["entity_id"]: alarm["state"] for alarm in listed["alarms"]}


async def test_the_switch_is_maintenance_of_everything(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    switch = kit.entity_id(f"{entry.entry_id}_maintenance")
    assert (await subscribe(client))["maintenance"] == []

    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    (window,) = (await changes(kit, client))["maintenance"]

    assert (window["kind"], window["switch"], window["count"], window["can_end"]) == ("all", switch, 2, True)
    await kit.hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    assert (await changes(kit, client))["maintenance"] == []


async def test_a_recurring_window_is_ended_for_this_time(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket
) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "90")
    window_id = await add_recurring(kit, entry, "sensor.one")
    event = await subscribe(client)
    (window,) = event["maintenance"]
    assert (window["window_id"], window["kind"], window["name"]) == (window_id, "recurring", "Nightly backup")
    assert (window["names"], window["can_end"]) == (["one"], True)
    assert event["alarms"][0]["state"] == "suppressed"

    await call(kit, "maintenance_end", window_id=window_id)
    event = await changes(kit, client)
    assert (event["maintenance"], event["alarms"][0]["state"]) == ([], "unacknowledged")

    await restart(kit)
    await kit.wait(60)
    assert await states(kit) == {"sensor.one": "unacknowledged"}, "still ended"
    await kit.wait(86400 - 120)
    await kit.wait(61)
    assert await states(kit) == {"sensor.one": "suppressed"}, "the next time"


async def test_a_guest_gets_only_windows_over_what_he_may_read(
    kit: Kit, entry: MockConfigEntry, guest_client: MockHAClientWebSocket
) -> None:
    await add_rule(kit, "sensor.one", "sensor.two")
    await add_recurring(kit, entry, "sensor.two")
    await call(kit, "maintenance_start", entity_id=["sensor.one", "sensor.two"], duration={"hours": 1}, name="Work")

    (window,) = (await subscribe(guest_client))["maintenance"]

    assert (window["name"], window["count"], window["entities"]) == ("Work", 1, ["sensor.one"])
    assert window["can_end"] is False


async def test_alarms_of_a_rule_that_could_not_be_started_are_left_out(
    kit: Kit, entry: MockConfigEntry, client: MockHAClientWebSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_id = await add_rule(kit, "sensor.one")
    await add_rule(kit, "sensor.two", name="Other")
    switch = kit.entity_id(f"{entry.entry_id}_maintenance")
    await kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)

    def fail(*_: object) -> Never:
        raise RuntimeError("an unexpected error")

    monkeypatch.setitem(KINDS, AlarmKind.ABOVE, replace(KINDS[AlarmKind.ABOVE], evaluator=fail))
    subentry = entry.subentries[rule_id]
    kit.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "severity": "critical"})
    await kit.hass.async_block_till_done()

    (window,) = (await subscribe(client))["maintenance"]
    assert window["names"] == ["sensor.two"]
