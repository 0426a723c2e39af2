"""Compressed messages."""

import gzip
import tracemalloc
from typing import Any
import zlib

import pytest

from custom_components.iotbridge.things.decoders import MAX_PAYLOAD, decode
from custom_components.iotbridge.things.model.message import DecodeError, ProblemKind, Sample
from tests.things.decoders.cases import CASES, Case
from tests.things.decoders.cases.case import fields


@pytest.mark.parametrize(
    ("prefix", "wrapped"),
    [
        ("gzip+", gzip.compress),
        ("zlib+", zlib.compress),
        ("gzip+gzip+", lambda raw: gzip.compress(gzip.compress(raw))),
        ("zlib+gzip+", lambda raw: zlib.compress(gzip.compress(raw))),
    ],
)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_compression_changes_nothing_but_that_it_is_not_exact(case: Case, prefix: str, wrapped: Any) -> None:
    decoded = decode(Sample(case.topic, wrapped(case.payload)))

    assert decoded.format == prefix + case.format
    assert fields(decoded) == case.devices
    assert not decoded.exact


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"[" + b"0," * 40_000_000 + b"0]", 9)
    assert len(bomb) < MAX_PAYLOAD

    tracemalloc.start()
    with pytest.raises(DecodeError) as caught:
        decode(Sample("t", bomb))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert caught.value.problem.kind is ProblemKind.TOO_LARGE
    assert peak < 8 * 1024 * 1024
