"""Comparison of expected and actual sections."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

ABSENT = "absent"
"""State of an expected entry that may also be absent."""


ANY = "any state, or none"
"""Expectation for an entry whose state cannot be predicted."""


class About(frozenset[str]):
    """Words: each text must contain one of them, and each must be in a text unless it ends with a "?"."""


class Notified(tuple[str, ...]):
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


def _section(expected: Any, actual: Any) -> Iterator[str]:
    if isinstance(expected, About):
        words = [word.removesuffix("?") for word in expected]
        yield from (f"{text} is there" for text in actual if not any(word in text for word in words))
        yield from (f"nothing about {word}" for word in expected if not _is_in(word, actual))
    elif isinstance(expected, Mapping):
        for key in sorted(expected.keys() | actual.keys()):
            want, have = expected.get(key, ABSENT), actual.get(key, ABSENT)
            if not _fits(want, have):
                yield f"{key} is {have}, not {_either(want)}"
    else:
        yield from (f"{key} is there" for key in actual if not {key, f"{key}?"} & expected)
        yield from (f"{key} is missing" for key in expected - actual if not key.endswith("?"))


def _is_in(word: str, texts: Collection[str]) -> bool:
    return word.endswith("?") or any(word in text for text in texts)


def _fits(expected: Any, actual: Any) -> bool:
    if expected == ANY:
        return True
    if isinstance(expected, Notified):
        return _are_notified(expected, () if actual == ABSENT else actual)
    return actual in expected if isinstance(expected, frozenset) else bool(actual == expected)


def _are_notified(expected: Sequence[str], actual: Sequence[str]) -> bool:
    if not expected:
        return not actual
    first, *rest = expected
    if first.endswith("?"):
        with_it = bool(actual) and actual[0] == first[:-1] and _are_notified(rest, actual[1:])
        return with_it or _are_notified(rest, actual)
    return bool(actual) and actual[0] == first and _are_notified(rest, actual[1:])


def _either(expected: Any) -> str:
    return " or ".join(sorted(expected)) if isinstance(expected, frozenset) else str(expected)
