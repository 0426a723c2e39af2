"""Numbers of a connector: the data path writes them, health and metrics read them."""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

from iotbridge_agent.kafka.states import ConnectorState

LATENCY_BOUNDS_S = (0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)
"""Upper bounds of the buckets; a last bucket has no bound."""


@dataclass
class Latency:
    """Histogram of the seconds from the arrival of a message to Kafka's delivery report."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))
    sum_s: float = 0.0
    _before: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_S) + 1))

    @property
    def count(self) -> int:
        """Return the number of all messages."""
        return sum(self.counts)

    def add(self, seconds: float, number: int) -> None:
        """Count messages that took so long."""
        self.counts[bisect_left(LATENCY_BOUNDS_S, seconds)] += number
        self.sum_s += seconds * number

    def begin_period(self) -> None:
        """Begin a new period for ``quantile``."""
        self._before = self.counts.copy()

    def quantile(self, part: float) -> float | None:
        """Return the seconds within which this part of the period's messages was delivered; None without messages.

        The position within a bucket is interpolated.
        """
        counts = [now - before for now, before in zip(self.counts, self._before, strict=True)]
        rank = part * sum(counts)
        if not rank:
            return None
        low = 0.0
        for number, high in zip(counts, (*LATENCY_BOUNDS_S, LATENCY_BOUNDS_S[-1]), strict=True):
            if number and rank <= number:
                return low + (high - low) * rank / number
            rank -= number
            low = high
        return low


@dataclass
class Counters:
    """Numbers of one connector since its start."""

    routes_in: list[int]
    """Messages that matched a route, by its index."""
    routes_out: list[int]
    """Records of a route that Kafka confirmed, by its index."""
    in_total: int = 0
    out_total: int = 0
    dead: Counter[str] = field(default_factory=Counter)
    """Dead letters and messages without a route, by reason."""
    duplicates: int = 0
    """Messages that the broker sent again and that were not sent to Kafka twice."""
    dropped_by_broker: int | None = None
    """Messages that the broker dropped, if it says so."""
    spool_records: int = 0
    spool_bytes: int = 0
    oldest_ms: int | None = None
    """Arrival of the oldest record in the spool, in milliseconds of the epoch."""
    state: ConnectorState = ConnectorState.LIVE
    mqtt: bool = False
    kafka: bool = False
    problem: str = ""
    """Sentence about the present problem, or empty."""
    latency: Latency = field(default_factory=Latency)
