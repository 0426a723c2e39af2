"""Entities of a host: those that exist, those that stay while nothing is known, and their discovery message."""

from collections.abc import Collection, Mapping
from typing import Any

from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.config import Config, parse_config
from iotbridge_agent.entities import Entities
from iotbridge_agent.system.host import Host

HOST = Host("nas", "Linux", "6.1", manufacturer="Acme", model="NAS-1")
CPU = SensorDescription(key="cpu_percent", name="CPU usage", unit="%")
FAN = SensorDescription(key="fan_1", name="Fan {name}", placeholders={"name": "rear"})
DAY = 86400.0


def config(**tables: Any) -> Config:
    tables["agent"] = {"node_id": "nas", "name": "NAS", **tables.get("agent", {})}
    return parse_config({"broker": {"url": "mqtt://localhost"}, **tables}, source="test", environ={})


def update(
    entities: Entities,
    *sensors: SensorDescription,
    power: Collection[str] | None = (),
    settled: Collection[str] = ("cpu",),
    expiry: bool = True,
    now: float = 0,
) -> bool:
    """Update with sensors of the collector ``cpu``."""
    found = {sensor.key: ("cpu", sensor) for sensor in sensors}
    return entities.update(found, collectors=("cpu",), settled=settled, power=power, expiry=expiry, now=now)


def components(entities: Entities) -> Mapping[str, Any]:
    """Return the components with more than a platform: those that are not being removed."""
    named: dict[str, Any] = entities.message()["components"]
    return {key: component for key, component in named.items() if len(component) > 1}


def test_a_host_has_its_readings_its_connection_and_its_buttons() -> None:
    entities = Entities(config(commands={"custom": {"backup": {"argv": ["true"], "button": True}}}), HOST, {})

    assert update(entities, CPU, power=("reboot",))
    assert set(components(entities)) == {
        "cpu_percent", "connection", "command_status", "command_reboot", "command_backup",
    }  # fmt: skip
    assert entities.sensor_keys() == ["cpu_percent"]
    assert not update(entities, CPU, power=("reboot",)), "nothing changed"


def test_the_start_of_services_has_a_button_where_it_is_enabled() -> None:
    entities = Entities(config(commands={"start_services": True}, start_order=[{"unit": "hub"}]), HOST, {})
    update(entities)

    button = components(entities)["command_start_services"]
    assert (button["platform"], button["name"]) == ("button", "Start services")
    assert '"command":"start_services"' in button["command_template"].replace(" ", "")


def test_the_device_is_described_by_its_host() -> None:
    entities = Entities(config(), HOST, {})
    update(entities, CPU)

    device = entities.message()["device"]
    assert (device["name"], device["manufacturer"], device["model"]) == ("NAS", "Acme", "NAS-1")
    assert device["sw_version"] == "6.1"


def test_the_device_links_to_the_page_that_the_configuration_names() -> None:
    plain, named = (Entities(config(agent=agent), HOST, {}) for agent in ({}, {"url": "https://nas.lan:5001"}))

    assert "configuration_url" not in plain.message()["device"]
    assert named.message()["device"]["configuration_url"] == "https://nas.lan:5001"


def test_refresh_is_not_among_the_power_commands() -> None:
    entities = Entities(config(), HOST, {})
    update(entities, CPU, power=("reboot", "shutdown", "suspend"))

    categories = {key: component.get("entity_category") for key, component in components(entities).items()}
    assert categories["command_status"] == "diagnostic"
    assert {categories[f"command_{name}"] for name in ("reboot", "shutdown", "suspend")} == {"config"}


def test_names_are_in_the_language_of_the_agent() -> None:
    entities = Entities(config(agent={"language": "it"}), HOST, {})
    update(entities, CPU, FAN)

    assert components(entities)["cpu_percent"]["name"] != "CPU usage"
    assert "rear" in components(entities)["fan_1"]["name"]


def test_only_denied_permissions_remove_buttons() -> None:
    entities = Entities(config(), HOST, {})
    update(entities, CPU, power=("reboot", "shutdown"))

    update(entities, CPU, power=None)
    assert {"command_reboot", "command_shutdown"} <= components(entities).keys()
    update(entities, CPU, power=("reboot",))
    assert "command_shutdown" not in components(entities)


def test_a_sensor_that_vanished_stays_for_the_configured_time() -> None:
    entities = Entities(config(agent={"remove_after_h": 24}), HOST, {})
    update(entities, CPU, FAN)

    update(entities, CPU, now=1)
    assert set(entities.sensor_keys()) == {"cpu_percent", "fan_1"}, "a status has it, without a value"
    update(entities, CPU, now=DAY + 2)

    assert entities.sensor_keys() == ["cpu_percent"]
    assert "fan_1" not in components(entities)


def test_entities_of_the_last_run_are_known_before_anything_was_read() -> None:
    before = Entities(config(), HOST, {})
    update(before, CPU)

    again = Entities(config(), HOST, before.known)
    update(again, settled=(), power=None)

    assert again.sensor_keys() == ["cpu_percent"]


def test_commands_of_buttons_expire_if_the_broker_supports_it() -> None:
    entities = Entities(config(), HOST, {})
    update(entities, CPU, expiry=False)
    without = components(entities)["command_status"]
    assert update(entities, CPU, expiry=True)

    assert components(entities)["command_status"] != without
