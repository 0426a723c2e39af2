"""Builder of reports for the decoders: limits the fields, and adds a problem for each part that is left out."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import isfinite
import re
from typing import Any

from ..model.message import Decoded, DecodeError, DeviceMetadata, Field, Path, Problem, ProblemKind, Report, Scalar
from ..model.profile import key_of

MAX_FIELDS = 500
MAX_LEVELS = 16
# Empty containers add no field, so the number of visited nodes is limited as well.
MAX_NODES = 5_000
# Home Assistant's limit for a state; a longer key or text is not a reading.
MAX_TEXT = 255
MAX_PROBLEMS = 20
_MAX_SHOWN = 60
_WIDEST = 2**64

# Members that carry bytes as text, for a codec. In other members hex may be a serial number.
_CARRIERS = re.compile(r"(frm_?|raw_?)?(payload|data|bytes|message|hex)(_?(raw|hex|base64|b64))?|\w*_?raw_?data|"
                       r"(manufacturer|service)_?data|raw", re.IGNORECASE)  # fmt: skip
_PADDED_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*+[A-Za-z0-9+/_-]{2}(?:==|[A-Za-z0-9+/_-]=)")
_PLAIN_BASE64 = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)(?:[A-Za-z0-9+/]{4}){4,}+")
_HEX = re.compile(r"(?=.*[A-Fa-f])(?=.*\d)(?:[0-9A-Fa-f]{2}){8,}+|(?:[0-9A-Fa-f]{2} ){3,}+[0-9A-Fa-f]{2}")
_SHORT_HEX = re.compile(r"(?=.*[A-Fa-f])(?=.*\d)(?:[0-9A-Fa-f]{2}){3,}+|\d{16,}+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class ReportBuilder:
    """Fields of one message by device, and its problems; the limits apply to the whole message."""

    def __init__(self) -> None:
        self.problems: dict[Problem, None] = {}
        self._reports: list[Report] = []
        self._fields: list[Field] = []
        self._free_fields = MAX_FIELDS
        self._nodes = MAX_NODES

    def problem(self, kind: ProblemKind, **placeholders: str) -> None:
        """Add a problem for a part that is left out."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems[Problem(kind, tuple(placeholders.items()))] = None

    def too_complex(self) -> None:
        """Add the problem of a message with too many fields or levels."""
        self.problem(ProblemKind.TOO_COMPLEX, fields=str(MAX_FIELDS), levels=str(MAX_LEVELS))

    def encoded(self, path: Path) -> None:
        """Add the problem of bytes at a path in an encoding of the manufacturer."""
        self.problem(ProblemKind.ENCODED, field=shown(path))

    def add(
        self, path: Path, raw: Any, *, name: str | None = None, unit: str | None = None, technical: bool = False
    ) -> None:
        """Add a value, if a state can hold it."""
        if not self._free_fields:
            self.too_complex()
            return
        encoded = isinstance(raw, bytes) or (isinstance(raw, str) and bool(path) and carries_bytes(path[-1], raw))
        usable, value = scalar(raw)
        if encoded:
            self.encoded(path)
        if not usable or _too_long(path):
            if not encoded:
                self.problem(ProblemKind.MEMBER_UNUSABLE, field=shown(path))
            return
        self._free_fields -= 1
        self._fields.append(Field(path=path, value=value, name=name, unit=unit, technical=technical, encoded=encoded))

    def walk(self, path: Path, node: Any) -> None:
        """Add every value of a document; ``path`` is the place of the document."""
        children: Iterable[tuple[str | int, Any]]
        if isinstance(node, dict):
            children = ((key_text(key), child) for key, child in node.items())
        elif isinstance(node, list):
            children = enumerate(node)
        else:
            self.add(path, node)
            return
        if len(path) >= MAX_LEVELS:
            self.too_complex()
            return
        for key, child in children:
            if not self._free_fields or not self._nodes:
                self.too_complex()
                return
            self._nodes -= 1
            self.walk((*path, key), child)

    def report(self, identity: str | None = None, metadata: DeviceMetadata | None = None) -> None:
        """Complete the report of one device, unless it has no fields."""
        if self._fields:
            self._reports.append(
                Report(fields=tuple(self._fields), identity=identity, metadata=metadata or DeviceMetadata())
            )
            self._fields = []

    def decoded(self, name: str, *, exact: bool = False) -> Decoded:
        """Return the decoded message.

        Raises:
            DecodeError: there is no field; with the first problem as the reason.
        """
        self.report()
        problems = tuple(self.problems)
        if not self._reports:
            if problems:
                raise DecodeError(problems[0].kind, **dict(problems[0].placeholders))
            raise DecodeError(ProblemKind.NO_VALUES)
        reports = [_named(report) for report in self._reports] if len(self._reports) > 1 else self._reports
        return Decoded(format=name, reports=tuple(reports), exact=exact, problems=problems)


