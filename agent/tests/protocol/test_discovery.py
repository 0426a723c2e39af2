"""Parts of the discovery message."""

import json
from typing import Any

import pytest

from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.protocol import discovery
from iotbridge_agent.protocol.topics import Topics

TOPICS = Topics("iotbridge", "nas")
DAY = 86400.0


def same(name: str) -> str:
    return name


def test_a_sensor_has_only_the_keys_of_its_description() -> None:
    description = SensorDescription(key="cpu_percent", name="CPU usage", unit="%", display_precision=1)
    assert discovery.sensor(description, "u", same) == {
        "platform": "sensor",
        "unique_id": "u_cpu_percent",
        "name": "CPU usage",
        "value_template": "{{ value_json['cpu_percent'] }}",
        "unit_of_measurement": "%",
        "suggested_display_precision": 1,
    }


def test_a_name_is_filled_after_translation_and_braces_in_a_value_stay() -> None:
    description = SensorDescription(key="k", name="Disk {mount}", placeholders={"mount": "/a{b}"})
    assert discovery.sensor(description, "u", lambda _: "Disco {mount}")["name"] == "Disco /a{b}"
    plain = SensorDescription(key="k", name="a{b}")
    assert discovery.sensor(plain, "u", same)["name"] == "a{b}"


def test_on_and_off_are_in_the_spelling_of_home_assistants_templates() -> None:
    description = SensorDescription(key="k", name="n", platform="binary_sensor", enabled=False)
    component = discovery.sensor(description, "u", same)
    assert (component["payload_on"], component["payload_off"]) == ("True", "False")
    assert component["enabled_by_default"] is False


def test_the_connection_never_becomes_unavailable() -> None:
    component = discovery.connection_sensor("u", TOPICS, same)
    assert component["availability"] == []
    assert component["state_topic"] == "iotbridge/device/nas/availability"


def test_a_button_sends_a_command_with_an_id_and_an_expiry() -> None:
    button = discovery.builtin_button("reboot", "u", TOPICS, same, expiry=True)
    assert (button["retain"], button["qos"], button["message_expiry_interval"]) == (False, 1, 30)
    assert (button["entity_category"], button["device_class"]) == ("config", "restart")
    assert "message_expiry_interval" not in discovery.builtin_button("reboot", "u", TOPICS, same, expiry=False)


def test_the_message() -> None:
    message = discovery.device_message(
        {"a": {"platform": "sensor"}}, device={"name": "n", "x": None}, agent_version="1", topics=TOPICS
    )
    assert message["device"] == {"name": "n"}
    assert message["availability"] == [{"topic": "iotbridge/device/nas/availability"}]
    assert message["state_topic"] == "iotbridge/device/nas/status"
    json.dumps(message)


KNOWN: dict[str, dict[str, Any]] = {"disk": {"owner": "disk", "config": {"platform": "sensor", "name": "Disk"}}}


def merge(known: dict[str, Any], *, now: float, owners: set[str] | None = None, settled: bool = True) -> dict[str, Any]:
    return discovery.merge(
        known,
        {},
        owners={"disk"} if owners is None else owners,
        settled={"disk"} if settled else set(),
        now=now,
        remove_after_s={},
        default_remove_after_s=DAY,
    )


def test_a_vanished_entity_stays_a_while_and_is_then_removed_and_then_forgotten() -> None:
    missing = merge(KNOWN, now=0)
    assert discovery.components(missing) == {"disk": {"platform": "sensor", "name": "Disk"}}
    still = merge(missing, now=DAY - 1)
    assert discovery.components(still)["disk"]["name"] == "Disk"
    removed = merge(still, now=DAY)
    assert discovery.components(removed) == {"disk": {"platform": "sensor"}}
    assert discovery.components(merge(removed, now=2 * DAY)) == {"disk": {"platform": "sensor"}}
    assert merge(removed, now=9 * DAY) == {}


def test_a_failing_collector_keeps_its_entities() -> None:
    assert merge(KNOWN, now=10 * DAY, settled=False) == KNOWN


def test_the_entities_of_a_disabled_collector_are_removed_at_once() -> None:
    assert discovery.components(merge(KNOWN, now=0, owners=set())) == {"disk": {"platform": "sensor"}}


@pytest.mark.parametrize("mark", [{"missing_since": 0.0}, {"removed_at": 0.0}])
def test_an_entity_that_is_back_is_as_new(mark: dict[str, float]) -> None:
    merged = discovery.merge(
        {"disk": KNOWN["disk"] | mark},
        {"disk": ("disk", {"platform": "sensor", "name": "New"})},
        owners={"disk"},
        settled={"disk"},
        now=1,
        remove_after_s={},
        default_remove_after_s=DAY,
    )
    assert merged == {"disk": {"owner": "disk", "config": {"platform": "sensor", "name": "New"}}}
