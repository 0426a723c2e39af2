"""Decoder of other JSON documents: flat, nested, lists; one device, or one for each object in a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..model.message import Decoded, DeviceMetadata, Path, Scalar
from .payload import Payload
from .report_builder import MAX_FIELDS, ReportBuilder, key_text, label

# Members that identify an object, the most reliable first; compared without case and separators.
_IDENTITIES = ("deveui", "uniqueid", "deviceid", "identity", "id", "mac", "macaddress", "address", "addr", "serial",
               "serialno", "serialnumber", "sn", "imei", "uid", "uuid", "sensorid", "nodeid")  # fmt: skip
_NAMES = ("name", "devicename", "sensor", "device", "key", "channel", "flag", "tag", "label", "parameter", "type")
_VALUES = ("value", "val", "v", "reading")
_BESIDE_A_VALUE = {"unit", "units", "uom", "time", "timestamp", "ts", "t", "date", "quality"}
# Members under which a gateway lists its devices; objects in other lists are parts of one device.
_LISTS_OF_DEVICES = {"devices", "nodes", "things", "tags", "beacons", "inverters", "meters"}
_SEPARATORS = str.maketrans("", "", "_- .")


def decode(payload: Payload) -> Decoded | None:
    """Decode a JSON document that is an object or a list."""
    document = payload.json
    if document is None or not isinstance(document.value, dict | list):
        return None
    builder = ReportBuilder()
    exact = add_document(builder, document.value) and payload.strict
    return builder.decoded("json-array" if isinstance(document.value, list) else "json", exact=exact)


def add_document(builder: ReportBuilder, document: dict[Any, Any] | list[Any]) -> bool:
    """Add all values of a document; return whether each path is that of the document itself."""
    if isinstance(document, list):
        return _add_list(builder, document)
    if not any(isinstance(value, list) and value and isinstance(value[0], dict) for value in document.values()):
        builder.walk((), document)
        return True
    exact = True
    lists = []
    for key, value in document.items():
        if isinstance(key, str) and _plain(key) in _LISTS_OF_DEVICES and identity_key(value):
            lists.append(value)
        elif named := _named_values(value):
            _add_named(builder, (key_text(key),), named)
            exact = False
        else:
            builder.walk((key_text(key),), value)
    builder.report()
    for devices in lists:
        _add_list(builder, devices)
    return exact and not lists


def _add_list(builder: ReportBuilder, elements: list[Any]) -> bool:
    if named := _named_values(elements):
        _add_named(builder, (), named)
        return False
    if key := identity_key(elements):
        for element in elements[:MAX_FIELDS]:
            builder.walk((), {name: value for name, value in element.items() if name != key})
            builder.report(label(element[key]), DeviceMetadata(name=_name_of(element)))
        return False
    builder.walk((), elements)
    return True


def identity_key(elements: Any) -> str | None:
    """Return the member that differs in all objects of a list, which then are devices; None if there is none."""
    if not isinstance(elements, list) or not elements or not all(isinstance(element_, dict) for element_ in elements):
        return None
    members = {_plain(key): key for key in elements[0] if isinstance(key, str)}
    for candidate in (*_IDENTITIES, *_NAMES[:2]):
        if (key := members.get(candidate)) is not None and _differ([element.get(key) for element in elements]):
            return key
    return None


def _differ(identities: Sequence[Any]) -> bool:
    labels = [label(identity) for identity in identities]
    return None not in labels and len(set(labels)) == len(labels)


def _name_of(element: Mapping[str, Any]) -> str | None:
    return next(
        (label(value) for key, value in element.items() if isinstance(key, str) and _plain(key) == "name"), None
    )


def _named_values(elements: Any) -> list[tuple[str, Scalar, str | None]]:
    """Return name, value and unit of each object in a list, if the objects consist of nothing else.

    ``[{"name": "temperature", "value": 21.5, "unit": "°C"}, …]`` is one device whose values have no fixed order.
    """
    if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
        return []
    named = [_named_value(element) for element in elements[: MAX_FIELDS + 1]]
    pairs = [pair for pair in named if pair is not None]
    return pairs if len(pairs) == len(named) and _differ([name for name, _, _ in pairs]) else []


def _named_value(element: Mapping[Any, Any]) -> tuple[str, Scalar, str | None] | None:
    members = {_plain(key): value for key, value in element.items() if isinstance(key, str)}
    name_key = next((key for key in (*_NAMES, *_IDENTITIES) if key in members), None)
    value_key = next((key for key in _VALUES if key in members), None)
    if name_key is None or value_key is None or len(members) != len(element):
        return None
    if not members.keys() <= {name_key, value_key, *_BESIDE_A_VALUE, *_NAMES, "id"}:
        return None
    name, value = label(members[name_key]), members[value_key]
    if name is None or isinstance(value, dict | list):
        return None
    return name, value, label(members.get("unit", members.get("units", members.get("uom"))))


def _add_named(builder: ReportBuilder, path: Path, named: Sequence[tuple[str, Scalar, str | None]]) -> None:
    for name, value, unit in named:
        builder.add((*path, name), value, name=name, unit=unit)


def _plain(key: str) -> str:
    return key[:40].lower().translate(_SEPARATORS)
