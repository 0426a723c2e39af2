"""Identity of a machine: its comparison with another, and the one read from this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import sys

import pytest

from iotbridge_agent.system import machine as module
from iotbridge_agent.system.host import Host
from iotbridge_agent.system.machine import Machine, read_machine

KNOWN = Machine(id="i", board="b", serial="s", cards=("00:11:22:33:44:55", "00:11:22:33:44:66"))


@pytest.mark.parametrize(
    ("now", "difference"),
    [
        (KNOWN, None),
        (Machine(), None),
        (Machine(id="i"), None),
        (KNOWN._replace(cards=KNOWN.cards[1:]), None),
        (KNOWN._replace(cards=(*KNOWN.cards, "00:11:22:33:44:77")), None),
        (KNOWN._replace(id="other"), "machine id"),
        (KNOWN._replace(board="other"), "board"),
        (KNOWN._replace(serial="other"), "board"),
        (KNOWN._replace(cards=("00:11:22:33:44:77",)), "network cards"),
    ],
)
def test_differences_that_make_another_machine(now: Machine, difference: str | None) -> None:
    found = now.difference(KNOWN)
    assert found == difference if difference is None else difference in str(found)


def test_a_state_without_a_machine_is_not_another_machine() -> None:
    assert KNOWN.difference(Machine()) is None


def test_a_machine_is_restored_from_its_fields() -> None:
    assert Machine.from_dict(KNOWN.as_dict()) == KNOWN
    with pytest.raises(ValueError, match="machine"):
        Machine.from_dict({"id": 7})


def test_this_machine_stays_the_same_and_keeps_its_machine_id_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "machine-id"
    file.write_text("2f1c0a7b5d3e4c6f8a9b0c1d2e3f4a5b\n")
    monkeypatch.setattr(module, "_MACHINE_IDS", (tmp_path / "missing", file))
    host = Host("h", "Linux", "1")
    first = read_machine(host)
    assert first == read_machine(host)
    assert first.id
    assert "2f1c" not in first.id
    file.write_text("3f1c0a7b5d3e4c6f8a9b0c1d2e3f4a5b\n")
    assert read_machine(host).difference(first) == "its machine id is different"


GUID = "4c4c4544-0042-3510-8052-b4c04f4e4c31"


class Registry:
    """Fake of winreg, with the value or without it."""

    KEY_READ, KEY_WOW64_64KEY, HKEY_LOCAL_MACHINE = 1, 2, "HKLM"

    def __init__(self, guid: str | None) -> None:
        self._guid = guid

    @contextmanager
    def OpenKey(self, root: str, path: str, reserved: int, access: int) -> Iterator[str]:  # noqa: N802 - its name
        """Open the only key."""
        assert (root, reserved, access) == ("HKLM", 0, 3)
        yield path

    def QueryValueEx(self, key: str, name: str) -> tuple[str, int]:  # noqa: N802 - its name
        """Return the value with its type."""
        if self._guid is None or (key, name) != ("SOFTWARE\\Microsoft\\Cryptography", "MachineGuid"):
            raise FileNotFoundError
        return self._guid, 1


@pytest.mark.parametrize("guid", [GUID, None])
def test_windows_has_an_id_in_its_registry(guid: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "winreg", Registry(guid))
    monkeypatch.setattr(sys, "platform", "win32")
    found = read_machine(Host("h", "Windows", "11")).id
    assert (found is None) is (guid is None)
    assert found != GUID


@pytest.mark.parametrize(
    ("program", "is_known"),
    [
        (f"""printf '    "IOPlatformUUID" = "{GUID}"\\n    "IOPlatformSerialNumber" = "X1"\\n'""", True),
        ("""printf '    "IOPlatformSerialNumber" = "X1"\\n'""", False),
        ("exit 1", False),
        ("exec sleep 60", False),
        (None, False),
    ],
    ids=["uuid", "no uuid", "failure", "silence", "no program"],
)
def test_macos_has_an_id_in_its_hardware(
    program: str | None, is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ioreg = tmp_path / "ioreg"
    if program:
        ioreg.write_text(f"#!/bin/sh\n{program}\n")
        ioreg.chmod(0o755)
    monkeypatch.setattr(module, "_IOREG", (str(ioreg),))
    monkeypatch.setattr(module, "IOREG_TIMEOUT_S", 0.5 if "sleep" in str(program) else 10.0)
    monkeypatch.setattr(sys, "platform", "darwin")
    found = read_machine(Host("h", "Darwin", "26")).id
    assert (found is not None) is is_known
    assert found != GUID


def test_a_machine_without_an_id_is_identified_by_its_board() -> None:
    assert Machine(id="i", serial="s").public_id == "i"
    assert Machine(serial="s").public_id == "s"
    assert Machine().public_id is None


def test_generated_addresses_identify_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, kind, address in (("eth0", "0", "00:11:22:33:44:55"), ("wlan0", "1", "02:11:22:33:44:66")):
        folder = tmp_path / name
        (folder / "device").mkdir(parents=True)
        (folder / "addr_assign_type").write_text(f"{kind}\n")
        (folder / "address").write_text(f"{address}\n")
    monkeypatch.setattr(module, "_NETWORK", tmp_path)
    mac = ("00:11:22:33:44:55", "02:11:22:33:44:66")
    monkeypatch.setattr(sys, "platform", "linux")
    assert read_machine(Host("h", "Linux", "1", mac=mac)).cards == mac[:1]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert read_machine(Host("h", "Darwin", "1", mac=mac)).cards == mac[:1]
