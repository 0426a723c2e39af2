"""Parts of all exports: YAML, and the notes."""

import json
from typing import Any

from iotbridge_agent.kafka.exports.export import common_notes, to_yaml, with_comments

from .facts import settings


def parse(text: str) -> Any:
    """Return the document of YAML as the exports write it: two spaces, JSON scalars, blocks."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return _table(lines, 0)


def _table(lines: list[str], indent: int) -> dict[str, Any]:
    table: dict[str, Any] = {}
    while lines and len(lines[0]) - len(lines[0].lstrip()) == indent and not lines[0].lstrip().startswith("- "):
        key, _, value = lines.pop(0).strip().partition(":")
        value = value.strip()
        if value == "|":
            block = []
            while lines and (not lines[0] or lines[0].startswith(" " * (indent + 2))):
                block.append(lines.pop(0)[indent + 2 :])
            table[key] = "\n".join(block)
        elif value:
            table[key] = json.loads(value)
        elif lines[0].lstrip().startswith("- "):
            table[key] = []
            while lines and lines[0].startswith(" " * (indent + 2) + "- "):
                lines[0] = lines[0].replace("- ", "  ", 1)
                table[key].append(_table(lines, indent + 4))
        else:
            table[key] = _table(lines, indent + 2)
    return table


def test_yaml_is_read_back_as_it_was_written() -> None:
    document = {
        "a": {"b": [1, 2], "c": "x: #", "d": {}, "e": "two\nlines"},
        "f": [{"g": {"h": True}, "i": "é"}, {"g": 1}],
    }
    assert parse(to_yaml(document)) == document


def test_notes_are_named_by_their_keys() -> None:
    notes = list(common_notes(settings('extra = {"linger.ms" = 5, "a" = 1}'), known_options=["a"]))
    assert notes[0].startswith("connector.receive_maximum, connector.session_expiry_s: ")
    assert [note for note in notes if "kafka.extra" in note] == [
        "kafka.extra.linger.ms: look for the engine's own option."
    ]
    assert with_comments("title", ["a", "b"], "text\n") == "# title\n# Not expressed:\n# - a\n# - b\ntext\n"
