"""Identity of this machine, to distinguish a state folder copied to another machine from a restored one."""

from collections.abc import Mapping
import hashlib
import hmac
from importlib import import_module
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, NamedTuple, Self

from iotbridge_agent.system.host import Host, read_dmi, read_text

_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_NETWORK = Path("/sys/class/net")
_DEVICE_TREE = Path("/proc/device-tree")
_IOREG = ("/usr/sbin/ioreg", "-r", "-d", "1", "-c", "IOPlatformExpertDevice")
_PLATFORM_UUID = re.compile(rb'"IOPlatformUUID" = "([0-9A-Fa-f-]{36})"')
IOREG_TIMEOUT_S = 3.0
_PURPOSE = b"iotbridge-agent"
_PERMANENT = "0"
"""Value of addr_assign_type for a card with its manufacturer's address."""
_MADE_UP = 0x02
"""Bit of a locally administered MAC address."""


class Machine(NamedTuple):
    """Characteristics that identify this machine; None or empty if the system does not provide them."""

    id: str | None = None
    """Id of the installed system; a cloned disk has the same one."""
    board: str | None = None
    """Make and model."""
    serial: str | None = None
    """Serial number or UUID of the board; on most PCs only root can read it."""
    cards: tuple[str, ...] = ()
    """MAC addresses of the network cards."""

    @property
    def public_id(self) -> str | None:
        """Return the machine's public id, the same for each installation on it; None if it has none."""
        return self.id or self.serial

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return a machine from the fields of ``as_dict``; raises ValueError for anything else."""
        texts = {key: fields.get(key) for key in ("id", "board", "serial")}
        cards = fields.get("cards", [])
        if not all(isinstance(text, str | None) for text in texts.values()) or not isinstance(cards, list):
            raise ValueError("machine")
        return cls(**texts, cards=tuple(card for card in cards if isinstance(card, str)))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields for a JSON file."""
        return {**self._asdict(), "cards": list(self.cards)}

    def difference(self, former: Self) -> str | None:
        """Return the difference from a former machine in a few words; None if it may be the same."""
        if _differ(self.id, former.id):
            return "its machine id is different"
        if _differ(self.board, former.board) or _differ(self.serial, former.serial):
            return "its board is different"
        if self.cards and former.cards and not {*self.cards} & {*former.cards}:
            return "it has none of the former network cards"
        return None


def read_machine(host: Host) -> Machine:
    """Return the identity; ``host`` provides the addresses if the system does not mark permanent ones."""
    made = [read_dmi(name) for name in ("sys_vendor", "product_name", "board_vendor", "board_name")]
    made.append(_device_tree("model"))
    return Machine(
        id=_machine_id(),
        board=_hashed(" ".join(name for name in made if name)),
        serial=_hashed(read_dmi("product_uuid") or _device_tree("serial-number")),
        cards=_cards(host),
    )


def _machine_id() -> str | None:
    readers = {"win32": _windows_id, "darwin": _mac_id}
    # machine-id(5): the id must not leave the machine, so only a hash of it is published.
    return _hashed(readers.get(sys.platform, _linux_id)())


def _linux_id() -> str | None:
    return next((text for path in _MACHINE_IDS if (text := read_text(path))), None)


def _windows_id() -> str | None:
    """Return the number that Windows gave itself when it was installed, or None."""
    winreg = import_module("winreg")  # only Windows has it
    try:
        # Without the flag, a 32-bit Python would read another view of the registry.
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography", 0, access) as key:
            guid, _ = winreg.QueryValueEx(key, "MachineGuid")
    except OSError:
        return None
    return str(guid)


def _mac_id() -> str | None:
    """Return the hardware's UUID, or None."""
    try:
        run = subprocess.run(_IOREG, capture_output=True, check=True, timeout=IOREG_TIMEOUT_S)  # noqa: S603 - constant
    except (OSError, subprocess.SubprocessError):
        return None
    match = _PLATFORM_UUID.search(run.stdout)
    return match[1].decode() if match else None


def _cards(host: Host) -> tuple[str, ...]:
    if sys.platform != "linux":
        return tuple(mac for mac in host.mac if not int(mac[:2], 16) & _MADE_UP)
    permanent = [
        address.lower()
        for path in sorted(_NETWORK.glob("*/device"))
        if read_text(path.parent / "addr_assign_type") == _PERMANENT and (address := read_text(path.parent / "address"))
    ]
    return tuple(mac for mac in dict.fromkeys(permanent) if mac in host.mac)


def _device_tree(name: str) -> str | None:
    text = read_text(_DEVICE_TREE / name)
    return text.strip("\0 ") if text else None


def _hashed(text: str | None) -> str | None:
    return hmac.new(text.encode(), _PURPOSE, hashlib.sha256).hexdigest()[:16] if text else None


def _differ(current: str | None, other: str | None) -> bool:
    return current is not None and other is not None and current != other
