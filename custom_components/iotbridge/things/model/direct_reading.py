"""Comparison of core's templates with our own decoding of a device's messages. Pure."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import orjson

from ..vocabulary.keys.records import VALUES
from .conversion import is_same_state
from .message import Path
from .profile import Channel
from .stated_unit import unit_text_of

# Longer messages are compared only when they are decoded.
MAX_PAYLOAD = 64 * 1024
_MISSING = object()


def is_same_for_core(payload: bytes, channels: Iterable[Channel]) -> bool:
    """Return whether core's templates find the same values in a payload as we do; False if it takes decoding.

    ``channels`` are those that core reads from the topic of the message. It is cheap, because it runs for every
    message.
    """
    bare = [channel for channel in channels if not channel.path]
    members = [channel for channel in channels if channel.path]
    if not bare and not members:
        return True
    if not payload:
        return False
    if len(payload) > MAX_PAYLOAD:
        return True
    return all(_is_same_bare(payload, channel) for channel in bare) and _are_same_members(payload, members)


def _is_same_bare(payload: bytes, channel: Channel) -> bool:
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return False
    # A JSON string or null: core shows its quotes or the word, and we do not. An object may have the value in it.
    return not text.startswith(('"', "{")) and text != "null" and is_same_state(channel, text)


def _are_same_members(payload: bytes, channels: list[Channel]) -> bool:
    if not channels:
        return True
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(document, dict):
        return False
    value_at = partial(_at, document)
    for channel in channels:
        value = _at(document, channel.path)
        if isinstance(value, dict):
            if not VALUES.isdisjoint(value):
                return False
        elif not isinstance(value, list) and value is not _MISSING:
            unit = unit_text_of(channel, channel.path, value_at)
            if not is_same_state(channel, value, unit):
                return False
    return True


def _at(document: Any, path: Path) -> Any:
    """Return the value at a path; _MISSING if there is none."""
    node = document
    for part in path:
        if isinstance(part, int):
            node = node[part] if isinstance(node, list) and part < len(node) else _MISSING
        else:
            node = node.get(part, _MISSING) if isinstance(node, dict) else _MISSING
        if node is _MISSING:
            break
    return node
