"""Which topics may be listened to, and whose they are already."""

from collections.abc import Iterable

from ..devices.topics import matches
from ..protocol.topics import topic_fault as fault

__all__ = ["below_one_of", "covers", "fault", "is_topic"]


def is_topic(topic: str) -> bool:
    """Tell whether messages can be published on a topic."""
    return fault(topic) is None and not {"+", "#"} & set(topic)


def covers(known: str, wanted: str) -> bool:
    """Tell whether a filter covers all that another one does."""
    if wanted.endswith("#") and not known.endswith("#"):
        return False
    return matches(known, wanted)


def below_one_of(prefixes: Iterable[str], topic: str) -> bool:
    """Tell whether a topic or filter is inside one of the trees."""
    return any(topic == prefix or topic.startswith(f"{prefix}/") for prefix in prefixes)
