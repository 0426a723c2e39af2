"""Decompression of messages: gzip and zlib, within limits."""

import zlib

from ..model.message import DecodeError, ProblemKind

MAX_INFLATED = 256 * 1024
# Two layers occur where a bridge compresses what a device has compressed already.
MAX_LAYERS = 2
_GZIP = b"\x1f\x8b\x08"
# First byte of zlib with the usual settings; the first two bytes together are a multiple of 31.
_ZLIB = 0x78
_EITHER = zlib.MAX_WBITS | 32


def unwrap(payload: bytes) -> tuple[str, bytes]:
    """Return the prefix of the format (``gzip+``, ``zlib+``, both, or none) and the decompressed payload.

    Raises:
        DecodeError: the content is too large, or the compressed data are broken.
    """
    prefix = ""
    for _ in range(MAX_LAYERS):
        name = _compression(payload)
        if not name:
            break
        try:
            payload = _inflate(payload)
        except zlib.error as error:
            if name == "zlib":  # two matching bytes prove nothing
                break
            raise DecodeError(ProblemKind.BROKEN, reason=str(error)[:100], position="0") from None
        prefix += f"{name}+"
    return prefix, payload


def is_compressed(payload: bytes) -> bool:
    """Return whether a payload starts like compressed data."""
    return _compression(payload) is not None


def _compression(payload: bytes) -> str | None:
    if payload.startswith(_GZIP):
        return "gzip"
    if len(payload) > 1 and payload[0] == _ZLIB and int.from_bytes(payload[:2]) % 31 == 0:
        return "zlib"
    return None


def _inflate(payload: bytes) -> bytes:
    """Decompress one layer, up to the limit: a bomb of 256 KiB would be 256 MiB.

    Raises:
        DecodeError: the content is too large.
        zlib.error: the data are broken or incomplete.
    """
    stream = zlib.decompressobj(_EITHER)
    inflated = stream.decompress(payload, MAX_INFLATED + 1)
    if len(inflated) > MAX_INFLATED:
        raise DecodeError(ProblemKind.TOO_LARGE, size=f">{MAX_INFLATED}", limit=str(MAX_INFLATED))
    if not stream.eof:
        raise zlib.error("the compressed data are incomplete")
    return inflated
