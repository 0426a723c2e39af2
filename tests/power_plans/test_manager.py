"""Manager of the power plans."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.power_plans.manager import PowerPlansManager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from tests.entries import entry_with, repairs, set_up
from tests.kit import Kit
from tests.power_plans.plans import host, plan_of, put_plan

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


@pytest.mark.usefixtures("mqtt", "freezer")
async def test_a_plan_that_cannot_be_read_has_a_repair_and_the_others_run(hass: HomeAssistant) -> None:
    user = await hass.auth.async_create_user("Anna")
    good = plan_of(host("nas"), user_id=user.id).as_dict()
    entry = entry_with(hass, ("plan", "Lab", good), ("plan", "Newer", {**good, "version": 9}))

    await set_up(hass, entry)

    assert repairs(hass) == {"plan_unreadable": ["Newer"]}
    assert [plan.name for plan in entry.runtime_data.power_plans.plans.values()] == ["Lab"]
    hass.config_entries.async_remove_subentry(entry, "Newer")
    await hass.async_block_till_done()
    assert repairs(hass) == {}


async def test_a_plan_is_added_while_it_runs(kit: Kit, entry: MockConfigEntry) -> None:
    plan_id = put_plan(kit.hass, entry, plan_of(host("nas")))
    await kit.hass.async_block_till_done()

    assert entry.runtime_data.power_plans.plans.keys() == {plan_id}


@pytest.mark.usefixtures("mqtt", "freezer")
async def test_plans_that_cannot_start_do_not_stop_the_others(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_self: object) -> None:
        raise RuntimeError("a fault of stopped_by_plan")

    monkeypatch.setattr(PowerPlansManager, "async_start", fail)

    await set_up(hass, entry)

    assert entry.state is ConfigEntryState.LOADED
    assert repairs(hass).keys() == {"power_plans_not_started"}
    assert not entry.runtime_data.alarms.is_failed
