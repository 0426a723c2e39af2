"""Diagnostics of power plans and schedules, as downloaded by a user."""

import json

from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.downloads import download
from tests.kit import Kit

from .plugs import PlugLab
from .schedules import FakeSchedule, wait


async def test_schedules_are_told_without_names(rome: Kit, hass_client: ClientSessionGenerator) -> None:
    conditions = [{"condition": "template", "value_template": "{{ 'rossi' == 1 }}"}]
    await FakeSchedule.add(rome, await rome.host("rossi"), conditions=conditions)
    await wait(rome, 60)

    data = await download(rome, hass_client)

    (schedule,) = data["schedules"]
    assert (schedule["task"], schedule["times"]) == ("shutdown", "30 21 * * 1,2,3,4,5,6,7")
    assert schedule["runs"] == [["2026-11-30T20:30:00+00:00", "skipped", "condition"]]
    assert "rossi" not in json.dumps(data)


async def test_plans_are_told_without_names(rome: Kit, plugs: PlugLab, hass_client: ClientSessionGenerator) -> None:
    await plugs.call("run_plan", wait=True)

    data = await download(rome, hass_client)

    (plan,) = data["power_plans"]
    assert (plan["state"], plan["steps"]) == ("stopped", 3)
    assert [report["outcome"] for report in plan["reports"]] == ["completed"]
    assert "Proxmox" not in json.dumps(plan)
