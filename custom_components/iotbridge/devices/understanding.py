"""From messages to proposed devices: what the wizard shows and ``iotbridge.decode_payload`` answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from . import decoders, inference
from .mapping import placed
from .models import (
    About,
    Decoded,
    DecodeError,
    Field,
    LearnedDevice,
    Path,
    Problem,
    Sample,
    Understanding,
)
from .systems import find_system
from .topics import common_filter, guess_depth, name_from, split

MAX_DEVICES = 200


@dataclass(slots=True)
class _Device:
    """The newest of everything that the messages say of one device."""

    base: str
    format: str
    about: About = field(default_factory=About)
    fields: dict[tuple[str, Path], Field] = field(default_factory=dict)


def understand(samples: Sequence[Sample], *, topic: str | None = None, depth: int | None = None) -> Understanding:
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
    for identity, device in _by_device(readable, topic_filter, depth).items():
        fields = [(subtopic, found) for (subtopic, _), found in device.fields.items()]
        inferred = inference.infer(fields, topic=device.base, format=device.format)
        about = device.about.or_else(inferred.about).or_else(About(name=name_from(device.base)))
        learned.append(LearnedDevice(identity=identity, about=about, readings=inferred.readings))
        problems.extend(inferred.problems)
    system = next((found for sample in samples if (found := find_system(sample.topic))), None)
    return Understanding(
        format=" + ".join(dict.fromkeys(decoded.format for _, decoded in readable)),
        devices=tuple(learned),
        problems=tuple(dict.fromkeys(problems)),
        exact=bool(readable) and all(decoded.exact for _, decoded in readable),
        system=system.name if system else None,
        depth=depth,
    )


def _by_device(readable: Iterable[tuple[str, Decoded]], topic_filter: str, depth: int) -> dict[str, _Device]:
    devices: dict[str, _Device] = {}
    for topic, decoded in readable:
        place = split(topic_filter, depth, topic)
        for report in decoded.reports:
            identity, subtopic = placed(place, report)
            if identity not in devices and len(devices) >= MAX_DEVICES:
                continue
            device = devices.setdefault(identity, _Device(place.base, decoded.format))
            device.about = report.about.or_else(device.about)
            for found in report.fields:
                device.fields[subtopic, found.path] = found
    return devices


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
