"""Checks of sentence files, with the files that break Home Assistant's conversation agent."""

from pathlib import Path

import pytest

from custom_components.iotbridge.sentences.checking import SentenceFileError, broken_files, check
from custom_components.iotbridge.sentences.document import document

GOOD = """
language: en
intents:
  Test:
    data:
      - sentences: ["hello {name}"]
"""
BROKEN = [
    "intents: [",
    "language: en\nintents:\n",
    "intents: {Test: {data: [{sentences: ['hello (there']}]}}",
    "intents: {Test: {data: [{sentence: [hello]}]}}",
    "intents: {Test: {data: [{sentences: [hello], metadata: 1}]}}",
    "lists: {x: {}}",
    "lists: [1]",
    "\t- x",
]


@pytest.mark.parametrize("text", [GOOD, "", "- only a list", "lists: {x: {values: [a]}}", "language: en"])
def test_files_that_home_assistant_reads(text: str) -> None:
    check(text)


@pytest.mark.parametrize("text", BROKEN)
def test_files_that_break_it(text: str) -> None:
    with pytest.raises(SentenceFileError):
        check(text)


def test_broken_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.yaml").write_text(GOOD, "utf-8")
    (tmp_path / "deep" / "bad.yaml").write_text(BROKEN[0], "utf-8")
    (tmp_path / "latin.yaml").write_bytes(b"language: \xe9")

    broken = broken_files("en", "", sorted(tmp_path.rglob("*.yaml")))
    assert [path.name for path, _ in broken] == ["bad.yaml", "latin.yaml"]


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("lists: {iotbridge_host: {values: {nas: nas}}}", True),  # a mapping in place of our list
        ("lists: {iotbridge_host: {values: [attic box]}}", False),
        ("lists: {color: {values: {red: red}}}", True),  # of a list of Home Assistant
        ("lists: {portions: {values: {two: two}}}", True),  # of one of another file
        ("expansion_rules: {iotbridge_machine: robot}", False),
        ("intents: {IotBridgePower: {data: [{sentences: [send it to bed]}]}}", False),
    ],
)
def test_a_file_that_contradicts_the_others_is_named(tmp_path: Path, text: str, is_broken: bool) -> None:
    own = document("en", {"host": [("nas", "1")], "switchable": [], "alarm": []})
    other, foreign = tmp_path / "a.yaml", tmp_path / "b.yaml"
    other.write_text("lists: {portions: {values: [one, two]}}", "utf-8")
    foreign.write_text(text, "utf-8")
    assert [path for path, _ in broken_files("en", own, [other, foreign])] == ([foreign] if is_broken else [])
