"""Prose of the integration's sources: what of the style guide in CONTRIBUTING can be counted."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "custom_components" / "iotbridge").rglob("*.py"))
# First words that leave open what is spoken of.
LOOSE = frozenset(
    [
        "how",
        "it",
        "nobody",
        "one",
        "somebody",
        "someone",
        "something",
        "that",
        "there",
        "what",
        "whatever",
        "when",
        "where",
        "whether",
        "which",
        "who",
        "whoever",
    ]
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def test_docstrings_begin_with_a_noun_or_an_imperative() -> None:
    loose = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}: {text}"
        for path in SOURCES
        for node, text in _first_lines(path)
        if text.split()[0].strip(".,:;*`").lower() in LOOSE
    ]
    assert loose == []


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def _first_lines(path: Path) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
            yield node, text.splitlines()[0]
