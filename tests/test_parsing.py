"""Stored data: types that are checked, and types that JSON has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest

from custom_components.iotbridge.parsing import check, parse_or_log, plain


class Colour(StrEnum):
    """Member of an enumeration."""

    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """Nested value."""

    size: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """Value with fields of many types."""

    name: str = "car"
    wheels: tuple[Wheel, ...] = ()
    colour: Colour = Colour.RED
    owner: str | None = None
    extras: Mapping[str, Any] | None = None


def test_values_of_their_types_pass() -> None:
    check(Car(wheels=(Wheel(size=1), Wheel(size=1.5)), owner="anna", extras={"roof": 1}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 3},
        {"wheels": [Wheel(size=1)]},
        {"wheels": (1,)},
        {"wheels": (Wheel(size=True),)},
        {"wheels": (Wheel(size="1"),)},  # type: ignore[arg-type]
        {"colour": "red"},
        {"owner": 3},
        {"extras": [1]},
    ],
)
def test_a_value_of_another_type_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected type"):
        check(Car(**wrong))


def test_what_cannot_be_parsed_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert parse_or_log("The car", lambda: 3) == 3
    assert parse_or_log("The car", lambda: dict[str, int]()["wheels"]) is None
    assert "The car cannot be read: KeyError('wheels')" in caplog.text


def test_plain_values_have_the_types_of_json() -> None:
    assert plain({"a": (Colour.RED, [1.5, None]), "b": {"c": True}}) == {"a": ["red", [1.5, None]], "b": {"c": True}}
    assert type(plain(Colour.RED)) is str
