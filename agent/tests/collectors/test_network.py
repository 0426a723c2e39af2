"""Rates of real interfaces; counters that wrap, interfaces that come and go."""

from pathlib import Path

from collecting import Clock, readings, values, write
import pytest

from iotbridge_agent.collectors.network import Network
from iotbridge_agent.config import CollectorConfig
from iotbridge_agent.errors import NoDataError

MB = 1_000_000


def interface(root: Path, name: str, down: object, up: object, *, real: bool = True) -> None:
    folder = f"sys/class/net/{name}"
    write(root, {f"{folder}/statistics/rx_bytes": f"{down}\n", f"{folder}/statistics/tx_bytes": f"{up}\n"})
    if real:
        (root / folder / "device").mkdir(exist_ok=True)


def network(root: Path, clock: Clock, **settings: tuple[str, ...]) -> Network:
    return Network(CollectorConfig(**settings), root, clock)  # type: ignore[arg-type]


def test_the_rate_since_the_last_look(tmp_path: Path) -> None:
    clock = Clock()
    interface(tmp_path, "enp3s0", 1000, 500)
    for name in ("lo", "docker0", "veth12ab", "br-1234", "virbr0", "tun0", "bond0", "ifb0"):
        interface(tmp_path, name, 5 * MB, 5 * MB, real=False)
    rates = network(tmp_path, clock)
    assert values(rates) == {"network_down": None, "network_up": None}
    clock.now += 10
    interface(tmp_path, "enp3s0", 1000 + 20 * MB, 500 + 5 * MB)
    assert values(rates) == {"network_down": 2.0, "network_up": 0.5}


def test_a_look_too_soon_repeats_the_last_value(tmp_path: Path) -> None:
    clock = Clock()
    interface(tmp_path, "eno1", 0, 0)
    rates = network(tmp_path, clock)
    values(rates)
    clock.now += 10
    interface(tmp_path, "eno1", 20 * MB, 0)
    assert values(rates)["network_down"] == 2.0
    clock.now += 0.2
    interface(tmp_path, "eno1", 25 * MB, 0)
    assert values(rates)["network_down"] == 2.0
    clock.now += 4.8
    assert values(rates)["network_down"] == 1.0


def test_several_interfaces_are_added_up_and_each_is_there_when_asked_for(tmp_path: Path) -> None:
    clock = Clock()
    interface(tmp_path, "eno1", 0, 0)
    interface(tmp_path, "wlan0", 0, 0)
    rates = network(tmp_path, clock)
    values(rates)
    clock.now += 10
    interface(tmp_path, "eno1", 10 * MB, 0)
    interface(tmp_path, "wlan0", 20 * MB, 10 * MB)
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


def test_counters_that_go_back_give_no_value_once(tmp_path: Path) -> None:
    clock = Clock()
    interface(tmp_path, "eth0", 2**32 - 1, 0)
    rates = network(tmp_path, clock)
    values(rates)
    clock.now += 10
    interface(tmp_path, "eth0", 100, 0)
    assert values(rates)["network_down"] is None
    clock.now += 10
    interface(tmp_path, "eth0", 100 + 10 * MB, 0)
    assert values(rates)["network_down"] == 1.0


def test_an_interface_that_is_pulled_out_vanishes_and_starts_anew(tmp_path: Path) -> None:
    clock = Clock()
    interface(tmp_path, "eth0", 0, 0)
    interface(tmp_path, "usb0", 0, 0)
    rates = network(tmp_path, clock)
    assert "network_down_usb0" in values(rates)
    (tmp_path / "sys/class/net/usb0/statistics/rx_bytes").unlink()
    clock.now += 10
    assert values(rates) == {"network_down": 0.0, "network_up": 0.0}
    clock.now += 10
    interface(tmp_path, "usb0", 500 * MB, 0)
    assert values(rates)["network_down_usb0"] is None


def test_the_interface_of_a_container_has_no_device(tmp_path: Path) -> None:
    interface(tmp_path, "eth0", 0, 0, real=False)
    assert "network_down" in values(network(tmp_path, Clock()))


def test_include_and_exclude(tmp_path: Path) -> None:
    interface(tmp_path, "eth0", 0, 0)
    interface(tmp_path, "eth1", 0, 0)
    interface(tmp_path, "wg0", 0, 0, real=False)
    found = values(network(tmp_path, Clock(), include=("wg*",), exclude=("eth1",)))
    assert set(found) >= {"network_down_eth0", "network_down_wg0"}
    assert "network_down_eth1" not in found


def test_no_interface_and_garbage_have_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        values(network(tmp_path, Clock()))
    interface(tmp_path, "eth0", "nonsense", "\0")
    with pytest.raises(NoDataError):
        values(network(tmp_path, Clock()))


def test_other_systems_are_read_too() -> None:
    clock = Clock()
    rates = Network(CollectorConfig(include=("lo",)), None, clock)
    values(rates)
    clock.now += 10
    assert float(str(values(rates)["network_down"])) >= 0
