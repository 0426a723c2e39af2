"""Sample messages: every file matches the schema, every sample has its source."""

import json
from pathlib import Path

import jsonschema
import pytest

from .sample_sets import FOLDER, SETS, load, messages

SCHEMA = json.loads((FOLDER / "schema.json").read_text("utf-8"))
FILES = sorted(FOLDER.glob("*/*"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_follows_the_schema(path: Path) -> None:
    jsonschema.validate(json.loads(path.read_text("utf-8")), SCHEMA, format_checker=jsonschema.FormatChecker())


def test_every_file_is_in_a_set() -> None:
    assert {path.parent.name for path in FILES} == set(SETS)
    assert {path.name for path in FOLDER.iterdir() if path.is_file()} == {"README.md", "schema.json"}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("documented", (21, 27, 89)),
        ("holdout", (173, 354, 935)),
        ("blind", (90, 128, 487)),
        ("blind2", (85, 101, 552)),
        ("blind3", (15, 37, 123)),
    ],
)
def test_no_sample_is_lost(name: str, counts: tuple[int, int, int]) -> None:
    """Samples, messages and expected readings of each set, which the scores in docs/things.md refer to."""
    samples = load(name)

    assert len({sample["id"] for sample in samples}) == len(samples)
    assert counts == (
        len(samples),
        sum(len(messages(sample)) for sample in samples),
        sum(len(sample["readings"]) for sample in samples),
    )