def _named(report: Report) -> Report:
    """Return a report whose device has a name: the topic of several devices names none of them."""
    if report.identity is None or report.metadata.name:
        return report
    name = report.identity.rpartition(":")[2] if report.identity.startswith("urn:") else report.identity
    return replace(report, metadata=replace(report.metadata, name=name))


def key_text(key: Any) -> str:
    """Return the name of a member in a path: CBOR has keys that are numbers, bytes or worse."""
    if isinstance(key, str):
        return key if key.isascii() else well_formed(key)
    if isinstance(key, bytes):
        return key[:MAX_TEXT].hex()
    usable, value = scalar(key)
    return str(value) if usable else type(key).__name__


def scalar(raw: Any) -> tuple[bool, Scalar]:
    """Return whether a state can hold the value, and the value."""
    match raw:
        case None | bool():
            return True, raw
        case int():
            return _number(raw)
        case float():
            return True, raw if isfinite(raw) else None
        case str():
            text = raw if raw.isascii() else well_formed(raw)
            return len(text) <= MAX_TEXT, text
        case Decimal():
            return _number(raw)
    return False, None


def _too_long(path: Path) -> bool:
    for part in path:  # noqa: SIM110 - a generator for each field costs as much as the rest
        if isinstance(part, str) and len(part) > MAX_TEXT:
            return True
    return False


def _number(raw: int | Decimal) -> tuple[bool, Scalar]:
    """Return a number that JSON can hold; wider ones lose digits, as in any JSON parser."""
    if isinstance(raw, int) and -_WIDEST < raw < _WIDEST:
        return True, raw
    try:
        number = float(raw)
    except OverflowError, ValueError:
        return False, None
    return True, number if isfinite(number) else None


def well_formed(text: str) -> str:
    """Return text that UTF-8 can encode: half a surrogate pair, from broken JSON escapes, is replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def label(raw: Any) -> str | None:
    """Return the text of an identity or a name; None if it is empty, too long or not a text."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        return None
    usable, value = scalar(raw)
    text = str(value) if usable else ""
    return (text if text.isprintable() else _CONTROL.sub(" ", text)).strip() or None


def shown(path: Path) -> str:
    """Return a path for a sentence: short, and on one line."""
    text = key_of("", tuple(part[: _MAX_SHOWN + 1] if isinstance(part, str) else part for part in path))
    text = _CONTROL.sub(" ", well_formed(text))
    return f"{text[:_MAX_SHOWN]}…" if len(text) > _MAX_SHOWN else text or "payload"


def looks_encoded(text: str) -> bool:
    """Return whether a text consists of bytes in base64 or hex."""
    return bool(_PADDED_BASE64.fullmatch(text) or _PLAIN_BASE64.fullmatch(text) or _HEX.fullmatch(text))


def carries_bytes(key: str | int, text: str) -> bool:
    """Return whether a member is meant to carry bytes as text, and does."""
    if not isinstance(key, str) or len(key) > _MAX_SHOWN or not text or not _CARRIERS.fullmatch(key):
        return False
    return bool(_SHORT_HEX.fullmatch(text)) or looks_encoded(text)
