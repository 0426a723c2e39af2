"""Sequences that once failed: each point of what was found has one, and they stay mended."""

from pathlib import Path

import pytest

from .life import Life
from .sequence import Sequence

SEQUENCES = sorted(Path(__file__).with_name("sequences").glob("*.json"))


@pytest.mark.parametrize("path", SEQUENCES, ids=lambda path: path.stem)
async def test_sequence_that_once_failed(path: Path, tmp_path: Path) -> None:
    outcome = await Life.of_sequence(path.stem, Sequence.read(path), told=print).live(tmp_path / "life")
    assert outcome.error is None, outcome.error
