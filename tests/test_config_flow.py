"""Set-up from the UI, by discovery, and every change afterwards."""

import json
import time
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_mqtt_message
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

from homeassistant.config_entries import SOURCE_MQTT, SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .kit import ANNOUNCE, Kit

OPTIONS = {"prefixes": ["iotbridge", "ipwatch"], "response_timeout": 5, "lost_after": 120}


@pytest.fixture
def broker(mqtt: MqttMockHAClient, freezer: FrozenDateTimeFactory) -> MqttMockHAClient:
    """Return core's mqtt, whose periodic timers stand still with the time."""
    return mqtt


def announced(payload: str | bytes, topic: str = "iotbridge/device/nas/announce") -> MqttServiceInfo:
    return MqttServiceInfo(topic, payload, 0, True, "iotbridge/device/+/announce", time.monotonic())


async def test_from_the_ui(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    result = await hass.config_entries.flow.async_init("iotbridge", context={"source": SOURCE_USER})
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "user")
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], {**OPTIONS, "prefixes": [" home/lab/ ", "iotbridge", "iotbridge", ""]}
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "IoT Bridge"
    assert result["options"] == {**OPTIONS, "prefixes": ["home/lab", "iotbridge"]}
    assert result["result"].state is ConfigEntryState.LOADED
    assert {"home/lab/device/+/+", "iotbridge/device/+/+"} <= {c.args[0] for c in broker.async_subscribe.call_args_list}


@pytest.mark.parametrize(
    ("prefixes", "error"),
    [
        ([], "no_prefix"),
        ([" ", "/"], "no_prefix"),
        (["a/#"], "invalid_prefix"),
        (["+"], "invalid_prefix"),
        (["a/" * 999 + "b"], "invalid_prefix"),
        (["a" * 65535], "invalid_prefix"),
        (["a\nb"], "invalid_prefix"),
    ],
)
async def test_an_invalid_prefix_is_an_error_and_can_be_corrected(
    hass: HomeAssistant, broker: MqttMockHAClient, prefixes: list[str], error: str
) -> None:
    result = await hass.config_entries.flow.async_init("iotbridge", context={"source": SOURCE_USER})
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {**OPTIONS, "prefixes": prefixes})
    assert result["errors"] == {"prefixes": error}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], OPTIONS)

    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_without_mqtt_the_flow_aborts(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init("iotbridge", context={"source": SOURCE_USER})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "mqtt_missing")


async def test_there_is_only_one(kit: Kit) -> None:
    result = await kit.hass.config_entries.flow.async_init("iotbridge", context={"source": SOURCE_USER})

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


async def test_the_first_agent_starts_the_flow(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    result = await hass.config_entries.flow.async_init(
        "iotbridge", context={"source": SOURCE_MQTT}, data=announced(json.dumps(ANNOUNCE))
    )
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
    assert result["description_placeholders"] == {"host": "nas"}
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "nas"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["options"] == OPTIONS


async def test_home_assistant_subscribes_to_the_announce(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    async_fire_mqtt_message(hass, "iotbridge/device/nas/announce", json.dumps(ANNOUNCE))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [flow["handler"] for flow in hass.config_entries.flow.async_progress()] == ["iotbridge"]


async def test_ten_agents_start_one_flow(hass: HomeAssistant, broker: MqttMockHAClient) -> None:
    for number in range(10):
        node = f"node{number}"
        data = announced(
            json.dumps(ANNOUNCE | {"node_id": node, "uid": f"iotbridge_{node}"}), f"iotbridge/device/{node}/announce"
        )
        await hass.config_entries.flow.async_init("iotbridge", context={"source": SOURCE_MQTT}, data=data)

    assert len(hass.config_entries.flow.async_progress()) == 1


@pytest.mark.parametrize(
    ("payload", "topic"),
    [
        ("", "iotbridge/device/nas/announce"),
        ("{", "iotbridge/device/nas/announce"),
        (b"\xff", "iotbridge/device/nas/announce"),
        (json.dumps(ANNOUNCE), "iotbridge/device/other/announce"),
        (json.dumps(ANNOUNCE), "iotbridge/device/my nas/announce"),
    ],
)
async def test_an_invalid_announce_starts_no_flow(
    hass: HomeAssistant, broker: MqttMockHAClient, payload: str | bytes, topic: str
) -> None:
    result = await hass.config_entries.flow.async_init(
        "iotbridge", context={"source": SOURCE_MQTT}, data=announced(payload, topic)
    )

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "invalid_announce")


async def test_another_agent_starts_no_second_flow(kit: Kit) -> None:
    result = await kit.hass.config_entries.flow.async_init(
        "iotbridge", context={"source": SOURCE_MQTT}, data=announced(json.dumps(ANNOUNCE))
    )

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "single_instance_allowed")


async def test_options_take_effect_without_restart(kit: Kit) -> None:
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    result = await kit.hass.config_entries.options.async_init(entry.entry_id)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "init")
    flow_id = result["flow_id"]
    result = await kit.hass.config_entries.options.async_configure(flow_id, {**OPTIONS, "prefixes": ["a/+"]})
    assert result["errors"] == {"prefixes": "invalid_prefix"}
    result = await kit.hass.config_entries.options.async_configure(
        flow_id, {"prefixes": ["home/lab"], "response_timeout": 2, "lost_after": 300}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await kit.hass.async_block_till_done()

    host = await kit.host(prefix="home/lab")
    assert kit.bridge("hosts_online") == "1"
    await kit.wait(290)
    assert kit.bridge("hosts_online") == "1"
    await kit.wait(15)
    assert kit.bridge("hosts_lost") == "1"
    await kit.receive("iotbridge/device/desk/availability", "online")
    await kit.wait(10)
    assert kit.bridge("hosts_online") == "0", "the old prefix is heard no more"
    assert host.prefix == "home/lab"


async def test_reconfigure(kit: Kit) -> None:
    entry: MockConfigEntry = kit.hass.config_entries.async_entries("iotbridge")[0]
    result: Any = await entry.start_reconfigure_flow(kit.hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "reconfigure")
    flow = kit.hass.config_entries.flow
    result = await flow.async_configure(result["flow_id"], {**OPTIONS, "prefixes": ["#"]})
    assert result["errors"] == {"prefixes": "invalid_prefix"}
    result = await flow.async_configure(result["flow_id"], {**OPTIONS, "prefixes": ["lab"]})

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    assert entry.options["prefixes"] == ["lab"]
    await kit.hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_the_options_link_to_the_pages_of_the_hosts(kit: Kit, entry: MockConfigEntry) -> None:
    options = kit.hass.config_entries.options
    assert (await options.async_init(entry.entry_id))["description_placeholders"] == {"hosts": "-"}

    pages = {}
    for name in ("nas", "Attic"):
        host = await kit.host(name)
        device = kit.device(host.uid)
        assert device
        pages[name] = f"(/config/devices/device/{device.id})"
    device_id = pages["nas"][24:-1]
    dr.async_get(kit.hass).async_update_device(device_id, name_by_user="My [nas]")

    result = await options.async_init(entry.entry_id)
    assert result["description_placeholders"] == {"hosts": f"- [Attic]{pages['Attic']}\n- [My \\[nas\\]]{pages['nas']}"}
