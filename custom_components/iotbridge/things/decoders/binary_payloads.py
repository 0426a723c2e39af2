"""Binary payloads that are not messages, recognized by their first bytes."""

from ..model.message import DecodeError, ProblemKind

_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"RIFF", "RIFF"),
    (b"OggS", "Ogg"),
    (b"ID3", "MP3"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"(\xb5/\xfd", "Zstandard"),
    (b"\x1f\x8b", "gzip"),
    (b"\x7fELF", "ELF"),
)
_MP4 = b"ftyp"
_SHOWN = 8


def kind_of(payload: bytes) -> str | None:
    """Return the name of a file format; None for unknown bytes."""
    if payload[4:8] == _MP4:
        return "MP4"
    return next((name for magic, name in _MAGIC if payload.startswith(magic)), None)


def unreadable(payload: bytes) -> DecodeError:
    """Return the error for bytes in no known format: the name of a file format, or the first bytes in hex."""
    content = kind_of(payload) or payload[:_SHOWN].hex(" ")
    return DecodeError(ProblemKind.BINARY, content=content)
