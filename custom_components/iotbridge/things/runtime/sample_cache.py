"""Cache of the last messages on the topics of a thing, limited in number and size. Pure."""

from collections import OrderedDict
from collections.abc import Iterable

from ..model.message import Sample
from ..model.reporting_interval import FloodDetector

MAX_SAMPLES = 300
MAX_TOPICS = 5000
MAX_PAYLOAD = 16 * 1024


class SampleCache:
    """The newest message of each kind on each topic, and when and how often a topic spoke.

    A device may say different things on one topic (now the temperature, now the battery): of each such kind of message,
    told by the fields in it, the newest is kept.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._samples: OrderedDict[tuple[str, frozenset[str]], bytes] = OrderedDict()
        self._looked: OrderedDict[str, float] = OrderedDict()
        self._floods: OrderedDict[str, FloodDetector] = OrderedDict()

    @property
    def samples(self) -> list[Sample]:
        """Return the kept messages, oldest first."""
        return [Sample(topic, payload) for (topic, _), payload in self._samples.items()]

    def keep(self, sample: Sample, fields: Iterable[str]) -> None:
        """Keep a message with these fields in it."""
        if len(sample.payload) > MAX_PAYLOAD:
            return
        key = (sample.topic, frozenset(fields))
        self._samples[key] = sample.payload
        self._samples.move_to_end(key)
        if len(self._samples) > MAX_SAMPLES:
            self._samples.popitem(last=False)

    def looked(self, topic: str) -> float | None:
        """Return when a message on the topic was read last."""
        return self._looked.get(topic)

    def look(self, topic: str, now: float) -> None:
        """Note that a message on the topic is read."""
        _put(self._looked, topic, now)

    def is_flood(self, topic: str, now: float) -> bool:
        """Count a message on the topic; tell whether these are too many."""
        flood = self._floods.get(topic)
        if flood is None:
            flood = FloodDetector()
            _put(self._floods, topic, flood)
        return flood.heard(now)

    def flooding(self, now: float) -> set[str]:
        """Return the topics on which too much is sent."""
        return {topic for topic, flood in self._floods.items() if flood.is_on(now)}


def _put[T](kept: OrderedDict[str, T], topic: str, value: T) -> None:
    kept[topic] = value
    kept.move_to_end(topic)
    if len(kept) > MAX_TOPICS:
        kept.popitem(last=False)
