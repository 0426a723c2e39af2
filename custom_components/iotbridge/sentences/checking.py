"""Checks of sentence files: one that Home Assistant cannot read takes every sentence of its language."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]


class SentenceFileError(Exception):
    """Sentence file that Home Assistant cannot read."""


def check(text: str) -> None:
    """Raise SentenceFileError unless Home Assistant can read a file, as its conversation agent does it."""
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SentenceFileError(str(error)) from error
    if not isinstance(content, dict):
        return  # the agent leaves such a file out
    try:
        _parse(content)
    except Exception as error:
        # Hassil has no error of its own for most mistakes: it fails with whatever its code meets.
        raise SentenceFileError(f"{type(error).__name__}: {error}") from error


def _parse(content: Mapping[str, Any]) -> None:
    """Parse the intents of a file and every sentence of them, which hassil does not before the first request."""
    from hassil.intents import Intents  # noqa: PLC0415 - a requirement of Home Assistant's conversation
    from hassil.util import merge_dict  # noqa: PLC0415

    for intent in content.get("intents", {}).values():
        for row in intent.get("data", []):
            if not isinstance(row.get("metadata", {}), dict):
                raise TypeError("metadata: expected a mapping")
    merged: dict[str, Any] = {"language": "", "intents": {}, "lists": {}, "expansion_rules": {}, "skip_words": []}
    merge_dict(merged, content)
    for intent in Intents.from_dict(merged).intents.values():
        for data in intent.data:
            _ = data.sentences


def broken_files(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the sentence files that Home Assistant cannot read, each with the reason."""
    for path in paths:
        try:
            check(path.read_text("utf-8"))
        except (SentenceFileError, OSError, UnicodeDecodeError) as error:
            yield path, str(error)
