"""Decoder of the InfluxDB line protocol: ``weather,room=hall temperature=21.5,open=t 1465839830100400200``.

A line is matched by regular expressions that cannot backtrack. The packages for it (line-protocol-parser is a C
extension for one line, pyilpp needs pyparsing) are more to install than this file is to read.
"""

import re

from ..model.message import Decoded, Path, Scalar
from .payload import Payload
from .report_builder import ReportBuilder
from .scalars import label

_NAME = r"(?:[^,= \\\n]|\\.)++"
_LINE = re.compile(
    r"(?P<measurement>(?!#)(?:[^,= \\\n]|\\.)++)"
    rf"(?P<tags>(?:,{_NAME}={_NAME})*+) +"
    rf'(?P<fields>{_NAME}=(?:"(?:[^"\\]|\\.)*+"|[^," \n]++)(?:,{_NAME}=(?:"(?:[^"\\]|\\.)*+"|[^," \n]++))*+)'
    r"(?: +(?P<time>-?\d{1,19}))? *(?:\r?\n\s*|$)",
    re.DOTALL,
)
_COMMENT = re.compile(r"#[^\n]*(?:\n|$)\s*")
_TAG = re.compile(rf",({_NAME})=({_NAME})")
_FIELD = re.compile(rf'({_NAME})=("(?:[^"\\]|\\.)*+"|[^," \n]++)')
_ESCAPE = re.compile(r"\\([,= \"\\])")
_INTEGER = re.compile(r"-?\d{1,20}[iu]")
_FLOAT = re.compile(r"[+-]?\d{1,30}\.?\d{0,30}(?:[eE][+-]?\d{1,3})?")
_TRUE, _FALSE = {"t", "T", "true", "True", "TRUE"}, {"f", "F", "false", "False", "FALSE"}
_IDENTITIES = ("device_id", "device", "id", "sensor_id", "sensor", "mac", "serial", "node", "host", "name")
_UNITS = {"unit", "units"}
_MAX_LINES = 1000
_MAX_TEXT = 256 * 1024
# One line is one step of the regular expression engine, which blocks all threads meanwhile.
_MAX_LINE = 16 * 1024
_NOT_A_VALUE = object()


def decode(payload: Payload) -> Decoded | None:
    """Decode lines; each set of tags is a device, and the newest value of a field is used."""
    points = _points(payload.text) if payload.text and len(payload.text) <= _MAX_TEXT else None
    if not points:
        return None
    devices: dict[str | None, dict[Path, tuple[int, Scalar, str | None]]] = {}
    for tags, measurement, fields, time in points:
        device = devices.setdefault(_identity(tags), {})
        unit = next((tags[key] for key in tags if key in _UNITS), None)
        for name, value in fields.items():
            known = device.get((measurement, name))
            if known is None or known[0] <= time:
                device[measurement, name] = (time, value, unit)
    builder = ReportBuilder()
    for identity, values in devices.items():
        for path, (_, value, unit) in values.items():
            builder.add(path, value, unit=label(unit))
        builder.report(identity)
    return builder.decoded("influx")


def _points(text: str) -> list[tuple[dict[str, str], str, dict[str, Scalar], int]] | None:
    """Return tags, measurement, fields and time of each line; None if a line has another format."""
    points: list[tuple[dict[str, str], str, dict[str, Scalar], int]] = []
    position = 0
    while position < len(text) and len(points) < _MAX_LINES:
        if comment := _COMMENT.match(text, position):
            position = comment.end()
            continue
        if text.find("\n", position, position + _MAX_LINE) < 0 and len(text) - position > _MAX_LINE:
            return None
        line = _LINE.match(text, position)
        fields = _fields(line["fields"]) if line else None
        if line is None or fields is None:
            return None
        tags = {_unescaped(key): _unescaped(value) for key, value in _TAG.findall(line["tags"])}
        points.append((tags, _unescaped(line["measurement"]), fields, int(line["time"] or 0)))
        position = line.end()
    return points


def _fields(text: str) -> dict[str, Scalar] | None:
    fields = {_unescaped(key): _value(raw) for key, raw in _FIELD.findall(text)}
    return None if _NOT_A_VALUE in fields.values() else fields


def _value(raw: str) -> Scalar:
    if raw.startswith('"'):
        return _unescaped(raw[1:-1])
    if _INTEGER.fullmatch(raw):
        return int(raw[:-1])
    if _FLOAT.fullmatch(raw):
        return float(raw)
    if raw in _TRUE or raw in _FALSE:
        return raw in _TRUE
    return _NOT_A_VALUE  # type: ignore[return-value]


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(r"\1", text)


def _identity(tags: dict[str, str]) -> str | None:
    """Return the tag that identifies a device, or all tags together."""
    for key in _IDENTITIES:
        if key in tags:
            return label(tags[key])
    return label("/".join(tags[key] for key in sorted(tags) if key not in _UNITS))
