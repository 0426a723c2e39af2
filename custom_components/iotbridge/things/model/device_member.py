"""Device member: the member of a message that names its device, on a topic that several devices share. Pure.

Its path has no indexes of lists: ``("readings", "mac")`` is the member ``mac`` of each record in the list ``readings``,
and the other fields of the record belong to the same device.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
import re

from .message import Decoded, DeviceMetadata, Field, Path, Report, Scalar
from .profile import Profile
from .topic_matching import TopicMatch, count_blanks, name_from

MAX_TEXT = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
# Addresses that no two devices have: of network cards, of radio modules, of mobile networks, node numbers of 32 bits.
_UNIQUE = re.compile(r"!?(0x)?[0-9a-f]{8,}|[0-9a-f]{2}([:-][0-9a-f]{2}){3,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Fewer different digits are a placeholder, or a small number with leading zeros.
_FEWEST_DIGITS = 3


class DeviceSplitter:
    """Splits decoded messages into one report for each device, by the device member of a profile.

    A field without a device belongs to the gateway, which has the identity of the topic.
    """

    def __init__(
        self,
        topic_filter: str,
        depth: int,
        device_member: Path | None,
        name_member: Path | None = None,
        reading: str = "",
    ) -> None:
        """``device_member`` None leaves messages unchanged; ``topic_filter`` and ``depth`` as in the profile.

        ``reading`` is the name of the only reading, which is not to be that of the device.
        """
        self._member = device_member
        self._name_member = name_member
        self._reading = reading
        self._has_gateways = count_blanks(topic_filter, depth) > 0

    @classmethod
    def of(cls, profile: Profile) -> DeviceSplitter:
        """Return the splitter of a profile."""
        reading = profile.channels[0].name if len(profile.channels) == 1 else ""
        return cls(profile.topic, profile.depth, profile.device_member, profile.name_member, reading)

    def split(self, match: TopicMatch, decoded: Decoded) -> Decoded:
        """Return the message with a report for each device; a report with an identity of its own is left unchanged."""
        if self._member is None:
            return decoded
        reports: list[Report] = []
        for report in decoded.reports:
            reports += [report] if report.identity is not None else self._split(match, report)
        return replace(decoded, reports=tuple(reports))

    def default_name(self, match: TopicMatch, identity: str) -> str:
        """Return the name of a device whose messages state none."""
        if self._member is None or identity == match.identity:
            return name_from(match.base, self._reading)
        text = identity.removeprefix(f"{match.identity}/")
        return text if any(letter.isalpha() for letter in text) else f"{name_from(match.base)} {text}"

    def _split(self, match: TopicMatch, report: Report) -> Iterable[Report]:
        owners = self._owners(report.fields)
        if not owners:
            return [report]
        lengths = sorted({len(record) for record in owners}, reverse=True)
        rest: list[Field] = []
        by_owner: dict[str, list[Field]] = {owner: [] for owner in owners.values()}
        for field in report.fields:
            path = raw_path(field)
            record = next((path[:length] for length in lengths if path[:length] in owners), None)
            if record is None:
                rest.append(field)
            elif without_indexes(path) != self._member:
                by_owner[owners[record]].append(_within(record, field))
        devices = [self._report(match, owner, fields) for owner, fields in by_owner.items() if fields]
        return [replace(report, fields=tuple(rest)), *devices] if rest else devices

    def _owners(self, fields: Iterable[Field]) -> Mapping[Path, str]:
        """Return the texts of the device member, by the records in which it is."""
        return {
            element_path(raw_path(field)): text
            for field in fields
            if without_indexes(raw_path(field)) == self._member and (text := identity_text(field.value))
        }

    def _report(self, match: TopicMatch, owner: str, fields: Iterable[Field]) -> Report:
        identity = f"{match.identity}/{owner}" if self._has_gateways and not is_unique(owner) else owner
        fields = tuple(fields)
        names = (identity_text(field.value) for field in fields if field.path == self._name_member)
        return Report(
            fields=fields,
            identity=identity,
            subtopic=match.subtopic,
            metadata=DeviceMetadata(name=next((name for name in names if name), None)),
        )


def raw_path(field: Field) -> Path:
    """Return the path of a field with the elements of lists by index."""
    return field.paths[-1]


def without_indexes(path: Path) -> Path:
    """Return a path without the indexes of lists."""
    return tuple(part for part in path if isinstance(part, str))


def element_path(path: Path) -> Path:
    """Return the innermost element of a list in which a path is; empty for the message itself."""
    return path[: max((place + 1 for place, part in enumerate(path) if isinstance(part, int)), default=0)]


def identity_text(value: Scalar) -> str | None:
    """Return the text of an identity or a name; None for a value that is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return _CONTROL.sub(" ", str(value)).strip()[:MAX_TEXT] or None


def is_unique(text: str) -> bool:
    """Return whether a text is an address that only one device in the world has; a name or a bus address is not."""
    digits = re.sub(r"[^0-9a-f]", "", text.lower().removeprefix("0x"))
    return _UNIQUE.fullmatch(text.lower()) is not None and len(set(digits)) >= _FEWEST_DIGITS


def _within(record: Path, field: Field) -> Field:
    """Return a field with its path within a record, which is the same in each."""
    if not record:
        return field
    return replace(field, path=(*without_indexes(record), *field.path[len(record) :]), raw_path=None, named_path=None)
