"""Exported configuration, and what exports have in common."""

from collections.abc import Collection, Iterator, Sequence
import json
from typing import Any, NamedTuple

from iotbridge_agent.kafka.settings import ConnectorSettings

SPOOL = "[spool]: none; while Kafka is away messages wait"


class Export(NamedTuple):
    """Configuration of another engine."""

    text: str
    notes: tuple[str, ...]
    """Sentences about what it does not express, each named by its key."""


def common_notes(settings: ConnectorSettings, *, known_options: Collection[str] = ()) -> Iterator[str]:
    """Yield notes that hold for every engine; ``known_options``: those of kafka.extra that it has."""
    broker = settings.broker
    if broker.psk is not None:
        yield "broker.psk: pre-shared keys cannot be expressed; use a certificate."
    yield "connector.receive_maximum, connector.session_expiry_s: cannot be expressed."
    yield "[metrics], and the state in Home Assistant: the engine has its own."
    yield "Header mqtt-id: cannot be expressed."
    yield "No more than 100 topics from templates: not limited."
    for name in settings.kafka.extra:
        if name not in known_options:
            yield f"kafka.extra.{name}: look for the engine's own option."


def with_comments(title: str, notes: Sequence[str], text: str) -> str:
    """Return a text below comments with the notes."""
    lines = [title, "Not expressed:", *(f"- {note}" for note in notes)]
    return "".join(f"# {line}\n" for line in lines) + text


def to_yaml(value: Any, indent: int = 0) -> str:
    """Return a document of tables, lists and scalars in YAML; texts of several lines become blocks."""
    return "\n".join(_yaml_lines(value, " " * indent)) + "\n"


def _yaml_lines(value: Any, pad: str) -> Iterator[str]:
    for key, item in value.items():
        match item:
            case dict() if item:
                yield f"{pad}{key}:"
                yield from _yaml_lines(item, f"{pad}  ")
            case [dict(), *_]:
                yield f"{pad}{key}:"
                for element in item:
                    first, *others = _yaml_lines(element, f"{pad}    ")
                    yield f"{pad}  - {first.strip()}"
                    yield from others
            case str() if "\n" in item:
                yield f"{pad}{key}: |"
                yield from (f"{pad}  {line}" for line in item.splitlines())
            case _:
                yield f"{pad}{key}: {json.dumps(item, ensure_ascii=False)}"
