"""Comparison of expected and actual sections."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

ABSENT = "absent"
"""State of an expected entry that may also be absent."""


ANY = "any state, or none"
"""Expectation for an entry whose state cannot be predicted."""


class About(frozenset[str]):
    """Words: each text must contain one of them, and each must be in a text unless it ends with a "?"."""


class Told(tuple[str, ...]):
    """Expected notifications in order; those that end with a question mark are optional."""

    __slots__ = ()


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Return a line for each difference, section by section; sections that are None are not compared."""
    return sorted(
        f"{section}: {line}"
        for section, wanted in expected.items()
        if wanted is not None
        for line in _section(wanted, actual[section])
    )


def _section(wanted: Any, found: Any) -> Iterator[str]:
    if isinstance(wanted, About):
        words = [word.removesuffix("?") for word in wanted]
        yield from (f"{text} is there" for text in found if not any(word in text for word in words))
        yield from (f"nothing about {word}" for word in wanted if not _is_in(word, found))
    elif isinstance(wanted, Mapping):
        for key in sorted(wanted.keys() | found.keys()):
            want, have = wanted.get(key, ABSENT), found.get(key, ABSENT)
            if not _fits(want, have):
                yield f"{key} is {have}, not {_either(want)}"
    else:
        yield from (f"{key} is there" for key in found if not {key, f"{key}?"} & wanted)
        yield from (f"{key} is missing" for key in wanted - found if not key.endswith("?"))


def _is_in(word: str, texts: Collection[str]) -> bool:
    return word.endswith("?") or any(word in text for text in texts)


def _fits(wanted: Any, found: Any) -> bool:
    if wanted == ANY:
        return True
    if isinstance(wanted, Told):
        return _told(wanted, () if found == ABSENT else found)
    return found in wanted if isinstance(wanted, frozenset) else bool(found == wanted)


def _told(wanted: Sequence[str], found: Sequence[str]) -> bool:
    if not wanted:
        return not found
    first, *rest = wanted
    if first.endswith("?"):
        with_it = bool(found) and found[0] == first[:-1] and _told(rest, found[1:])
        return with_it or _told(rest, found)
    return bool(found) and found[0] == first and _told(rest, found[1:])


def _either(wanted: Any) -> str:
    return " or ".join(sorted(wanted)) if isinstance(wanted, frozenset) else str(wanted)
