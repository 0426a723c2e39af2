"""Sample messages with their expected readings, in ``samples``; its README describes the sets and the schema."""

import base64
from fnmatch import fnmatchcase
from functools import cache
import json
from pathlib import Path as File
from typing import Any

import pytest

from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.message import Path, Sample, Value
from custom_components.iotbridge.things.model.profile import Reading, key_of

FOLDER = File(__file__).parent / "samples"
DOCUMENTED = "documented"
HOLDOUT = "holdout"
BLIND = ("blind", "blind2", "blind3")
SETS = (DOCUMENTED, HOLDOUT, *BLIND)


@cache
def load(name: str) -> tuple[dict[str, Any], ...]:
    """Return the samples of a set, by file and in the order of the file."""
    files = sorted((FOLDER / name).glob("*.json"))
    return tuple(sample for file in files for sample in json.loads(file.read_text("utf-8")))


def messages(sample: dict[str, Any]) -> list[Sample]:
    """Return the messages of a sample as they are published."""
    return [
        Sample(
            message["topic"],
            base64.b64decode(message["payload_base64"]) if "payload_base64" in message else message["payload"].encode(),
        )
        for message in sample["messages"]
    ]


def documented(sample_id: str) -> list[Sample]:
    """Return the messages of a sample of the documented set."""
    return next(messages(sample) for sample in load(DOCUMENTED) if sample["id"] == sample_id)


def readings(sample: dict[str, Any]) -> list[Reading]:
    """Return the readings that the wizard proposes for a sample."""
    received = messages(sample)
    analysis = analyse(received, topic=sample["topic"] if len(received) > 1 else None)
    return [reading for device in analysis.devices for reading in device.readings]


def paths(reading: Reading) -> tuple[Path, ...]:
    """Return the paths of a reading: that of its channel, and that by position if it is another one."""
    return (reading.channel.path,) if reading.raw_path is None else (reading.channel.path, reading.raw_path)


def is_same(value: Value, wanted: Any) -> bool:
    """Compare a state with an expected one; numbers with the precision of the expected one."""
    if isinstance(wanted, str) and isinstance(value, bool):
        wanted = wanted.lower() in ("on", "true", "open")
    if isinstance(wanted, list):
        return isinstance(value, tuple) and value == pytest.approx(tuple(wanted))
    if isinstance(wanted, bool) or isinstance(value, bool) or not isinstance(wanted, int | float):
        return value is wanted if isinstance(wanted, bool) else value == wanted
    return isinstance(value, int | float) and value == pytest.approx(wanted, rel=1e-9, abs=1e-9)


def is_allowed(reading: Reading, allowed: list[str]) -> bool:
    """Return whether a reading may be enabled or disabled."""
    keys = [key_of(reading.channel.subtopic, path) for path in paths(reading)]
    ends = [key[start:] for key in keys for start in range(len(key)) if start == 0 or key[start - 1] in "./:"]
    return any(fnmatchcase(end, pattern.replace("[", "[[]")) for pattern in allowed for end in ends)
