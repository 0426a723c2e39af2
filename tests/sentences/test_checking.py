"""Checks of sentence files, with the files that break Home Assistant's conversation agent."""

from pathlib import Path

import pytest

from custom_components.iotbridge.sentences.checking import SentenceFileError, broken_files, check

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

    assert [path.name for path, _ in broken_files(sorted(tmp_path.rglob("*.yaml")))] == ["bad.yaml", "latin.yaml"]
