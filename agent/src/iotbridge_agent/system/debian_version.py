"""Sort order of the versions of Debian packages."""

import re
from typing import TypeAlias

VersionKey: TypeAlias = tuple[object, ...]


def version_key(version: str) -> VersionKey:
    """Return a key that sorts versions ``[epoch:]upstream[-revision]`` by Debian policy 5.6.12."""
    epoch, _, rest = version.rpartition(":") if ":" in version else ("0", "", version)
    upstream, dash, revision = rest.rpartition("-")
    return (
        int(epoch) if epoch.isdecimal() else 0,
        _part_key(upstream if dash else rest),
        _part_key(revision if dash else ""),
    )


def _part_key(part: str) -> VersionKey:
    """Return alternating keys of text and numbers; the end sorts after a tilde and before everything else."""
    key: list[object] = []
    for text, digits in re.findall(r"(\D*)(\d*)", part or "0"):
        key += [(*map(_order, text), 0), int(digits or 0)]
    return tuple(key)


def _order(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) + (0 if character.isalpha() else 256)
