"""Table of messages and decoded values for all decoders. The cases are in ``cases.py``, the samples in files."""

from collections.abc import Mapping
import gzip
import json
import sys
import tracemalloc
from typing import Any
import zlib

import cbor2
import orjson
import pytest

from custom_components.iotbridge.things.decoders import DECODERS, MAX_PAYLOAD, decode
from custom_components.iotbridge.things.decoders.cbor import REQUIREMENT
from custom_components.iotbridge.things.model.message import (
    Decoded,
    DecodeError,
    LibraryNeededError,
    Path,
    ProblemKind,
    Sample,
    Scalar,
)
from tests.things.sample_sets import DOCUMENTED, documented, load

from .cases import CASES, UNREADABLE, Case, Unreadable, sample_cases


def fields(decoded: Decoded) -> dict[str | None, dict[Path, Scalar]]:
    """Return the values by device and path."""
    return {report.identity: {one.path: one.value for one in report.fields} for report in decoded.reports}


@pytest.mark.parametrize("case", [*CASES, *sample_cases()], ids=lambda case: case.name)
def test_a_message_is_read(case: Case) -> None:
    decoded = decode(Sample(case.topic, case.payload))

    assert decoded.format == case.format
    assert fields(decoded) == case.devices
    assert decoded.exact is case.exact
    assert [(problem.kind, dict(problem.placeholders)) for problem in decoded.problems] == list(case.problems)


@pytest.mark.parametrize("case", [case for case in CASES if case.about or case.units], ids=lambda case: case.name)
def test_what_the_format_states_is_kept(case: Case) -> None:
    decoded = decode(Sample(case.topic, case.payload))

    abouts = {report.identity: report.about for report in decoded.reports}
    units = {one.name or one.path: one.unit for report in decoded.reports for one in report.fields if one.unit}
    assert {identity: abouts[identity] for identity in case.about} == case.about
    assert units == case.units


@pytest.mark.parametrize("case", UNREADABLE, ids=lambda case: case.name)
def test_what_cannot_be_read_says_why(case: Unreadable) -> None:
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

    for one in (one for report in decoded.reports for one in report.fields):
        node: Any = case.payload.decode()
        if one.path or isinstance(one.value, int | float):
            node = orjson.loads(node)
        for part in one.path:
            node = node[part]
        assert node == one.value


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


def test_technical_is_the_radio_not_the_world() -> None:
    decoded = decode(*documented("ttn-v3-uplink-decoded"))

    assert {one.path[-1] for one in decoded.reports[0].fields if one.technical} == {
        "rssi", "snr", "spreading_factor", "frequency",
    }  # fmt: skip


def test_the_best_gateway_has_the_same_path_wherever_it_stands() -> None:
    def heard(*rssis: float) -> Mapping[Path, Scalar]:
        gateways = [{"rssi": rssi, "snr": rssi / 10} for rssi in rssis]
        uplink = {"end_device_ids": {"dev_eui": "0001"}, "uplink_message": {"rx_metadata": gateways}}
        return fields(decode(Sample("t", json.dumps(uplink).encode())))["0001"]

    best = {("uplink_message", "rx_metadata", 0, "rssi"): -40, ("uplink_message", "rx_metadata", 0, "snr"): -4.0}
    assert heard(-40, -90) == heard(-90, -40) == heard(-120, -40, -41) == best


def test_cbor_without_the_library_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)

    with pytest.raises(LibraryNeededError) as caught:
        decode(Sample("t", cbor2.dumps({"temperature": 21.5})))

    assert caught.value.requirement == REQUIREMENT == f"cbor2=={'.'.join(map(str, version()))}"
    monkeypatch.undo()
    assert decode(Sample("t", cbor2.dumps({"temperature": 21.5}))).format == "cbor"


async def test_the_library_is_not_imported_in_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = cbor2.dumps({"temperature": 21.5})
    monkeypatch.delitem(sys.modules, "cbor2")

    with pytest.raises(LibraryNeededError):
        decode(Sample("t", payload))

    monkeypatch.undo()
    assert decode(Sample("t", payload)).format == "cbor"


def version() -> tuple[int, ...]:
    """Return the version of cbor2 that the tests run with, which is the one that users get."""
    from importlib.metadata import version as installed  # noqa: PLC0415 - only here

    return tuple(int(part) for part in installed("cbor2").split("."))


def test_other_bytes_ask_for_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cbor2", None)

    for payload in (b"\x01\x02\x03", b"\xa1\x01", b"\x82\x01", b"\xff\xfe\xfd", b"\xa1\x61a\x01\x00"):
        with pytest.raises(DecodeError):
            decode(Sample("t", payload))


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


def test_every_decoder_says_no_to_what_is_not_its_own() -> None:
    """A plain JSON message reaches the decoder of plain JSON, and it alone."""
    from custom_components.iotbridge.things.decoders.payload import Payload  # noqa: PLC0415 - the decoders' own door

    content = Payload("a/b", b'{"temperature": 21.5}')
    assert [decoder.__module__.rpartition(".")[2] for decoder in DECODERS if decoder(content)] == ["json_document"]
