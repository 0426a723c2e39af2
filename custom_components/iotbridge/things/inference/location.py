"""Positions: latitude and longitude become one place on the map. Pure."""

from collections.abc import Sequence

from ..model.message import Path
from ..model.profile import Channel
from ..vocabulary.keys.positions import ACCURACY, ALTITUDE, LATITUDE, LONGITUDE
from .candidates.candidate import Place
from .tokens import Words


def positions(places: Sequence[Place]) -> tuple[list[tuple[Place, Channel]], list[Place]]:
    """Return the positions with their channels, and the other places.

    Accuracy and altitude stay readings of their own beside being members of the position.
    """
    found: list[tuple[Place, Channel]] = []
    used: set[int] = set()
    for candidate in places:
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
        found.append((candidate, channel))
    return found, [candidate for candidate in places if id(candidate) not in used]


def without(words: Words, table: frozenset[str]) -> Words | None:
    """Return the words beside the one of a table: () for "lat", ("gps",) for "gps_lat"; None where there is none."""
    return tuple(word for word in words if word not in table) if any(word in table for word in words) else None


def is_degrees(candidate: Place, most: float) -> bool:
    """Return whether a value can be a latitude or a longitude; nothing yet can."""
    return candidate.value is None or (candidate.number is not None and abs(candidate.number) <= most)
