"""Examples of the contract, parsed and encoded, and the agent's own messages against the schemas."""

import base64
from collections.abc import Callable
from datetime import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from iotbridge_agent.protocol import messages
from iotbridge_agent.protocol.fields import MessageError

CONTRACT = Path(__file__).parents[2] / "contract"
CONNECTOR_EXAMPLES = sorted(CONTRACT.glob("examples/connector-status/*.json"))
EXAMPLES = sorted(set(CONTRACT.glob("examples/*/*.json")) - set(CONNECTOR_EXAMPLES))


def read(path: Path) -> tuple[str, str, bytes, dict[str, Any]]:
    example = json.loads(path.read_text())
    if "payload_base64" in example:
        payload = base64.b64decode(example["payload_base64"])
    elif "payload_text" in example:
        payload = example["payload_text"].encode()
    else:
        payload = json.dumps(example["payload"]).encode()
    return path.parent.name, example["topic"], payload, example


def parse(kind: str, topic: str, payload: bytes) -> Any:
    prefix, node_id = topic.removesuffix(f"/{kind}").rsplit("/device/", 1)
    assert prefix
    if not messages.is_node_id(node_id):
        raise MessageError("the topic has no node_id")
    if kind == "announce":
        return messages.parse_announce(payload, prefix=prefix, node_id=node_id)
    if kind == "command":
        command = messages.parse_command(payload)
        if command.command == "wake":
            messages.parse_wake(command.args)
        elif command.command == "notice":
            messages.parse_notice(command.args)
        return command
    parsers: dict[str, Callable[[bytes], Any]] = {
        "availability": messages.parse_availability,
        "status": messages.parse_status,
        "response": messages.parse_response,
    }
    return parsers[kind](payload)


ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "announce": messages.encode_announce,
    "availability": str.encode,
    "status": messages.encode,
    "command": messages.encode_command,
    "response": messages.encode_response,
}


def schema(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((CONTRACT / f"schemas/{kind}.json").read_text()))


def test_there_are_examples_of_every_kind() -> None:
    assert {path.parent.name for path in EXAMPLES} == set(ENCODERS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_example(path: Path) -> None:
    kind, topic, payload, example = read(path)
    if not example["valid"]:
        with pytest.raises(MessageError):
            parse(kind, topic, payload)
        return
    message = parse(kind, topic, payload)
    again = ENCODERS[kind](message)
    document = again.decode() if kind == "availability" else json.loads(again)
    schema(kind).validate(document)
    assert parse(kind, topic, again) == message
    if "payload" in example:
        expected = example.get("read_as", example["payload"])
        assert {key: _moment(value) for key, value in json.loads(again).items()} == {
            key: _moment(value) for key, value in expected.items() if key != "new_key"
        }


WITH_ARGUMENTS = [
    path for path in EXAMPLES if path.stem.startswith(("wake", "notice")) and path.parent.name == "command"
]


@pytest.mark.parametrize("path", WITH_ARGUMENTS, ids=lambda path: path.stem)
def test_the_schema_knows_the_arguments_of_wake_and_notice(path: Path) -> None:
    kind, _topic, payload, example = read(path)
    assert schema(kind).is_valid(json.loads(payload)) is example["valid"]


@pytest.mark.parametrize("path", CONNECTOR_EXAMPLES, ids=lambda path: path.stem)
def test_the_schema_knows_the_status_of_a_connector(path: Path) -> None:
    kind, topic, payload, example = read(path)
    assert topic == "iotbridge/connector/stock/status"
    assert schema(kind).is_valid(json.loads(payload)) is example["valid"]


@pytest.mark.parametrize("name", ["hostile_cards", "cards_no_list"])
def test_what_readers_leave_out_breaks_the_schema(name: str) -> None:
    kind, _topic, payload, example = read(CONTRACT / f"examples/announce/{name}.json")
    assert not schema(kind).is_valid(json.loads(payload))
    schema(kind).validate(example["read_as"])


def _moment(value: object) -> object:
    """Return a time for a text in RFC 3339, so that notations of one moment are equal; other values unchanged."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value
