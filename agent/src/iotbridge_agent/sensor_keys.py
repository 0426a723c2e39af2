"""Sensor keys from the machine's own names of mounts, interfaces and chips."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
import re
from zlib import crc32

SLUG_LENGTH = 40  # leaves room for the longest prefix within the 64 characters of a key


def unique_slugs(names: Iterable[str]) -> dict[str, str]:
    """Map each name to a different text of ``[a-z0-9_]``, independent of the order of the names."""
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if not slug or len(slug) > SLUG_LENGTH or slug in taken:
            slug = f"{slug[: SLUG_LENGTH - 9]}_{crc32(name.encode(errors='surrogatepass')):08x}".strip("_")
        taken.add(slug)
        slugs[name] = slug
    return slugs


def is_wanted(name: str, include: Iterable[str], exclude: Iterable[str], *, default: bool) -> bool:
    """Return whether the user's patterns select a name: ``include`` overrides ``exclude``, and both the default."""
    if any(fnmatchcase(name, pattern) for pattern in include):
        return True
    return default and not any(fnmatchcase(name, pattern) for pattern in exclude)
