"""Limits of what is taken from one message."""

import json
from typing import Any

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.model.message import ProblemKind, Sample


def test_excess_fields_are_left_out_and_reported() -> None:
    decoded = decode(Sample("t", json.dumps({f"k{index}": index for index in range(10_000)}).encode()))

    assert len(decoded.reports[0].fields) == 500
    assert [problem.kind for problem in decoded.problems] == [ProblemKind.TOO_COMPLEX]
    assert decoded.reports[0].fields[499].path == ("k499",)


def test_excess_levels_are_left_out_and_reported() -> None:
    document: Any = {"deepest": 1}
    for _ in range(30):
        document = {"in": document, "here": 2}
    decoded = decode(Sample("t", json.dumps(document).encode()))

    assert len(decoded.reports[0].fields) == 16
    assert [problem.kind for problem in decoded.problems] == [ProblemKind.TOO_COMPLEX]
