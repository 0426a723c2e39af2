"""Hand-made fields for tests of inference."""

import json
from typing import Any

from custom_components.iotbridge.things.decoders.report_builder import ReportBuilder
from custom_components.iotbridge.things.inference import Inferred, infer
from custom_components.iotbridge.things.model.message import DecodeError, Field, Value
from custom_components.iotbridge.things.model.profile import Channel


def walk(document: Any) -> tuple[Field, ...]:
    """Return the values of a document as the decoders find them; none if it has no usable one."""
    builder = ReportBuilder()
    builder.walk((), document)
    try:
        return builder.decoded("json").reports[0].fields
    except DecodeError:
        return ()


def inferred(document: Any, topic: str = "things/one") -> Inferred:
    """Return the result of the inference for one message."""
    return infer([("", field) for field in walk(document)], topic=topic)


def inferred_tree(base: str, messages: dict[str, Any]) -> Inferred:
    """Return the result of the inference for messages below a topic."""
    fields = [(subtopic, field) for subtopic, payload in messages.items() for field in walk(payload)]
    return infer(fields, topic=base)


def channel(document: Any, key: str, topic: str = "things/one") -> Channel:
    """Return the proposed channel of a key."""
    return {reading.channel.key: reading.channel for reading in inferred(document, topic).readings}[key]


def values(document: Any, topic: str = "things/one") -> dict[str, Value]:
    """Return the values of enabled channels, by key."""
    return {
        reading.channel.key: reading.value for reading in inferred(document, topic).readings if reading.channel.enabled
    }


def kinds(document: Any, topic: str = "things/one") -> dict[str, tuple[str | None, str | None]]:
    """Return unit and device class of enabled channels, by key."""
    return {
        reading.channel.key: (reading.channel.unit, reading.channel.device_class)
        for reading in inferred(document, topic).readings
        if reading.channel.enabled
    }


def loads(text: str) -> Any:
    """Parse JSON."""
    return json.loads(text)


def enabled(document: dict[str, Any]) -> set[str]:
    """Return the keys of enabled channels."""
    return {reading.channel.key for reading in inferred(document).readings if reading.channel.enabled}
