"""Decoder of other JSON documents: flat, nested, lists; one device, or one for each object in a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..model.message import Decoded, DeviceMetadata
from ..vocabulary.keys.identities import DEVICE_NAMES, LISTS_OF_DEVICES, OF_DEVICES
from .payload import Payload
from .records import identified_record, plain_key
from .report_builder import MAX_FIELDS, ReportBuilder
from .scalars import key_text, label


def decode(payload: Payload) -> Decoded | None:
    """Decode a JSON document that is an object or a list."""
    document = payload.json
    if document is None or not isinstance(document.value, dict | list):
        return None
    builder = ReportBuilder()
    exact = add_document(builder, document.value) and payload.strict
    return builder.decoded("json-array" if isinstance(document.value, list) else "json", exact=exact)


def add_document(builder: ReportBuilder, document: dict[Any, Any] | list[Any]) -> bool:
    """Add all values of a document; return whether it is of a single device."""
    if isinstance(document, list):
        return _add_list(builder, document)
    if not any(isinstance(value, list) and value and isinstance(value[0], dict) for value in document.values()):
        builder.walk((), document)
        return True
    lists = []
    for key, value in document.items():
        if isinstance(key, str) and plain_key(key) in LISTS_OF_DEVICES and identity_key(value):
            lists.append(value)
        else:
            builder.walk((key_text(key),), value)
    builder.report()
    for devices in lists:
        _add_list(builder, devices)
    return not lists


def _add_list(builder: ReportBuilder, elements: list[Any]) -> bool:
    key = None if _are_values(elements) else identity_key(elements)
    if key is None:
        builder.walk((), elements)
        return True
    for element in elements[:MAX_FIELDS]:
        builder.walk((), {name: value for name, value in element.items() if name != key})
        builder.report(label(element[key]), DeviceMetadata(name=_name_of(element)))
    return False


def _are_values(elements: list[Any]) -> bool:
    """Return whether each element is a single value with its name, which are values of one device."""
    return all(
        (record := identified_record(element)) is not None and record.is_single for element in elements[:MAX_FIELDS]
    )


def identity_key(elements: Any) -> str | None:
    """Return the member that differs in all objects of a list, which then are devices; None if there is none."""
    if not isinstance(elements, list) or not elements or not all(isinstance(element_, dict) for element_ in elements):
        return None
    members = {plain_key(key): key for key in elements[0] if isinstance(key, str)}
    for candidate in (*OF_DEVICES, *DEVICE_NAMES):
        if (key := members.get(candidate)) is not None and _differ([element.get(key) for element in elements]):
            return key
    return None


def _differ(identities: Sequence[Any]) -> bool:
    labels = [label(identity) for identity in identities]
    return None not in labels and len(set(labels)) == len(labels)


def _name_of(element: Mapping[str, Any]) -> str | None:
    return next(
        (label(value) for key, value in element.items() if isinstance(key, str) and plain_key(key) == "name"), None
    )
