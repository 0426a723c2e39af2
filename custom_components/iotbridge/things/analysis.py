"""From messages to proposed devices: what the wizard shows and ``iotbridge.decode_payload`` answers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from . import decoders, inference
from .model.conversion import is_read_alike
from .model.known_systems import find_system
from .model.mapping import placed
from .model.message import Decoded, DecodeError, DeviceMetadata, Field, Path, Problem, ProblemKind, Sample
from .model.profile import Analysis, LearnedDevice, Reading
from .model.topic_matching import common_filter, guess_depth, name_from, pattern_of, split

MAX_DEVICES = 200


@dataclass(slots=True)
class _DeviceFields:
    """The newest of everything that the messages say of one device."""

    base: str
    format: str
    about: DeviceMetadata = field(default_factory=DeviceMetadata)
    fields: dict[tuple[str, Path], Field] = field(default_factory=dict)


def analyse(samples: Sequence[Sample], *, topic: str | None = None, depth: int | None = None) -> Analysis:
    """Say what the messages are about; nothing is an error, what is not understood is among the problems.

    ``topic`` is the filter that caught them, by default the narrowest that covers them; ``depth`` is guessed when it
    is None. Messages are in the order of their coming: the newest value of each field counts.
    """
    readable: list[tuple[str, Decoded]] = []
    problems: list[Problem] = []
    for sample in samples:
        try:
            decoded = decoders.decode(sample)
        except DecodeError as error:
            problems.append(error.problem)
            continue
        readable.append((sample.topic, decoded))
        problems.extend(decoded.problems)
    topics = [topic for topic, _ in readable]
    topic_filter = topic or common_filter([sample.topic for sample in samples])
    if depth is None:
        depth = guess_depth(topic_filter, topics, single=_single(readable))
    learned = []
    exact = bool(readable) and all(decoded.exact for _, decoded in readable)
    devices, left_out = _by_device(readable, topic_filter, depth)
    if left_out:
        counts = (("most", str(MAX_DEVICES)), ("count", str(MAX_DEVICES + left_out)))
        problems.append(Problem(ProblemKind.TOO_MANY_DEVICES, counts))
    bases = Counter(device.base for device in devices.values())
    for identity, device in devices.items():
        fields = [(subtopic, found) for (subtopic, _), found in device.fields.items()]
        inferred = inference.infer(fields, topic=device.base, format=device.format)
        about = device.about.or_else(inferred.about).or_else(DeviceMetadata(name=name_from(device.base)))
        readings = tuple(
            _of_all(reading, topic_filter, depth, device.base if bases[device.base] == 1 else None)
            for reading in inferred.readings
        )
        exact = exact and all(
            is_read_alike(reading.channel, device.fields[reading.channel.subtopic, reading.channel.path].value)
            for reading in inferred.readings
        )
        learned.append(LearnedDevice(identity=identity, about=about, readings=readings))
        problems.extend(inferred.problems)
    system = next((found for sample in samples if (found := find_system(sample.topic))), None)
    return Analysis(
        format=" + ".join(dict.fromkeys(decoded.format for _, decoded in readable)),
        devices=tuple(learned),
        problems=tuple(dict.fromkeys(problems)),
        exact=exact,
        system=system.name if system else None,
        depth=depth,
    )


def _of_all(reading: Reading, topic_filter: str, depth: int, base: str | None) -> Reading:
    """Return what can be said of a switch for every device of the filter: each listens on a topic of its own.

    ``base`` is None where several devices share their topic. What cannot be told where it listens is only seen.
    """
    channel = reading.channel
    if channel.command_topic is None:
        return reading
    pattern = None if base is None else pattern_of(channel.command_topic, topic_filter, depth, base)
    if pattern is None:
        return replace(reading, channel=channel.as_seen())
    return replace(reading, channel=replace(channel, command_topic=pattern))


def _by_device(
    readable: Iterable[tuple[str, Decoded]], topic_filter: str, depth: int
) -> tuple[dict[str, _DeviceFields], int]:
    """Return the devices by identity, and how many more there are."""
    devices: dict[str, _DeviceFields] = {}
    left_out: set[str] = set()
    for topic, decoded in readable:
        place = split(topic_filter, depth, topic)
        for report in decoded.reports:
            identity, subtopic = placed(place, report)
            if identity not in devices and len(devices) >= MAX_DEVICES:
                left_out.add(identity)
                continue
            device = devices.setdefault(identity, _DeviceFields(place.base, decoded.format))
            device.about = report.about.or_else(device.about)
            for found in report.fields:
                device.fields[subtopic, found.path] = found
    return devices, len(left_out)


def _single(readable: Iterable[tuple[str, Decoded]]) -> set[str]:
    """Return the topics that carry one value each, as ``emon/emontx/power1`` or Victron's ``{"value": 12}``."""
    return {
        topic
        for topic, decoded in readable
        if len(decoded.reports) == 1
        and decoded.reports[0].identity is None
        and len(decoded.reports[0].fields) == 1
        and decoded.reports[0].fields[0].path in {(), ("value",)}
    }
