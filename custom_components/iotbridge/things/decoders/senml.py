"""Decoder of SenML (RFC 8428), in JSON and in CBOR.

A pack is a list of records; base fields apply from their record to the next one that changes them. The state of a
device is the newest value of each name. Names, units and times are resolved by the rules of section 4.6. The Python
packages for it (kpn-senml, micropython-senml) build messages, and one of them needs an old cbor2; this file parses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

from ..model.message import Decoded, DecodeError, Path, ProblemKind
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import label

VERSION = 10
_NUMBERED = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
             0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd"}  # fmt: skip
_LABELS = frozenset(_NUMBERED.values())
_BASE = frozenset(("bver", "bn", "bt", "bu", "bv", "bs"))
_TEXTS = frozenset(("bn", "n", "bu", "u", "vs"))
_NUMBERS = frozenset(("bt", "bv", "bs", "bver", "t", "v", "s"))
# None is the remainder of NaN.
_NUMBER_OR_NAN = (int, float, NoneType)
_VALUES = ("v", "vs", "vb", "vd", "s")
# Smaller times are relative to now.
_ABSOLUTE_FROM = 2**28
_SEPARATORS = ":/_-.#; "
# A sum is the value integrated over time, in seconds.
_SUM_UNITS = {"W": "J", "A": "C", "m3/s": "m3", "l/s": "l"}


@dataclass(slots=True)
class _Reading:
    """Newest value of one name."""

    time: tuple[bool, float]
    label: str
    value: Any
    name: str
    unit: str | None


@dataclass(slots=True)
class _Thing:
    """Readings of one device in a pack, by path."""

    readings: dict[Path, _Reading] = field(default_factory=dict)


def decode(payload: Payload) -> Decoded | None:
    """Decode a pack; return None for another JSON or CBOR document.

    Raises:
        DecodeError: the pack is of a newer version, or has a member that must be understood.
    """
    document = payload.json or payload.cbor
    pack = _pack(document.value) if document else None
    if pack is None:
        return None
    things = _resolve(pack)
    builder = ReportBuilder()
    for identity, thing in things.items():
        for path, reading in thing.readings.items():
            if reading.label == "vd":
                builder.encoded(path)
            else:
                builder.add(path, reading.value, name=reading.name or None, unit=reading.unit)
        builder.report(identity)
    return builder.decoded("senml-json" if payload.json else "senml-cbor")


def _pack(document: Any) -> list[dict[str, Any]] | None:
    """Return the records with the labels of JSON; None if the document is not a pack.

    A list of objects with single letters proves nothing: each record with a value must have a name too, and members
    that SenML does not define are allowed only beside base fields.
    """
    if not isinstance(document, list) or not document or not all(isinstance(record, Mapping) for record in document):
        return None
    pack = [{_NUMBERED.get(key, key): value for key, value in record.items()} for record in document]
    has_base = any(not _BASE.isdisjoint(record) for record in pack)
    if not all(_is_record(record, has_base=has_base) for record in pack):
        return None
    return pack if any(key in record for record in pack for key in _VALUES) else None


def _is_record(record: Mapping[Any, Any], *, has_base: bool) -> bool:
    if not has_base and (not isinstance(record.get("n"), str) or not _LABELS.issuperset(record)):
        return False
    for key, value in record.items():
        if key in _TEXTS and not isinstance(value, str):
            return False
        if key in _NUMBERS and (isinstance(value, bool) or not isinstance(value, _NUMBER_OR_NAN)):
            return False
    return not _LABELS.isdisjoint(record)


def _resolve(pack: list[dict[str, Any]]) -> dict[str | None, _Thing]:
    """Return the newest values by device."""
    base: dict[str, Any] = {}
    things: dict[str | None, _Thing] = {}
    for record in pack:
        base |= {key: value for key, value in record.items() if key in _BASE}
        _check(record, base)
        unit = label(record.get("u", base.get("bu")))
        identity, name = _identity_and_name(base.get("bn", ""), record.get("n", ""))
        path = (name or unit or "value",)
        time = _sum_of(base.get("bt"), record.get("t"))
        thing = things.setdefault(identity, _Thing())
        for kind in _VALUES:
            if kind in record:
                reading = _Reading((time < _ABSOLUTE_FROM, time), kind, record[kind], name, unit)
                _keep_newest(thing, path, reading, base)
    return things


def _check(record: Mapping[Any, Any], base: Mapping[str, Any]) -> None:
    version = base.get("bver")
    if version is not None and version > VERSION:
        raise DecodeError(ProblemKind.BROKEN, reason=f"SenML version {label(version)}", position="0")
    if needed := next((key for key in record if isinstance(key, str) and key.endswith("_")), None):
        raise DecodeError(ProblemKind.BROKEN, reason=f"SenML {label(needed)}", position="0")


def _keep_newest(thing: _Thing, path: Path, reading: _Reading, base: Mapping[str, Any]) -> None:
    if reading.label == "s":
        path = (*path, "sum")
        reading.name = f"{reading.name} sum".strip()
        reading.value = _offset(reading.value, base.get("bs"))
        reading.unit = _SUM_UNITS.get(reading.unit or "")
    elif reading.label == "v":
        reading.value = _offset(reading.value, base.get("bv"))
    known = thing.readings.get(path)
    if known is None or known.time <= reading.time:
        thing.readings[path] = reading


def _identity_and_name(base_name: str, name: str) -> tuple[str | None, str]:
    """Return the device and the name of a value below it.

    The base name is the device; if it is missing, a whole URN is. Values without a name of their own are distinguished
    by their units.
    """
    identity = label(base_name.rstrip(_SEPARATORS))
    if identity is None and name.startswith("urn:"):
        return label(name), ""
    return identity, name


def _offset(value: Any, base: Any) -> Any:
    return value if not base or value is None else value + base


def _sum_of(*parts: Any) -> float:
    """Return a time in seconds; an overflow counts as now."""
    try:
        return float(sum(part for part in parts if part is not None))
    except OverflowError:
        return 0.0
