"""Table of collectors, its settings, and the rules for every sensor of this machine."""

import contextlib
import re
import subprocess
import sys
from typing import Any

import pytest

from iotbridge_agent.collector import SensorDescription
from iotbridge_agent.collectors import COLLECTORS, specs_for
from iotbridge_agent.config import COLLECTOR_NAMES, Config, parse_config
from iotbridge_agent.errors import NoDataError

MACHINE = tuple(
    name for name in COLLECTOR_NAMES if name not in ("systemd", "docker", "start_order", "broker", "checks")
)


def config(**tables: Any) -> Config:
    return parse_config({"broker": {"url": "mqtt://localhost"}, **tables}, source="test", environ={})


def names(configured: Config) -> tuple[str, ...]:
    return tuple(spec.name for spec in specs_for(configured))


def test_the_table_is_the_one_the_configuration_knows() -> None:
    assert (*(spec.name for spec in COLLECTORS), "checks") == COLLECTOR_NAMES


def test_units_containers_and_checks_need_names() -> None:
    assert names(config()) == MACHINE
    named = config(
        collectors={"systemd": {"units": ["nginx"]}, "docker": {"containers": ["web"]}},
        start_order=[{"unit": "nginx"}],
        checks=[{"name": "Router", "tcp": "router:80"}],
    )
    assert names(named) == (*MACHINE, "systemd", "docker", "start_order", "check_router")


def test_disabled_collectors_are_absent() -> None:
    off = {"cpu": {"enabled": False}, "checks": {"enabled": False}, "docker": {"enabled": True}}
    tables = config(collectors=off, checks=[{"name": "Router", "tcp": "router:80"}])
    assert names(tables) == MACHINE[1:]


def test_the_broker_is_only_read_where_that_is_switched_on() -> None:
    assert names(config(collectors={"broker": {"interval_s": 60}})) == MACHINE
    assert names(config(collectors={"broker": {"enabled": True}})) == (*MACHINE, "broker")


def test_intervals_and_timeouts_are_the_users() -> None:
    settings = {"updates": {"interval_s": 7200, "timeout_s": 5}, "cpu": {"timeout_s": 1}}
    rows = {spec.name: spec for spec in specs_for(config(collectors=settings))}
    assert (rows["updates"].interval_s, rows["updates"].timeout_s) == (7200, 5)
    assert (rows["cpu"].interval_s, rows["cpu"].timeout_s) == (None, 1)
    assert rows["users"].interval_s == 60


@pytest.fixture(scope="module")
def sensors() -> list[SensorDescription]:
    """Return the sensors of this machine, with a check of each kind."""
    checks = [{"name": "Port", "tcp": "localhost:1"}, {"name": "Page", "http": "http://localhost:1"}]
    configured = config(checks=[*checks, {"name": "Dump", "file": "/nowhere"}])
    found: list[SensorDescription] = []
    for spec in specs_for(configured):
        with contextlib.suppress(NoDataError):
            found += [reading.description for reading in spec.create(configured).collect()]
    return found


def test_keys_are_valid_and_unique(sensors: list[SensorDescription]) -> None:
    keys = [sensor.key for sensor in sensors]
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9_]{1,64}", key) for key in keys)
    assert {"cpu_percent", "memory_percent", "disk_percent", "boot_time"} <= set(keys)


# Units and state classes that Home Assistant accepts, by device class, as far as they are used here.
ALLOWED: dict[str | None, tuple[set[str | None], set[str | None]]] = {
    None: ({None, "%", "rpm"}, {None, "measurement"}),
    "battery": ({"%"}, {"measurement"}),
    "data_rate": ({"MB/s"}, {"measurement"}),
    "data_size": ({"GiB"}, {"measurement"}),
    "duration": ({"ms", "min"}, {"measurement"}),
    "enum": ({None}, {None}),
    "frequency": ({"MHz"}, {"measurement"}),
    "temperature": ({"°C"}, {"measurement"}),
    "timestamp": ({None}, {None}),
    "uptime": ({None}, {None}),
}
BINARY = {None, "connectivity", "plug", "problem", "running"}


def test_units_and_classes_are_home_assistants(sensors: list[SensorDescription]) -> None:
    for sensor in sensors:
        if sensor.platform == "binary_sensor":
            assert (sensor.unit, sensor.state_class, sensor.decimals) == (None, None, None)
            assert sensor.device_class in BINARY
        else:
            units, state_classes = ALLOWED[sensor.device_class]
            assert sensor.unit in units
            assert sensor.state_class in state_classes


def test_names_can_be_filled_in(sensors: list[SensorDescription]) -> None:
    for sensor in sensors:
        assert "{" not in sensor.name.format(**sensor.placeholders)


def test_few_are_on_by_default(sensors: list[SensorDescription]) -> None:
    own = [sensor.key for sensor in sensors if sensor.enabled and not sensor.key.startswith(("check_", "changed_"))]
    assert 5 <= len([key for key in own if not key.startswith("disk_percent_")]) <= 16


@pytest.mark.skipif(sys.platform != "linux", reason="other systems are read by psutil")
def test_linux_is_read_without_heavy_modules() -> None:
    heavy = "{'psutil', 'ssl', 'asyncio', 'subprocess', 'http.client'}"
    code = f"import iotbridge_agent.collectors, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
