"""Checks of sentence files: one that Home Assistant cannot read takes every sentence of its language."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

# As the conversation agent reads them; written in C it is ten times as fast, but may judge a doubtful file differently.
LOADER = yaml.SafeLoader
FAST_LOADER = getattr(yaml, "CSafeLoader", LOADER)
MAX_REASON = 300


class SentenceFileError(Exception):
    """Sentence file that Home Assistant cannot read."""


def check(text: str) -> None:
    """Raise SentenceFileError unless Home Assistant can read our file."""
    _parse(_load(text, FAST_LOADER))


def broken_files(language: str, own: str, paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files of others that Home Assistant cannot read, each with the reason.

    Home Assistant merges all files of a language with its own sentences: a list or an intent that has one name but two
    forms breaks the language. ``own`` is the text of our file.
    """
    from hassil.util import merge_dict  # noqa: PLC0415 - a requirement of Home Assistant's conversation
    from home_assistant_intents import get_intents  # noqa: PLC0415 - the same

    merged: dict[str, Any] = get_intents(language) or {}
    merge_dict(merged, _load(own, FAST_LOADER))
    for path in paths:
        try:
            content = _load(path.read_text("utf-8"), LOADER)
            _parse(content)
            merge_dict(merged, content)
        except AssertionError as error:
            yield path, f"It contradicts other sentences of the language. {error}"[:MAX_REASON]
        except (SentenceFileError, OSError, UnicodeDecodeError) as error:
            yield path, str(error)[:MAX_REASON]


def _load(text: str, loader: type[Any]) -> Mapping[str, Any]:
    """Return the content of a file, as the conversation agent reads it."""
    try:
        content = yaml.load(text, loader)  # noqa: S506 - both loaders are safe
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SentenceFileError(str(error)) from error
    return content if isinstance(content, dict) else {}  # the agent leaves such a file out


def _parse(content: Mapping[str, Any]) -> None:
    """Parse the intents of a file and every sentence of them, which hassil does not before the first request."""
    from hassil.intents import Intents  # noqa: PLC0415 - a requirement of Home Assistant's conversation
    from hassil.util import merge_dict  # noqa: PLC0415

    try:
        for intent in content.get("intents", {}).values():
            for row in intent.get("data", []):
                if not isinstance(row.get("metadata", {}), dict):
                    raise TypeError("metadata: expected a mapping")  # noqa: TRY301 - as hassil does
        merged: dict[str, Any] = {"language": "", "intents": {}, "lists": {}, "expansion_rules": {}, "skip_words": []}
        merge_dict(merged, content)
        for parsed in Intents.from_dict(merged).intents.values():
            for data in parsed.data:
                _ = data.sentences
    except Exception as error:
        # Hassil has no error of its own for most mistakes: it fails with whatever its code meets.
        raise SentenceFileError(f"{type(error).__name__}: {error}") from error
