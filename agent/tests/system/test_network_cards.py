"""Wired network cards, in a copy of /sys, and with the kernel's own answers in a network namespace."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from iotbridge_agent.protocol.messages import Card
from iotbridge_agent.system import network_cards
from iotbridge_agent.system.network_cards import read_cards

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /sys")


class Sys:
    """Copy of /sys/class/net with the files that are read."""

    def __init__(self, folder: Path) -> None:
        self.net = folder / "net"
        self.devices = folder / "devices"
        self.net.mkdir(parents=True)

    def interface(self, name: str, mac: str, *, uevent: str = "", **files: str) -> Path:
        """Add an interface; a double underscore in the name of a file is a folder."""
        path = self.net / name
        path.mkdir()
        texts = {"address": mac, "type": "1", "uevent": f"{uevent}\nINTERFACE={name}\nIFINDEX=2", **files}
        for file, text in texts.items():
            (path / file.replace("__", "/")).parent.mkdir(exist_ok=True)
            (path / file.replace("__", "/")).write_text(f"{text}\n")
        return path

    def card(self, name: str, mac: str, wakeup: str | None = None, *, bus: str = "pci", **more: str) -> Path:
        """Add an interface with a device on a bus, which may be a source of wakeups."""
        path = self.interface(name, mac, **more)
        adapter = self.devices / name
        device = adapter / "interface" if bus == "usb" else adapter
        device.mkdir(parents=True)
        (self.devices / "bus" / bus).mkdir(parents=True, exist_ok=True)
        (device / "subsystem").symlink_to(self.devices / "bus" / bus)
        (path / "device").symlink_to(device)
        if wakeup is not None:
            (adapter / "power").mkdir()
            (adapter / "power" / "wakeup").write_text(f"{wakeup}\n")
        return path


@pytest.fixture
def sys_net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sys:
    copy = Sys(tmp_path / "sys")
    monkeypatch.setattr(network_cards, "NETWORK", copy.net)
    return copy


def test_only_wired_and_physical_cards_count(sys_net: Sys) -> None:
    sys_net.card("none0", "00:11:22:33:44:01")
    sys_net.interface("docker0", "02:42:00:00:00:01", uevent="DEVTYPE=bridge")
    sys_net.interface("veth12ab", "02:42:00:00:00:02")
    sys_net.interface("lo", "00:00:00:00:00:00", type="772")
    sys_net.card("wlp2s0", "00:11:22:33:44:02", uevent="DEVTYPE=wlan", phy80211__name="phy0")
    sys_net.card("wlan1", "00:11:22:33:44:03", wireless__status="0")
    sys_net.card("wwan0", "00:11:22:33:44:04", uevent="DEVTYPE=wwan")
    sys_net.card("can0", "", type="280")
    virtual = sys_net.card("none0v1", "00:11:22:33:44:05")
    (virtual / "device").resolve().joinpath("physfn").mkdir()
    (sys_net.net / "bonding_masters").write_text("bond0\n")

    assert read_cards() == (Card("00:11:22:33:44:01", "none0"),)


def test_armed_cards_come_first_and_those_that_are_not_last(sys_net: Sys) -> None:
    sys_net.card("none1", "00:11:22:33:44:01", "disabled")
    sys_net.card("none2", "00:11:22:33:44:02")
    sys_net.card("none3", "00:11:22:33:44:03", "enabled")
    sys_net.card("noneu", "00:11:22:33:44:04", "enabled", bus="usb")
    sys_net.card("none4", "00:11:22:33:44:05", "")

    assert [(card.name, card.wake) for card in read_cards()] == [
        ("none3", True),
        ("noneu", True),
        ("none2", None),
        ("none4", None),
        ("none1", False),
    ]


def test_a_card_of_a_bond_has_its_own_address(sys_net: Sys) -> None:
    sys_net.card("none1", "00:11:22:33:44:01", bonding_slave__perm_hwaddr="00:11:22:33:44:01")
    sys_net.card("none2", "00:11:22:33:44:01", bonding_slave__perm_hwaddr="00:11:22:33:44:02")

    assert [card.mac for card in read_cards()] == ["00:11:22:33:44:01", "00:11:22:33:44:02"]


def test_more_cards_than_the_contract_allows(sys_net: Sys) -> None:
    for number in range(12):
        sys_net.card(f"none{number:02}", f"00:11:22:33:44:{number:02}", "enabled" if number > 9 else "disabled")

    assert len(read_cards()) == 8
    assert [card.name for card in read_cards()][:3] == ["none10", "none11", "none00"]


def test_this_machine() -> None:
    """Read the machine itself; nothing is known of it but that its cards are interfaces."""
    assert {card.name for card in read_cards()} <= {path.name for path in Path("/sys/class/net").iterdir()}


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_tell_nothing_of_their_cards(sys_net: Sys, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    sys_net.card("none0", "00:11:22:33:44:01")
    monkeypatch.setattr(sys, "platform", system)
    assert read_cards() == ()


# Cables in a namespace of the test's own, which vanish with it: below a bridge, below a second interface, plain.
NETWORKS = """
import json, subprocess, sys
from pathlib import Path
from iotbridge_agent.system import network_cards

network_cards.NETWORK = Path(sys.argv[1])
for line in '''
link add veth0 type veth peer name peer0
link add name br0 type bridge
link set veth0 master br0
link add veth1 type veth peer name peer1
link add mac1 link veth1 type macvlan
link add plain0 type veth peer name peer3
link add line0 type veth peer name peer2
address add 192.168.77.5/24 dev br0
address add 10.7.0.5/16 dev mac1
address add 172.30.1.1/31 dev line0
'''.strip().splitlines():
    if subprocess.run(["ip", *line.split()], check=False, capture_output=True).returncode:
        sys.exit(77)
cards = {card.name: card.broadcast for card in network_cards.read_cards()}
print(json.dumps([cards, network_cards.wired_networks()]))
"""
NOT_ALLOWED = 77


def test_networks_are_those_of_the_bridges_and_others_on_a_card(sys_net: Sys) -> None:
    unshare = shutil.which("unshare")
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [str(unshare), "--net", *as_root]
    if unshare is None or subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow network namespaces")
    for number, (name, upper) in enumerate((("veth0", "br0"), ("veth1", "mac1"), ("plain0", ""), ("line0", ""))):
        card = sys_net.card(name, f"00:11:22:33:44:0{number}")
        if upper:
            (card / f"upper_{upper}").mkdir()
            sys_net.interface(upper, f"00:11:22:33:44:1{number}")

    run = subprocess.run(
        [*command, sys.executable, "-c", NETWORKS, str(sys_net.net)], check=False, capture_output=True, text=True
    )
    if run.returncode == NOT_ALLOWED:
        pytest.skip("this machine does not allow these interfaces")
    assert run.returncode == 0, run.stderr
    cards, networks = json.loads(run.stdout)
    assert cards == {"line0": None, "plain0": None, "veth0": "192.168.77.255", "veth1": "10.7.255.255"}
    assert networks == [["192.168.77.5", "192.168.77.255"], ["10.7.0.5", "10.7.255.255"]]
