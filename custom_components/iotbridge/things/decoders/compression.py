"""Compression around a message: gzip and zlib, within bounds."""

import zlib

from ..model.message import DecodeError, ProblemKind

MAX_INFLATED = 256 * 1024
# A message within a message happens where a bridge compresses what a device has compressed already.
MAX_LAYERS = 2
_GZIP = b"\x1f\x8b\x08"
# The first byte of zlib as everybody writes it; the two together are a multiple of 31.
_ZLIB = 0x78
_EITHER = zlib.MAX_WBITS | 32


def unwrap(payload: bytes) -> tuple[str, bytes]:
    """Return what the format is prefixed with (``gzip+``, ``zlib+``, both, nothing) and the payload inside.

    Raises:
        DecodeError: what is inside is too large, or the compression is broken.
    """
    prefix = ""
    for _ in range(MAX_LAYERS):
        name = _compression(payload)
        if not name:
            break
        try:
            payload = _inflate(payload)
        except zlib.error as error:
            if name == "zlib":  # two bytes are no proof
                break
            raise DecodeError(ProblemKind.BROKEN, reason=str(error)[:100], position="0") from None
        prefix += f"{name}+"
    return prefix, payload


def is_compressed(payload: bytes) -> bool:
    """Return whether a payload looks as if it had to be inflated first."""
    return _compression(payload) is not None


def _compression(payload: bytes) -> str | None:
    if payload.startswith(_GZIP):
        return "gzip"
    if len(payload) > 1 and payload[0] == _ZLIB and int.from_bytes(payload[:2]) % 31 == 0:
        return "zlib"
    return None


def _inflate(payload: bytes) -> bytes:
    """Inflate one layer, and never more than the limit: a bomb of 256 KiB would be 256 MiB.

    Raises:
        DecodeError: it is too large.
        zlib.error: it is broken or not complete.
    """
    stream = zlib.decompressobj(_EITHER)
    inflated = stream.decompress(payload, MAX_INFLATED + 1)
    if len(inflated) > MAX_INFLATED:
        raise DecodeError(ProblemKind.TOO_LARGE, size=f">{MAX_INFLATED}", limit=str(MAX_INFLATED))
    if not stream.eof:
        raise zlib.error("the compressed data are not complete")
    return inflated
