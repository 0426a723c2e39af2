"""Rates of real interfaces; counters that wrap, interfaces that appear and vanish."""

from pathlib import Path

from collecting import Clock, read_proc, readings, values
import pytest

from iotbridge_agent.collectors.network import Network
from iotbridge_agent.config import CollectorConfig
from iotbridge_agent.errors import NoDataError

MB = 1_000_000


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a machine without interfaces."""
    return read_proc(monkeypatch, tmp_path, {"net/dev": "Inter-| Receive\n face |bytes\n"})


def interface(root: Path, name: str, down: int, up: int, *, real: bool = True) -> None:
    remove(root, name)
    with (root / "proc/net/dev").open("a") as table:
        table.write(f"{name}: {down} 0 0 0 0 0 0 0 {up} 0 0 0 0 0 0 0\n")
    (root / "sys" / name / "device" if real else root / "sys" / name).mkdir(parents=True, exist_ok=True)


def remove(root: Path, name: str) -> None:
    table = root / "proc/net/dev"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(line for line in lines if not line.startswith(f"{name}:")))


def network(root: Path, clock: Clock, **settings: tuple[str, ...]) -> Network:
    return Network(CollectorConfig(**settings), root / "sys", clock)  # type: ignore[arg-type]


def test_the_rate_since_the_last_reading(root: Path) -> None:
    clock = Clock()
    interface(root, "enp3s0", 1000, 500)
    for name in ("lo", "docker0", "veth12ab", "br-1234", "virbr0", "tun0", "bond0", "ifb0"):
        interface(root, name, 5 * MB, 5 * MB, real=False)
    rates = network(root, clock)
    assert values(rates) == {"network_down": None, "network_up": None}
    clock.now += 10
    interface(root, "enp3s0", 1000 + 20 * MB, 500 + 5 * MB)
    assert values(rates) == {"network_down": 2.0, "network_up": 0.5}


def test_a_reading_too_soon_repeats_the_last_value(root: Path) -> None:
    clock = Clock()
    interface(root, "eno1", 0, 0)
    rates = network(root, clock)
    values(rates)
    clock.now += 10
    interface(root, "eno1", 20 * MB, 0)
    assert values(rates)["network_down"] == 2.0
    clock.now += 0.2
    interface(root, "eno1", 25 * MB, 0)
    assert values(rates)["network_down"] == 2.0
    clock.now += 4.8
    assert values(rates)["network_down"] == 1.0


def test_several_interfaces_are_summed_up_and_each_is_available(root: Path) -> None:
    clock = Clock()
    interface(root, "eno1", 0, 0)
    interface(root, "wlan0", 0, 0)
    rates = network(root, clock)
    values(rates)
    clock.now += 10
    interface(root, "eno1", 10 * MB, 0)
    interface(root, "wlan0", 20 * MB, 10 * MB)
    found = readings(rates)
    assert {key: reading.value for key, reading in found.items()} == {
        "network_down": 3.0,
        "network_up": 1.0,
        "network_down_eno1": 1.0,
        "network_up_eno1": 0.0,
        "network_down_wlan0": 2.0,
        "network_up_wlan0": 1.0,
    }
    assert [key for key, reading in found.items() if reading.description.enabled] == ["network_down", "network_up"]


def test_decreasing_counters_give_no_value_once(root: Path) -> None:
    clock = Clock()
    interface(root, "eth0", 2**32 - 1, 0)
    rates = network(root, clock)
    values(rates)
    clock.now += 10
    interface(root, "eth0", 100, 0)
    assert values(rates)["network_down"] is None
    clock.now += 10
    interface(root, "eth0", 100 + 10 * MB, 0)
    assert values(rates)["network_down"] == 1.0


def test_an_unplugged_interface_vanishes_and_starts_again(root: Path) -> None:
    clock = Clock()
    interface(root, "eth0", 0, 0)
    interface(root, "usb0", 0, 0)
    rates = network(root, clock)
    assert "network_down_usb0" in values(rates)
    remove(root, "usb0")
    clock.now += 10
    assert values(rates) == {"network_down": 0.0, "network_up": 0.0}
    clock.now += 10
    interface(root, "usb0", 500 * MB, 0)
    assert values(rates)["network_down_usb0"] is None


def test_the_interface_of_a_container_has_no_device(root: Path) -> None:
    interface(root, "eth0", 0, 0, real=False)
    assert "network_down" in values(network(root, Clock()))


def test_include_and_exclude(root: Path) -> None:
    interface(root, "eth0", 0, 0)
    interface(root, "eth1", 0, 0)
    interface(root, "wg0", 0, 0, real=False)
    found = values(network(root, Clock(), include=("wg*",), exclude=("eth1",)))
    assert set(found) >= {"network_down_eth0", "network_down_wg0"}
    assert "network_down_eth1" not in found


def test_without_an_interface_there_is_no_data(root: Path) -> None:
    interface(root, "lo", 0, 0, real=False)
    with pytest.raises(NoDataError):
        values(network(root, Clock()))


def test_on_other_systems_the_name_identifies_real_interfaces(root: Path) -> None:
    for name in ("en0", "lo0", "utun3", "Loopback Pseudo-Interface 1"):
        interface(root, name, 0, 0, real=False)
    clock = Clock()
    rates = Network(CollectorConfig(), None, clock)
    values(rates)
    clock.now += 10
    interface(root, "en0", 10 * MB, 0)
    interface(root, "lo0", 70 * MB, 0)
    assert values(rates) == {"network_down": 1.0, "network_up": 0.0}
