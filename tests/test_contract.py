"""Examples of contract/: the integration parses, rejects and writes each of them as specified."""

import base64
from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from custom_components.iotbridge.protocol.fields import MessageError
from custom_components.iotbridge.protocol.messages import (
    Announce,
    Card,
    Command,
    Response,
    Status,
    parse_availability,
)
from custom_components.iotbridge.protocol.topics import HostKey, TopicError, parse_topic

CONTRACT = Path(__file__).parent.parent / "contract"
# Core's mqtt reads these; tests/alarms/scenarios/test_connector.py has what follows from them.
CONNECTOR_EXAMPLES = sorted(CONTRACT.glob("examples/connector-status/*.json"))
EXAMPLES = sorted(set(CONTRACT.glob("examples/*/*.json")) - set(CONNECTOR_EXAMPLES))
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in CONTRACT.glob("schemas/*.json")}

PARSERS: dict[str, Callable[[bytes, HostKey], Any]] = {
    "announce": Announce.parse,
    "availability": lambda payload, _key: parse_availability(payload),
    "status": lambda payload, _key: Status.parse(payload),
    "command": lambda payload, _key: Command.parse(payload),
    "response": lambda payload, _key: Response.parse(payload),
}


def raw_payload(example: dict[str, Any]) -> bytes:
    if "payload_base64" in example:
        return base64.b64decode(example["payload_base64"])
    if "payload_text" in example:
        return str(example["payload_text"]).encode()
    return json.dumps(example["payload"]).encode()


def parse(example: dict[str, Any]) -> Any:
    key, leaf = parse_topic(example["topic"], example["topic"].partition("/device/")[0])
    return PARSERS[leaf](raw_payload(example), key)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_example_is_parsed_or_rejected_as_specified(path: Path) -> None:
    example = json.loads(path.read_text())
    if not example["valid"]:
        with pytest.raises((MessageError, TopicError)):
            parse(example)
        return

    message = parse(example)

    if path.parent.name == "availability":
        assert message is (example["payload_text"] == "online")
        return
    key, leaf = parse_topic(example["topic"], example["topic"].partition("/device/")[0])
    written = message.to_payload()
    assert PARSERS[leaf](written, key) == message
    jsonschema.validate(json.loads(written), SCHEMAS[leaf], format_checker=jsonschema.FormatChecker())
    expected = example.get("read_as", example["payload"])
    jsonschema.validate(expected, SCHEMAS[leaf])
    assert message == PARSERS[leaf](json.dumps(expected).encode(), key)


def test_there_are_good_and_bad_examples_of_every_message() -> None:
    kinds = {(path.parent.name, json.loads(path.read_text())["valid"]) for path in EXAMPLES}

    assert kinds == {(leaf, valid) for leaf in PARSERS for valid in (True, False)}


@pytest.mark.parametrize("path", CONNECTOR_EXAMPLES, ids=lambda path: path.stem)
def test_the_schema_knows_the_status_of_a_connector(path: Path) -> None:
    example = json.loads(path.read_text())

    assert jsonschema.Draft202012Validator(SCHEMAS["connector-status"]).is_valid(example["payload"]) is example["valid"]


def test_parsing_preserves_the_example() -> None:
    announce = parse(json.loads((CONTRACT / "examples/announce/full.json").read_text()))
    status = parse(json.loads((CONTRACT / "examples/status/fractions_and_offset.json").read_text()))

    assert (announce.hostname, announce.interval_s, announce.power) == ("nas", 30, "on")
    assert announce.mac == ("00:11:22:33:44:55", "00:11:22:33:44:56")
    assert announce.cards == (
        Card(mac="00:11:22:33:44:55", name="enp3s0", broadcast="192.168.1.255", wake=True),
        Card(mac="00:11:22:33:44:56", name="enp4s0", broadcast=None, wake=None),
    )
    assert status.timestamp.isoformat() == "2026-11-21T10:15:30.123000+00:00"
    assert status.readings == {"cpu_percent": 0}
