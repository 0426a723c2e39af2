"""Cache of the last messages on the topics of a thing, limited in number and size. Pure."""

from collections import OrderedDict
from collections.abc import Iterable

from ..model.message import Sample
from ..model.reporting_interval import FloodDetector

MAX_SAMPLES = 300
MAX_TOPICS = 5000
MAX_PAYLOAD = 16 * 1024


class SampleCache:
    """Newest message of each kind on each topic, with the time and the rate of the messages on a topic.

    A device may send different messages on one topic (now the temperature, now the battery): the newest of each kind,
    distinguished by its fields, is kept.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._samples: OrderedDict[tuple[str, frozenset[str]], Sample] = OrderedDict()
        self._decoded_at: OrderedDict[str, float] = OrderedDict()
        self._floods: OrderedDict[str, FloodDetector] = OrderedDict()

    @property
    def samples(self) -> list[Sample]:
        """Return the cached messages, oldest first."""
        return list(self._samples.values())

    def keep(self, sample: Sample, fields: Iterable[str]) -> None:
        """Store a message that has these fields."""
        if len(sample.payload) > MAX_PAYLOAD:
            return
        key = (sample.topic, frozenset(fields))
        self._samples[key] = sample
        self._samples.move_to_end(key)
        if len(self._samples) > MAX_SAMPLES:
            self._samples.popitem(last=False)

    def decoded_at(self, topic: str) -> float | None:
        """Return when a message on the topic was last decoded."""
        return self._decoded_at.get(topic)

    def mark_decoded(self, topic: str, now: float) -> None:
        """Record that a message on the topic is decoded."""
        _put(self._decoded_at, topic, now)

    def is_flood(self, topic: str, now: float, devices: int = 1) -> bool:
        """Count a message on the topic of some devices; return whether there are too many."""
        flood = self._floods.get(topic)
        if flood is None:
            flood = FloodDetector()
            _put(self._floods, topic, flood)
        return flood.count(now, devices)

    def flooding(self, now: float) -> set[str]:
        """Return the topics with a flood."""
        return {topic for topic, flood in self._floods.items() if flood.is_on(now)}


def _put[T](cache: OrderedDict[str, T], topic: str, value: T) -> None:
    cache[topic] = value
    cache.move_to_end(topic)
    if len(cache) > MAX_TOPICS:
        cache.popitem(last=False)
