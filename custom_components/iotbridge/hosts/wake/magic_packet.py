"""Magic packets that wake a network card, and the addresses in them: pure."""

import re

PORT = 9
_SEPARATORS = re.compile(r"[\s:.-]")
_SIX_BYTES = re.compile(r"[0-9a-f]{12}")
_REPETITIONS = 16


def six_bytes(text: str) -> str | None:
    """Return six bytes as ``aa:bb:cc:dd:ee:ff``, from any of the usual notations; None for another text."""
    digits = _SEPARATORS.sub("", text.lower())
    if not _SIX_BYTES.fullmatch(digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def mac_address(text: str) -> str | None:
    """Return the address of a network card; None for a text that is none, the zero address and that of a group."""
    mac = six_bytes(text)
    if mac is None or mac == "00:00:00:00:00:00" or int(mac[:2], 16) & 1:
        return None
    return mac


def magic_packet(mac: str, password: str | None = None) -> bytes:
    """Return the packet that wakes a card, with the SecureOn password of its firmware if there is one."""
    return b"\xff" * 6 + _bytes(mac) * _REPETITIONS + (_bytes(password) if password else b"")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))
