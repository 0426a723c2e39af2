"""WebSocket commands of power plans."""

from dataclasses import replace
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.util import dt as dt_util
from tests.power_plans.home import CHARGE, RUNTIME, STATUS, UPS
from tests.power_plans.plugs import PlugLab

# Core's mqtt checks its connection every second.
pytestmark = pytest.mark.parametrize("expected_lingering_timers", [True])


async def ask(client: MockHAClientWebSocket, command: str, **more: Any) -> dict[str, Any]:
    await client.send_json_auto_id({"type": f"iotbridge/power_plans/{command}", **more})
    answer: dict[str, Any] = await client.receive_json()
    return answer


async def test_the_plans_are_listed(plugs: PlugLab, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client(plugs.kit.hass)

    (plan,) = (await ask(client, "list"))["result"]["plans"]

    assert plan == {
        "plan_id": plugs.plan_id,
        "name": "Lab",
        "state": "idle",
        "is_enabled": True,
        "entity_id": plugs.entity_id(),
        "device_id": plugs.plan_device(),
        "is_running": False,
        "ups": None,
        "last_report": None,
    }


async def test_a_plan_is_followed_from_its_beginning_to_its_end(
    plugs: PlugLab, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(plugs.kit.hass)
    assert (await ask(client, "follow", plan_id=plugs.plan_id))["success"]
    first = (await client.receive_json())["event"]["plan"]
    assert (first["run"], first["ups"], first["reports"]) == (None, None, [])
    assert [row["name"] for row in first["expected"]["on"]] == ["Nas", "Proxmox", "Guest"]

    await plugs.call("run_plan", wait=True)
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["is_running"]:
        seen.append((await client.receive_json())["event"]["plan"])

    rows = {row["name"]: row["state"] for row in seen[0]["run"]["timeline"]}
    assert (seen[0]["run"]["phase"], rows["Nas"]) == ("stopping", "to_stop")
    assert seen[-1]["state"] == "stopped"
    (report,), last = seen[-1]["reports"], seen[-1]["last_report"]
    assert report == {key: value for key, value in last.items() if key != "events"}
    assert (last["outcome"], last["events"][-1]["kind"]) == ("completed", "finished")


async def test_a_plan_is_followed_by_its_sensor_and_the_first_one_without_a_name(
    plugs: PlugLab, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(plugs.kit.hass)
    first = plugs.plan_id
    second = await plugs.add(plugs.step("lamp"), name="Second")

    async def followed(**named: str) -> Any:
        assert (await ask(client, "follow", **named))["success"]
        return (await client.receive_json())["event"]["plan"]["plan_id"]

    assert await followed() == first
    (sensor,) = [row["entity_id"] for row in (await ask(client, "list"))["result"]["plans"] if row["name"] == "Second"]
    assert await followed(entity_id=sensor) == second.plan_id
    assert (await ask(client, "follow", entity_id="sensor.of_no_plan"))["error"]["code"] == "not_found"


async def test_a_plan_that_is_removed_is_null(plugs: PlugLab, hass_ws_client: WebSocketGenerator) -> None:
    client = await hass_ws_client(plugs.kit.hass)
    await ask(client, "follow", plan_id=plugs.plan_id)
    await client.receive_json()

    entry = plugs.kit.hass.config_entries.async_entries("iotbridge")[0]
    plugs.kit.hass.config_entries.async_remove_subentry(entry, plugs.plan_id)
    await plugs.settle()

    assert (await client.receive_json())["event"] == {"plan": None}


async def test_a_user_sees_only_what_they_may_read(
    plugs: PlugLab,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
    hass_read_only_user: MockUser,
) -> None:
    hass_read_only_user.mock_policy({"entities": {"entity_ids": {"sensor.other": {POLICY_READ: True}}}})
    client = await hass_ws_client(plugs.kit.hass, hass_read_only_access_token)
    assert (await ask(client, "list"))["result"] == {"plans": []}
    assert (await ask(client, "follow", plan_id=plugs.plan_id))["error"]["code"] == "not_found"
    assert (await ask(client, "follow", plan_id="none"))["error"]["code"] == "not_found"
    assert (await ask(client, "follow"))["error"]["code"] == "not_found"

    hass_read_only_user.mock_policy({"entities": {"entity_ids": {plugs.entity_id(): {POLICY_READ: True}}}})

    assert len((await ask(client, "list"))["result"]["plans"]) == 1
    assert (await ask(client, "follow", plan_id=plugs.plan_id))["success"]


async def test_the_ups_of_a_plan_is_sent_with_the_time_since_when_it_is_on_battery(
    plugs: PlugLab, hass_ws_client: WebSocketGenerator, freezer: FrozenDateTimeFactory
) -> None:
    client = await hass_ws_client(plugs.kit.hass)
    plan = await plugs.add(plugs.step("lamp"), name="Cut", ups=replace(UPS, on_battery_s=7200))

    async def ups() -> dict[str, Any]:
        await ask(client, "follow", plan_id=plan.plan_id)
        document: dict[str, Any] = (await client.receive_json())["event"]["plan"]["ups"]
        return document

    mains = {"entity_id": STATUS, "battery_entity_id": CHARGE, "runtime_entity_id": RUNTIME}
    assert [row["ups"] for row in (await ask(client, "list"))["result"]["plans"]] == [None, mains]
    assert await ups() == mains | {"is_on_battery": False, "on_battery_since": None}

    since = dt_util.utcnow().isoformat(timespec="seconds")
    await plugs.ups("OB DISCHRG")
    freezer.tick(30)
    await plugs.ups("OB DISCHRG LB")
    assert await ups() == mains | {"is_on_battery": True, "on_battery_since": since}
