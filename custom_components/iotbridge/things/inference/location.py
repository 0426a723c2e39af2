"""Positions: latitude and longitude become one channel. Pure."""

from collections.abc import Sequence

from ..model.message import Path
from ..model.profile import Channel
from ..vocabulary.keys.positions import ACCURACY, ALTITUDE, LATITUDE, LONGITUDE
from .candidates.candidate import Candidate
from .tokens import Words


def positions(candidates: Sequence[Candidate]) -> tuple[list[tuple[Candidate, Channel]], list[Candidate]]:
    """Return the positions with their channels, and the other candidates.

    Accuracy and altitude remain readings of their own, beside being companions of the position.
    """
    located: list[tuple[Candidate, Channel]] = []
    used: set[int] = set()
    for candidate in candidates:
        rest = without(candidate.leaf, LATITUDE)
        if rest is None or not is_degrees(candidate, 90):
            continue
        partner = next((other for other in candidate.siblings if without(other.leaf, LONGITUDE) == rest), None)
        if partner is None or partner.subtopic != candidate.subtopic or not is_degrees(partner, 180):
            continue
        used |= {id(candidate), id(partner)}
        companions: list[tuple[str, Path]] = [("longitude", partner.field.path)]
        for role, table in (("accuracy", ACCURACY), ("altitude", ALTITUDE)):
            path = next((other.field.path for other in candidate.siblings if without(other.leaf, table) == rest), None)
            if path is not None:
                companions.append((role, path))
        channel = Channel(
            name="Location",
            path=candidate.field.path,
            subtopic=candidate.subtopic,
            platform="device_tracker",
            companions=tuple(companions),
            enabled=not candidate.field.technical,
        )
        located.append((candidate, channel))
    return located, [candidate for candidate in candidates if id(candidate) not in used]


def without(words: Words, table: frozenset[str]) -> Words | None:
    """Return the words other than that of a table: () for "lat", ("gps",) for "gps_lat"; None without such a word."""
    return tuple(word for word in words if word not in table) if any(word in table for word in words) else None


def is_degrees(candidate: Candidate, most: float) -> bool:
    """Return whether a value can be a latitude or a longitude, or is missing."""
    return candidate.value is None or (candidate.number is not None and abs(candidate.number) <= most)
