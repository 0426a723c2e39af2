"""Table of messages and decoded values for all decoders. The cases are in ``cases``, the samples in files."""

from typing import Any

import orjson
import pytest

from custom_components.iotbridge.things.decoders import DECODERS, decode
from custom_components.iotbridge.things.model.message import (
    DecodeError,
    Sample,
)
from tests.things.decoders.cases.case import fields
from tests.things.sample_sets import DOCUMENTED, load

from .cases import CASES, UNREADABLE, Case, Unreadable, sample_cases


@pytest.mark.parametrize("case", [*CASES, *sample_cases()], ids=lambda case: case.name)
def test_a_message_is_read(case: Case) -> None:
    decoded = decode(Sample(case.topic, case.payload))

    assert decoded.format == case.format
    assert fields(decoded) == case.devices
    assert decoded.exact is case.exact
    assert [(problem.kind, dict(problem.placeholders)) for problem in decoded.problems] == list(case.problems)


@pytest.mark.parametrize("case", [case for case in CASES if case.metadata or case.units], ids=lambda case: case.name)
def test_names_and_units_of_the_format_are_kept(case: Case) -> None:
    decoded = decode(Sample(case.topic, case.payload))

    abouts = {report.identity: report.metadata for report in decoded.reports}
    units = {
        field.name or field.path: field.unit for report in decoded.reports for field in report.fields if field.unit
    }
    assert {identity: abouts[identity] for identity in case.metadata} == case.metadata
    assert units == case.units


@pytest.mark.parametrize("case", UNREADABLE, ids=lambda case: case.name)
def test_unreadable_messages_have_a_reason(case: Unreadable) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Sample("a/b", case.payload))

    assert caught.value.problem.kind is case.kind
    assert dict(caught.value.problem.placeholders) == case.placeholders


def test_every_sample_has_its_case() -> None:
    """A message of each documented sample is in the table."""
    assert {sample["id"] for sample in load(DOCUMENTED)} == {case.name.split(" ")[0] for case in sample_cases()}
    assert len(load(DOCUMENTED)) == 21


@pytest.mark.parametrize("case", [case for case in CASES if case.exact], ids=lambda case: case.name)
def test_exact_means_that_a_json_parser_finds_it(case: Case) -> None:
    """Follow the path of each field through the raw text, as a template would."""
    decoded = decode(Sample(case.topic, case.payload))

    for field in (field for report in decoded.reports for field in report.fields):
        node: Any = case.payload.decode()
        if field.path or isinstance(field.value, int | float):
            node = orjson.loads(node)
        for part in field.paths[-1]:
            node = node[part]
        assert node == field.value


def test_every_decoder_rejects_other_formats() -> None:
    """A plain JSON message reaches the decoder of plain JSON, and it alone."""
    from custom_components.iotbridge.things.decoders.payload import Payload  # noqa: PLC0415 - the decoders' own door

    content = Payload("a/b", b'{"temperature": 21.5}')
    assert [decoder.__module__.rpartition(".")[2] for decoder in DECODERS if decoder(content)] == ["json_document"]
