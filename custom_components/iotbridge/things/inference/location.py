"""Positions: latitude and longitude become one channel. Pure."""

from collections.abc import Sequence

from ..model.profile import Channel
from ..vocabulary.keys.positions import ACCURACY, ALTITUDE, LATITUDE, LONGITUDE
from .candidates.candidate import Candidate
from .tokens import Words

# Members beside a latitude, by the role that they have for its channel.
COMPANIONS = {"longitude": LONGITUDE, "accuracy": ACCURACY, "altitude": ALTITUDE}


def positions(candidates: Sequence[Candidate]) -> tuple[list[tuple[Candidate, Channel]], list[Candidate]]:
    """Return the positions with their channels, and the other candidates.

    Accuracy and altitude remain readings of their own, beside being companions of the position.
    """
    located: list[tuple[Candidate, Channel]] = []
    used: set[Candidate] = set()
    for candidate in candidates:
        companions = companions_of(candidate)
        longitude = companions.get("longitude")
        if longitude is None or longitude.subtopic != candidate.subtopic or not is_degrees(longitude, 180):
            continue
        used |= {candidate, longitude}
        channel = Channel(
            name="Location",
            path=candidate.field.path,
            subtopic=candidate.subtopic,
            platform="device_tracker",
            companions=tuple((role, companion.field.path) for role, companion in companions.items()),
            enabled=not candidate.field.technical,
        )
        located.append((candidate, channel))
    return located, [candidate for candidate in candidates if candidate not in used]


def companions_of(candidate: Candidate) -> dict[str, Candidate]:
    """Return the companions of a latitude by their roles; none for any other value."""
    rest = without(candidate.leaf, LATITUDE)
    if rest is None or not is_degrees(candidate, 90):
        return {}
    return {
        role: companion
        for role, words in COMPANIONS.items()
        for companion in reversed(candidate.siblings)
        if without(companion.leaf, words) == rest
    }


def without(words: Words, table: frozenset[str]) -> Words | None:
    """Return the words other than that of a table: () for "lat", ("gps",) for "gps_lat"; None without such a word."""
    return tuple(word for word in words if word not in table) if any(word in table for word in words) else None


def is_degrees(candidate: Candidate, most: float) -> bool:
    """Return whether a value can be a latitude or a longitude, or is missing."""
    return candidate.value is None or (candidate.number is not None and abs(candidate.number) <= most)
