"""Description of this machine."""

import ipaddress
from pathlib import Path
import platform
import re
import sys

import psutil
import pytest

from iotbridge_agent.system import host
from iotbridge_agent.system.host import address_towards, read_host, uptime_s


def test_this_machine() -> None:
    facts = read_host()
    assert facts.hostname == platform.node()
    assert facts.platform == platform.system()
    assert facts.platform_version
    assert all(re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", mac) for mac in facts.mac)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /sys")
def test_only_what_can_wake_the_machine_has_a_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, address, real in (
        ("eth0", "AA:BB:CC:00:11:22", True),
        ("docker0", "02:42:00:00:00:01", False),
        ("wwan0", "", True),
        ("zero0", "00:00:00:00:00:00", True),
        ("ib0", "80:00:02:08:fe:80:00:00:00:00:00:00", True),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "address").write_text(f"{address}\n")
        if real:
            (tmp_path / name / "device").mkdir()
    monkeypatch.setattr(host, "_NETWORK", tmp_path)
    assert read_host().mac == ("aa:bb:cc:00:11:22",)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /sys")
def test_placeholders_of_manufacturers_are_not_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sys_vendor").write_text("To Be Filled By O.E.M.\n")
    (tmp_path / "product_name").write_text("OptiPlex 7010\n")
    monkeypatch.setattr(host, "_DMI", tmp_path)
    facts = read_host()
    assert (facts.manufacturer, facts.model) == (None, "OptiPlex 7010")


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_have_their_own_sources(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    facts = read_host()
    links = {a.address.lower() for found in psutil.net_if_addrs().values() for a in found}
    assert set(facts.mac) <= links
    assert isinstance(facts.platform_version, str)


def test_address_on_the_way() -> None:
    outside = address_towards("192.0.2.1", 1883)
    assert address_towards("127.0.0.1", 1883) == (outside or "127.0.0.1"), "what others see, where there is a way out"
    assert address_towards("no-such-host.invalid", 1883) is None
    found = address_towards("192.0.2.1", 1883)
    assert found is None or ipaddress.ip_address(found)


def test_uptime() -> None:
    assert 0 < uptime_s() < 10 * 365 * 86400
