"""Validated access to the members of a profile file: each error names the place and the expected content."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from math import isfinite
from typing import Any

from ..model.message import Path, Scalar

_MAX_TEXT = 255
_MAX_LIST = 200
# YAML parses these words as booleans, even as keys.
_BOOLEAN_KEYS = {True: "on", False: "off"}
_SHOWN = 40


class Expected(StrEnum):
    """Content that a profile file should have at a place; each is an error of the dialog in the translations."""

    BOOLEAN = "profile_boolean"
    CHANNEL = "profile_channel"
    CHOICES = "profile_choices"
    INTEGER = "profile_integer"
    LEVELS = "profile_levels"
    LIST = "profile_list"
    MAPPING = "profile_mapping"
    MATCH = "profile_match"
    NAMES = "profile_names"
    NO_ALIASES = "profile_no_aliases"
    NUMBER = "profile_number"
    ONE_OF = "profile_one_of"
    PART = "profile_part"
    SIZE = "profile_size"
    TEXT = "profile_text"
    TOPIC_FILTER = "profile_topic_filter"
    YAML = "profile_yaml"
    YAML_LINE = "profile_yaml_line"


# For the log, which is in English.
IN_ENGLISH = {
    Expected.BOOLEAN: "true or false",
    Expected.CHANNEL: "at least one channel",
    Expected.CHOICES: "a value or a list of values",
    Expected.INTEGER: "a whole number from {least} to {most}",
    Expected.LEVELS: "at most {most} levels",
    Expected.LIST: "a list of at most {most}",
    Expected.MAPPING: "a mapping",
    Expected.MATCH: "a topic, keys or values",
    Expected.NAMES: "names that are text",
    Expected.NO_ALIASES: "no aliases (*)",
    Expected.NUMBER: "a number other than 0",
    Expected.ONE_OF: "one of {names}",
    Expected.PART: "a name or an index",
    Expected.SIZE: "at most {most} KiB",
    Expected.TEXT: "a text of at most {most} characters (in quotes if YAML would read it as something else)",
    Expected.TOPIC_FILTER: "a topic filter: + alone in a level, # alone at the end",
    Expected.YAML: "valid YAML",
    Expected.YAML_LINE: "valid YAML in line {line}",
}


class ProfileError(ValueError):
    """Invalid profile file: ``place`` is the position (``channels[2].unit``), ``kind`` the expected content."""

    def __init__(self, place: str, kind: Expected, **placeholders: object) -> None:
        """``place`` is empty for the file as a whole; ``placeholders`` are those of the kind's phrase."""
        self.expected = IN_ENGLISH[kind].format(**placeholders)
        super().__init__(f"{place or 'the file'}: expected {self.expected}")
        self.place = place
        self.kind = kind
        self.placeholders = placeholders


class YamlReader:
    """Reader of one mapping in a profile file, which names the place in its errors."""

    def __init__(self, place: str, document: Any) -> None:
        """Raise ProfileError for anything but a mapping with text keys."""
        self._place = place
        if not isinstance(document, Mapping):
            raise ProfileError(place, Expected.MAPPING)
        self._members: dict[str, Any] = {}
        for key, value in document.items():
            name = _BOOLEAN_KEYS[key] if isinstance(key, bool) else key
            if not isinstance(name, str) or not 0 < len(name) <= _MAX_TEXT:
                raise ProfileError(place, Expected.NAMES)
            self._members[name] = value

    def at(self, name: str) -> str:
        """Return the place of a member."""
        return f"{self._place}.{name[:_SHOWN]}" if self._place else name[:_SHOWN]

    def check_names(self, names: Collection[str]) -> None:
        """Raise ProfileError for unknown members, which most likely are misspelt."""
        for name in self._members:
            if name not in names:
                raise ProfileError(self.at(name), Expected.ONE_OF, names=", ".join(names))

    def has(self, name: str) -> bool:
        """Return whether a member exists and is not null."""
        return self._members.get(name) is not None

    def names(self) -> list[str]:
        """Return the names of all members."""
        return list(self._members)

    def member(self, name: str) -> YamlReader:
        """Return a mapping."""
        return YamlReader(self.at(name), self._members.get(name))

    def elements(self, name: str, *, most: int) -> Iterable[YamlReader]:
        """Return the mappings in a list."""
        return [
            YamlReader(f"{self.at(name)}[{index}]", element)
            for index, element in enumerate(self._list(name, most=most))
        ]

    def text(self, name: str) -> str:
        """Return a text."""
        return _text(self.at(name), self._members.get(name))

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None if it is missing."""
        return self.text(name) if self.has(name) else None

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; empty if it is missing."""
        values = self._list(name, most=_MAX_LIST) if self.has(name) else []
        return [_text(f"{self.at(name)}[{index}]", value) for index, value in enumerate(values)]

    def topic_filter(self, name: str) -> str:
        """Return a topic filter with its wildcards in valid places."""
        text = self.text(name)
        levels = text.split("/")
        if any(("+" in level or "#" in level) and len(level) > 1 for level in levels) or "#" in levels[:-1]:
            raise ProfileError(self.at(name), Expected.TOPIC_FILTER)
        return text

    def path(self, name: str) -> Path:
        """Return a path: names and indexes; empty if the payload is the value."""
        parts = self._list(name, most=_MAX_LIST)
        for index, part in enumerate(parts):
            if isinstance(part, bool) or not isinstance(part, str | int) or len(str(part)) > _MAX_TEXT:
                raise ProfileError(f"{self.at(name)}[{index}]", Expected.PART)
        return tuple(parts)

    def one_of(self, name: str, known: Collection[str]) -> str:
        """Return one of the known words."""
        text = self._members.get(name)
        if not isinstance(text, str) or text not in known:
            raise ProfileError(self.at(name), Expected.ONE_OF, names=", ".join(known))
        return text

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """Return an integer within bounds."""
        value = self._members.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ProfileError(self.at(name), Expected.INTEGER, least=least, most=most)
        return value

    def number(self, name: str) -> float:
        """Return a number other than zero, which would make every scaled value zero."""
        value = self._members[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value or not abs(value) < 1e12:  # noqa: PLR2004
            raise ProfileError(self.at(name), Expected.NUMBER)
        return float(value)

    def boolean(self, name: str) -> bool:
        """Return true or false."""
        value = self._members[name]
        if not isinstance(value, bool):
            raise ProfileError(self.at(name), Expected.BOOLEAN)
        return value

    def choices(self, name: str) -> tuple[Scalar, ...]:
        """Return the allowed values: a single one, or a list of them."""
        value = self._members[name]
        choices = value if isinstance(value, list) else [value]
        if not 0 < len(choices) <= _MAX_LIST or not all(_is_scalar(choice) for choice in choices):
            raise ProfileError(self.at(name), Expected.CHOICES)
        return tuple(choices)

    def _list(self, name: str, *, most: int) -> list[Any]:
        value = self._members.get(name)
        if not isinstance(value, list) or len(value) > most:
            raise ProfileError(self.at(name), Expected.LIST, most=most)
        return value


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not value.strip():
        raise ProfileError(place, Expected.TEXT, most=_MAX_TEXT)
    return value


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))
