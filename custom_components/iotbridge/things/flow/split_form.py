"""Form that asks what a device is: by the levels of its topic, by a member of its messages."""

from collections.abc import Mapping, Sequence
from typing import Any

import voluptuous as vol

from ...forms import choices
from ..device_members import MemberChoices
from ..model.message import Path
from ..model.profile import LearnedDevice, key_of
from ..model.topic_matching import split
from .forms import joining_schema
from .texts import ThingTexts

MAX_NAMES = 5
# No device is identified by more levels of its topic.
MAX_DEPTH = 16
# Value of the choice that no member names the device.
NO_MEMBER = "none"


def split_schema(
    splits: Mapping[str, str], depth: str, members: MemberChoices, device_member: Path | None, texts: ThingTexts
) -> vol.Schema:
    """Return the form that asks which topic levels and which member identify a device.

    ``depth`` and ``device_member`` are the proposals.
    """
    schema: dict[vol.Marker, Any] = {}
    if len(splits) > 1:
        schema[vol.Required("depth", default=depth)] = choices(splits)
    if members.choices:
        labels = {
            member_value(choice.path): f"{_label(choice.path, texts)}: {numbered(choice.devices)}"
            for choice in members.choices
        }
        schema[vol.Required("device_member", default=member_value(device_member))] = choices(labels)
    return vol.Schema(schema | joining_schema())


def selected_member(user_input: Mapping[str, Any], members: MemberChoices, proposed: Path | None) -> Path | None:
    """Return the member that the user selected; the proposed one if there was no choice."""
    selected = user_input.get("device_member")
    by_value = {member_value(choice.path): choice.path for choice in members.choices}
    return proposed if selected is None else by_value[selected]


def member_value(path: Path | None) -> str:
    """Return the value of a choice in the form."""
    return NO_MEMBER if path is None else key_of("", path)


def _label(path: Path | None, texts: ThingTexts) -> str:
    return texts.own["no_member"] if path is None else key_of("", path)


def depths(topic_filter: str, depth: int, topics: Sequence[str]) -> list[int]:
    """Return the depths that group the topics into different devices, the guessed one first."""
    longest = min(MAX_DEPTH, max(topic.count("/") + 1 for topic in topics))
    ways: dict[frozenset[frozenset[str]], int] = {}
    for possible in (depth, *range(1, longest + 1), -1, 0):
        ways.setdefault(_grouped(topic_filter, possible, topics), possible)
    return list(ways.values())


def _grouped(topic_filter: str, depth: int, topics: Sequence[str]) -> frozenset[frozenset[str]]:
    """Return the groups of topics that would be one device each."""
    groups: dict[str, set[str]] = {}
    for topic in topics:
        groups.setdefault(split(topic_filter, depth, topic).identity, set()).add(topic)
    return frozenset(frozenset(group) for group in groups.values())


def names_of(devices: Sequence[LearnedDevice]) -> tuple[str, ...]:
    """Return the names of devices."""
    return tuple(device.metadata.name or device.identity for device in devices)


def numbered(names: Sequence[str]) -> str:
    """Return the names of devices, the first of many, with their number: ``kitchen, hall (2)``."""
    return f"{', '.join(names[:MAX_NAMES])}{' …' if len(names) > MAX_NAMES else ''} ({len(names)})"
