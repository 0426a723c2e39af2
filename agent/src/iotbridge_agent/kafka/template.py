"""Templates for Kafka topics and keys: `{1}`, `{2}` … levels of the MQTT topic, `{topic}`, `{user.NAME}`."""

from collections.abc import Iterable
import re
from typing import NamedTuple, TypeAlias

_PART = re.compile(r"\{([^{}]*)\}")
_LEVEL = re.compile(r"[1-9][0-9]{0,3}")
_USER = "user."
PARTS_EXPECTED = "a text with parts such as {1} (first level of the MQTT topic), {topic} and {user.NAME}"


class Level(NamedTuple):
    """Level of the MQTT topic, counted from 1."""

    number: int


class UserProperty(NamedTuple):
    """User property of the MQTT message."""

    name: str


class WholeTopic(NamedTuple):
    """MQTT topic as a whole."""


Part: TypeAlias = str | Level | UserProperty | WholeTopic


class MissingPartError(LookupError):
    """Absence of a part in a message; the text names the part."""


class Template(NamedTuple):
    """Parsed template."""

    parts: tuple[Part, ...]

    @property
    def is_fixed(self) -> bool:
        """Return whether every message gives the same text."""
        return all(isinstance(part, str) for part in self.parts)

    @property
    def has_properties(self) -> bool:
        """Return whether the text depends on more than the MQTT topic."""
        return bool(self.properties)

    @property
    def properties(self) -> tuple[str, ...]:
        """Return the names of the user properties that are parts."""
        return tuple(part.name for part in self.parts if isinstance(part, UserProperty))

    @property
    def has_topic(self) -> bool:
        """Return whether the whole MQTT topic is a part."""
        return any(isinstance(part, WholeTopic) for part in self.parts)

    @property
    def levels(self) -> tuple[int, ...]:
        """Return the numbers of the levels that are parts."""
        return tuple(part.number for part in self.parts if isinstance(part, Level))

    def render(self, topic: str, properties: Iterable[tuple[str, str]]) -> str:
        """Return the text for a message; raises MissingPartError."""
        levels = topic.split("/")
        texts = []
        for part in self.parts:
            match part:
                case Level(number):
                    if number > len(levels):
                        raise MissingPartError(f"{{{number}}}")
                    texts.append(levels[number - 1])
                case UserProperty(name):
                    value = next((value for key, value in properties if key == name), None)
                    if value is None:
                        raise MissingPartError(f"{{{_USER}{name}}}")
                    texts.append(value)
                case WholeTopic():
                    texts.append(topic)
                case _:
                    texts.append(part)
        return "".join(texts)


def parse_template(text: str) -> Template | None:
    """Return the parsed template, or None where a part is not known."""
    parts: list[Part] = []
    for index, piece in enumerate(_PART.split(text)):
        part = _parse(piece) if index % 2 else piece
        if part is None or (part == piece and re.search("[{}]", piece)):
            return None
        if part != "":
            parts.append(part)
    return Template(tuple(parts))


def _parse(name: str) -> Part | None:
    if name == "topic":
        return WholeTopic()
    if _LEVEL.fullmatch(name):
        return Level(int(name))
    if name.startswith(_USER) and name != _USER:
        return UserProperty(name.removeprefix(_USER))
    return None
