"""Builder of reports for the decoders: limits the fields, and adds a problem for each part that is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
import re
from typing import Any

from ..model.message import Decoded, DecodeError, DeviceMetadata, Field, Path, Problem, ProblemKind, Report
from ..model.profile import key_of
from . import records
from .scalars import CONTROL, MAX_TEXT, key_text, scalar, well_formed

MAX_FIELDS = 500
MAX_LEVELS = 16
# Empty containers add no field, so the number of visited nodes is limited as well.
MAX_NODES = 5_000
MAX_PROBLEMS = 20
_MAX_SHOWN = 60

# Members that carry bytes as text, for a codec. In other members hex may be a serial number.
_CARRIERS = re.compile(r"(frm_?|raw_?)?(payload|data|bytes|message|hex)(_?(raw|hex|base64|b64))?|\w*_?raw_?data|"
                       r"(manufacturer|service)_?data|raw", re.IGNORECASE)  # fmt: skip
_PADDED_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})*+[A-Za-z0-9+/_-]{2}(?:==|[A-Za-z0-9+/_-]=)")
_PLAIN_BASE64 = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=\D*\d)(?:[A-Za-z0-9+/]{4}){4,}+")
_HEX = re.compile(r"(?=.*[A-Fa-f])(?=.*\d)(?:[0-9A-Fa-f]{2}){8,}+|(?:[0-9A-Fa-f]{2} ){3,}+[0-9A-Fa-f]{2}")
_SHORT_HEX = re.compile(r"(?=.*[A-Fa-f])(?=.*\d)(?:[0-9A-Fa-f]{2}){3,}+|\d{16,}+")


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
        self,
        path: Path,
        raw: Any,
        *,
        raw_path: Path | None = None,
        name: str | None = None,
        unit: str | None = None,
        technical: bool = False,
    ) -> None:
        """Add a value, if a state can hold it; ``raw_path`` is its place, if it is not its path."""
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
        if raw_path == path:
            raw_path = None
        self._fields.append(
            Field(
                path=path,
                value=value,
                raw_path=raw_path,
                name=name,
                unit=unit,
                technical=technical,
                encoded=encoded,
            )
        )

    def walk(self, path: Path, node: Any, raw_path: Path | None = None) -> None:
        """Add every value of a document; ``path`` is the place of the document.

        Records of a list are addressed by their identity; ``raw_path`` is the place of one, by its index.
        """
        raw_path = path if raw_path is None else raw_path
        if not isinstance(node, dict | list):
            self.add(path, node, raw_path=raw_path)
        elif len(raw_path) >= MAX_LEVELS:
            self.too_complex()
        elif isinstance(node, dict):
            self._walk_members(path, node, raw_path)
        else:
            self._walk_elements(path, node, raw_path)

    def _walk_members(self, path: Path, members: Mapping[Any, Any], raw_path: Path) -> None:
        for key, child in members.items():
            if not self._has_room():
                return
            part = key_text(key)
            self.walk((*path, part), child, (*raw_path, part))

    def _walk_elements(self, path: Path, elements: Sequence[Any], raw_path: Path) -> None:
        levels = MAX_LEVELS - len(raw_path)
        leaves = list(islice(records.flattened(elements, levels), self._nodes + 1))
        known, outdated = records.by_place(path[-1] if path else "", leaves)
        for place, element in leaves:
            if place in outdated:
                continue
            if not self._has_room():
                return
            raw_place = (*raw_path, *place)
            if record := known.get(place):
                self._walk_record((*path, record.identity), element, raw_place, record)
            else:
                self.walk((*path, *place), element, raw_place)

    def _walk_record(self, path: Path, members: Any, raw_path: Path, record: records.IdentifiedRecord) -> None:
        if record.value_key is None:
            self.walk(path, members, raw_path)
            return
        value_path = (*raw_path, record.value_key if isinstance(members, list) else key_text(record.value_key))
        self.add(path, members[record.value_key], raw_path=value_path, name=record.name, unit=record.unit)
        if not record.is_single:
            others = {key: value for key, value in members.items() if key != record.value_key}
            self._walk_members(path, others, raw_path)

    def _has_room(self) -> bool:
        """Count a visited node; return whether the limits allow it."""
        if not self._free_fields or not self._nodes:
            self.too_complex()
            return False
        self._nodes -= 1
        return True

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


def _too_long(path: Path) -> bool:
    for part in path:  # noqa: SIM110 - a generator for each field costs as much as the rest
        if isinstance(part, str) and len(part) > MAX_TEXT:
            return True
    return False


def shown(path: Path) -> str:
    """Return a path for a sentence: short, and on one line."""
    text = key_of("", tuple(part[: _MAX_SHOWN + 1] if isinstance(part, str) else part for part in path))
    text = CONTROL.sub(" ", well_formed(text))
    return f"{text[:_MAX_SHOWN]}…" if len(text) > _MAX_SHOWN else text or "payload"


def looks_encoded(text: str) -> bool:
    """Return whether a text consists of bytes in base64 or hex."""
    return bool(_PADDED_BASE64.fullmatch(text) or _PLAIN_BASE64.fullmatch(text) or _HEX.fullmatch(text))


def carries_bytes(key: str | int, text: str) -> bool:
    """Return whether a member is meant to carry bytes as text, and does."""
    if not isinstance(key, str) or len(key) > _MAX_SHOWN or not text or not _CARRIERS.fullmatch(key):
        return False
    return bool(_SHORT_HEX.fullmatch(text)) or looks_encoded(text)
