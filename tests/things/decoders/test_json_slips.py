"""Slips in JSON: each is read as what it means, and hostile texts cost little."""

import json
import time

import pytest

from custom_components.iotbridge.things.decoders import MAX_PAYLOAD, decode
from custom_components.iotbridge.things.decoders.json_slips import SLIPS, Slip, without_slips
from custom_components.iotbridge.things.model.message import DecodeError, Path, ProblemKind, Sample, Scalar


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.pattern)
def test_every_slip_has_an_example(slip: Slip) -> None:
    assert without_slips(slip.example) == slip.meaning
    json.loads(slip.meaning)


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        # https://github.com/home-assistant/core/issues/42393, https://github.com/home-assistant/core/issues/46459
        (
            "{'connected': True, 'hum': 66.5, 'temp': 21.8, 'bat': None}",
            {("connected",): True, ("hum",): 66.5, ("temp",): 21.8, ("bat",): None},
        ),
        (
            "{'temp': nan, 'pair': (1, 2), 'one': (3,)}",
            {("temp",): None, ("pair", 0): 1, ("pair", 1): 2, ("one", 0): 3},
        ),
        ("{'t': Decimal('21.5'), 'at': datetime.datetime(2026, 1, 1)}", {("t",): "21.5", ("at",): None}),
        ("[{'id': 'a', 't': 1}]", {("t",): 1}),
        ("{u'room': u'K\\xfcche', 'n': 'it\\'s \"x\"'}", {("room",): "Küche", ("n",): 'it\'s "x"'}),
        ("{'a': {'b': [True, False]}, 0: -1.5e-3}", {("a", "b", 0): True, ("a", "b", 1): False, ("0",): -0.0015}),
        ("{'note': 'None, nan and (1,)', 't': 1e+5}", {("note",): "None, nan and (1,)", ("t",): 100000.0}),
        # https://github.com/Blueforcer/awtrix-ng/issues/9
        ('{"temperature":nan,"humidity":44}', {("temperature",): None, ("humidity",): 44}),
        ('{"t": -nan(ind), "u": 1.#QNAN, "h": Infinity}', {("t",): None, ("u",): None, ("h",): None}),
        ('{"t":,"h":44}', {("t",): None, ("h",): 44}),
        ('{"t": unavailable, "h": 44, "m": eco}', {("t",): "unavailable", ("h",): 44, ("m",): "eco"}),
        ('{"t":21,5,"h":48,2}', {("t",): 21.5, ("h",): 48.2}),
        ('{"pin": 0041, "v": [00, -05, 00.5]}', {("pin",): "0041", ("v", 0): "00", ("v", 1): -5, ("v", 2): 0.5}),
        ('{"t": 21.5, "list": [1,2,3,],}', {("t",): 21.5, ("list", 0): 1, ("list", 1): 2, ("list", 2): 3}),
    ],
)
def test_slips_are_read_as_what_they_mean(payload: str, fields: dict[Path, Scalar]) -> None:
    decoded = decode(Sample("a/b", payload.encode()))

    assert {field.path: field.value for report in decoded.reports for field in report.fields} == fields
    assert not decoded.exact, "no template reads it"


@pytest.mark.parametrize(
    "payload",
    [
        "{'a': __import__('os').getcwd()}",
        "{'a': 1+2}",
        "{'a': 'b' 'c'}",
        "{'a': lambda: 1}",
        "{'a': [x for x in (1, 2)]}",
        "{'a': 1",
        "{'a': 'b",
        "{'a'}",
        "{'a': f(g(1))}",
        "{'a': f(1) + 1}",
    ],
)
def test_anything_but_values_is_broken(payload: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(Sample("a/b", payload.encode()))

    assert caught.value.problem.kind is ProblemKind.BROKEN


@pytest.mark.parametrize(
    "payload",
    [
        "{'a':" * 60_000,
        "{'a':" + "(" * 250_000,
        "{'" + "\\" * 250_000,
        "{" + "'" * 250_000,
        '{"' + '\\"' * 120_000,
        "{'" + "\\'" * 120_000,
        "{'" + "\\'" * 120_000 + "\\",
        "{'a': " * 40_000 + "1" + "}" * 40_000,
        "{'a':" + "0" * 250_000,
        "{'a': " + "nan(" * 60_000,
        "{" + ": " * 120_000,
        "{" + (":" + " " * 100) * 2_500,
        "{" + ":1,1" * 60_000,
        "{" + "a." * 120_000,
        "{" + "a" * 250_000,
        "{" + "a " * 120_000,
        "{" + "-" * 250_000,
        "{" + "a(" * 120_000,
        "{" + "(a" * 120_000,
    ],
    ids=lambda payload: payload[:12],
)
def test_a_hostile_text_is_refused_in_linear_time(payload: str) -> None:
    """Ten times the text takes about ten times as long; a quadratic pattern would take a hundred times."""

    def seconds(text: str) -> float:
        started = time.process_time()
        with pytest.raises(DecodeError):
            decode(Sample("a/b", text.encode()[:MAX_PAYLOAD]))
        return time.process_time() - started

    assert seconds(payload) < max(0.1, 40 * min(seconds(payload[: len(payload) // 10]) for _ in range(3)))
