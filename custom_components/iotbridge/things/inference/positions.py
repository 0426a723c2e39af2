"""Positions: a problem for each list whose records are told apart by their positions only. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from ..model.message import Path, Problem, ProblemKind
from ..model.profile import Reading, key_of

MAX_LISTS = 5
MAX_KEY = 60


def by_position(readings: Iterable[Reading]) -> tuple[Problem, ...]:
    """Return a problem for each list with several records that carry no identity, if their values are enabled."""
    records: defaultdict[str, set[Path]] = defaultdict(set)
    for reading in readings:
        path = reading.channel.path
        for level, (part, member) in enumerate(pairwise(path)):
            if reading.channel.enabled and isinstance(part, int) and isinstance(member, str):
                elements = tuple(name for name in path[:level] if isinstance(name, str))
                records[key_of(reading.channel.subtopic, elements)].add(path[: level + 1])
    lists = [key for key, elements in records.items() if len(elements) > 1]
    return tuple(Problem(ProblemKind.BY_POSITION, (("field", key[:MAX_KEY] or "[]"),)) for key in lists[:MAX_LISTS])
