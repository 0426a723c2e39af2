"""Builder of reports for the decoders: limits the fields, and adds a problem for each part that is left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
import re
from typing import Any, NamedTuple

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


class _Place(NamedTuple):
    """Place of a node in a document, by the paths of a ``Field``; they are one until there is a record."""

    path: Path
    raw_path: Path
    named_path: Path
    outdated: bool = False

    def below(self, *parts: str | int) -> _Place:
        """Return the place of a member, or of an element that is found by its indexes."""
        path = (*self.path, *parts)
        if self.raw_path is self.path:
            return _Place(path, path, path, self.outdated)
        return _Place(path, (*self.raw_path, *parts), (*self.named_path, *parts), self.outdated)

    def record(self, indexes: Path, identity: str, names: Mapping[str, str]) -> _Place:
        """Return the place of a record that is found by its identity; ``names`` are those of all records."""
        named = (*self.named_path, names.get(identity, identity))
        return _Place((*self.path, identity), (*self.raw_path, *indexes), named, self.outdated)


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
        named_path: Path | None = None,
        name: str | None = None,
        unit: str | None = None,
        technical: bool = False,
        outdated: bool = False,
    ) -> None:
        """Add a value, if a state can hold it; the paths as in ``Field``, also if they do not differ."""
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
        self._fields.append(
            Field(
                path=path,
                value=value,
                raw_path=None if raw_path == path else raw_path,
                named_path=None if named_path == path else named_path,
                name=name,
                unit=unit,
                technical=technical,
                outdated=outdated,
                encoded=encoded,
            )
        )

    def walk(self, path: Path, node: Any) -> None:
        """Add every value of a document at a path; records of a list are addressed by their identity."""
        self._walk(_Place(path, path, path), node)

    def _walk(self, place: _Place, node: Any) -> None:
        if not isinstance(node, dict | list):
            self.add(place.path, node, raw_path=place.raw_path, named_path=place.named_path, outdated=place.outdated)
        elif len(place.raw_path) >= MAX_LEVELS:
            self.too_complex()
        elif isinstance(node, dict):
            self._walk_members(place, node)
        else:
            self._walk_elements(place, node)

    def _walk_members(self, place: _Place, members: Mapping[Any, Any]) -> None:
        for key, child in members.items():
            if not self._has_room():
                return
            self._walk(place.below(key_text(key)), child)

    def _walk_elements(self, place: _Place, elements: Sequence[Any]) -> None:
        levels = MAX_LEVELS - len(place.raw_path)
        most = self._nodes + 1
        leaves = list(islice(records.flattened(elements[:most], levels), most))
        known, repeated = records.by_place(place.path[-1] if place.path else "", leaves)
        names = records.names_of(known)
        for indexes, element, outdated in leaves:
            if indexes in repeated:
                continue
            if not self._has_room():
                return
            if record := known.get(indexes):
                found = place.record(indexes, record.identity, names) if record.identity else place.below(*indexes)
                self._walk_record(found, element, record)
            else:
                below = place.below(*indexes)
                self._walk(below._replace(outdated=True) if outdated else below, element)

    def _walk_record(self, place: _Place, members: Any, record: records.IdentifiedRecord) -> None:
        if record.value_key is None:
            self._walk(place, members)
            return
        key = record.value_key if isinstance(members, list) else key_text(record.value_key)
        self.add(
            place.path if record.identity else (*place.path, key),
            members[record.value_key],
            raw_path=(*place.raw_path, key),
            named_path=place.named_path if record.identity and record.is_single else (*place.named_path, key),
            name=record.value_name,
            unit=record.unit,
            outdated=place.outdated,
        )
        if not record.is_single:
            self._walk_members(place, {key: value for key, value in members.items() if key != record.value_key})

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
