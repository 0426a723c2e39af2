"""Limits of what is taken from one message."""

import json
from typing import Any

from custom_components.iotbridge.things.decoders import decode
from custom_components.iotbridge.things.model.message import ProblemKind, Sample


def test_more_fields_than_fit_are_left_out_and_told() -> None:
    decoded = decode(Sample("t", json.dumps({f"k{index}": index for index in range(10_000)}).encode()))

    assert len(decoded.reports[0].fields) == 500
    assert [problem.kind for problem in decoded.problems] == [ProblemKind.TOO_COMPLEX]
    assert decoded.reports[0].fields[499].path == ("k499",)


def test_deeper_levels_than_fit_are_left_out_and_told() -> None:
    document: Any = {"deepest": 1}
    for _ in range(30):
        document = {"in": document, "here": 2}
    decoded = decode(Sample("t", json.dumps(document).encode()))

    assert len(decoded.reports[0].fields) == 16
    assert [problem.kind for problem in decoded.problems] == [ProblemKind.TOO_COMPLEX]
