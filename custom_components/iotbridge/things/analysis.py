"""Analysis of messages: decodes them, infers channels, and proposes devices.

The wizard shows its result, and the action ``iotbridge.decode_payload`` returns it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from . import decoders, inference
from .inference.naming import without_device
from .model.conversion import is_same_state
from .model.device_member import DeviceSplitter, without_indexes
from .model.known_systems import SYSTEMS, System, find_system
from .model.mapping import identity_and_subtopic
from .model.message import Decoded, DecodeError, DeviceMetadata, Field, Path, Problem, ProblemKind, Sample
from .model.profile import Analysis, LearnedDevice, Reading, key_of
from .model.topic_matching import common_filter, guess_depth, name_from, pattern_of, split
from .vocabulary.keys.records import BESIDE_A_VALUE, VALUES

MAX_DEVICES = 200
# Lists whose records are known by their place only, of which the user is told.
MAX_LISTS = 5
MAX_KEY = 60


@dataclass(slots=True)
class _DeviceFields:
    """Newest fields and metadata of one device in the messages."""

    base: str
    default_name: str
    is_gateway: bool
    metadata: DeviceMetadata = field(default_factory=DeviceMetadata)
    fields: dict[tuple[str, Path], Field] = field(default_factory=dict)


def analyse(
    samples: Sequence[Sample],
    *,
    topic: str | None = None,
    depth: int | None = None,
    systems: Iterable[System] = SYSTEMS,
    device_member: Path | None = None,
    name_member: Path | None = None,
) -> Analysis:
    """Return the devices and readings in the messages, and the problems; never raises for an unreadable message.

    ``topic`` is the filter that the messages matched, by default the narrowest one that covers them; ``depth`` is
    guessed if it is None; ``systems`` are those that are recognized, the members as in ``Profile``. Messages are in
    order of arrival: the newest value of each field is used.
    """
    readable, problems = _decoded(samples)
    topics = [topic for topic, _ in readable]
    topic_filter = topic or common_filter([sample.topic for sample in samples])
    if depth is None:
        depth = guess_depth(topic_filter, topics, single=_single(readable))
    learned = []
    exact = bool(readable) and all(decoded.exact for _, decoded in readable)
    splitter = DeviceSplitter(topic_filter, depth, device_member, name_member)
    devices, left_out = _by_device(readable, topic_filter, depth, splitter)
    if left_out:
        counts = (("most", str(MAX_DEVICES)), ("count", str(MAX_DEVICES + left_out)))
        problems.append(Problem(ProblemKind.TOO_MANY_DEVICES, counts))
    read_keys: set[str] = set()
    bases = Counter(device.base for device in devices.values())
    for identity, device in devices.items():
        fields = [(subtopic, found) for (subtopic, _), found in device.fields.items()]
        inferred = inference.infer(fields, topic=device.base)
        if device.is_gateway and not inferred.readings and device_member is not None:
            continue
        default_name = device.default_name
        if len(inferred.readings) == 1 and default_name == name_from(device.base):
            default_name = name_from(device.base, inferred.readings[0].channel.name)
        metadata = device.metadata.or_else(inferred.metadata).or_else(DeviceMetadata(name=default_name))
        is_alone = device_member is None and bases[device.base] == 1
        readings = tuple(
            _for_all_devices(reading, topic_filter, depth, device.base if is_alone else None)
            for reading in inferred.readings
        )
        unproposed = tuple(_for_all_devices(reading, topic_filter, depth, None) for reading in inferred.unproposed)
        exact = exact and all(
            is_same_state(reading.channel, device.fields[reading.channel.subtopic, reading.channel.path].value)
            for reading in inferred.readings
        )
        learned.append(LearnedDevice(identity=identity, metadata=metadata, readings=readings, unproposed=unproposed))
        problems.extend((*inferred.problems, *_lists_by_position(readings)))
        read_keys |= {reading.channel.key for reading in inferred.readings}
    system = next((found for sample in samples if (found := find_system(sample.topic, systems))), None)
    return Analysis(
        format=" + ".join(dict.fromkeys(decoded.format for _, decoded in readable)),
        devices=tuple(learned) if len(learned) > 1 else tuple(map(_with_short_names, learned)),
        problems=tuple(problem for problem in dict.fromkeys(problems) if not _is_read(problem, read_keys)),
        exact=exact,
        system=system.name if system else None,
        depth=depth,
        device_member=device_member,
        name_member=name_member,
    )


def _with_short_names(device: LearnedDevice) -> LearnedDevice:
    """Return the only device with readings that do not repeat its name."""
    readings = (*device.readings, *device.unproposed)
    names = without_device([reading.channel.name for reading in readings], device.metadata.name or "")
    renamed = tuple(
        reading if reading.channel.name == name else replace(reading, channel=replace(reading.channel, name=name))
        for reading, name in zip(readings, names, strict=True)
    )
    count = len(device.readings)
    return replace(device, readings=renamed[:count], unproposed=renamed[count:])


def _lists_by_position(readings: Iterable[Reading]) -> Iterator[Problem]:
    """Yield a problem for each list with several records that carry no identity, if their values are enabled."""
    records: defaultdict[str, set[Path]] = defaultdict(set)
    for channel in (reading.channel for reading in readings if reading.channel.enabled):
        for level, (part, member) in enumerate(pairwise(channel.path)):
            if isinstance(part, int) and isinstance(member, str):
                records[key_of(channel.subtopic, without_indexes(channel.path[:level]))].add(channel.path[: level + 1])
    for key in [key for key, elements in records.items() if len(elements) > 1][:MAX_LISTS]:
        yield Problem(ProblemKind.BY_POSITION, (("field", key[:MAX_KEY] or "[]"),))


def _is_read(problem: Problem, keys: Collection[str]) -> bool:
    """Return whether a problem is about bytes that are a reading as they are: a code."""
    return problem.kind is ProblemKind.ENCODED and dict(problem.placeholders)["field"] in keys


def _decoded(samples: Sequence[Sample]) -> tuple[list[tuple[str, Decoded]], list[Problem]]:
    """Return the decoded messages by topic, and the problems.

    A topic with columns in one message has them in all: "12,34" is then not one number.
    """
    readable: list[tuple[Sample, Decoded]] = []
    problems: list[Problem] = []
    for sample in samples:
        try:
            decoded = decoders.decode(sample)
        except DecodeError as error:
            problems.append(error.problem)
            continue
        readable.append((sample, decoded))
        problems.extend(decoded.problems)
    with_columns = {sample.topic for sample, decoded in readable if decoded.reports[0].fields[0].path == (0,)}
    for position, (sample, decoded) in enumerate(readable):
        if sample.topic in with_columns and not decoded.reports[0].fields[0].path:
            readable[position] = sample, decoders.decode(replace(sample, columns=True))
    return [(sample.topic, decoded) for sample, decoded in readable], problems


def _for_all_devices(reading: Reading, topic_filter: str, depth: int, base: str | None) -> Reading:
    """Return a reading whose command topic is a pattern that fits every device of the filter.

    ``base`` is None if several devices share their topic. A switch without such a pattern becomes read-only.
    """
    channel = reading.channel
    if channel.command_topic is None:
        return reading
    pattern = None if base is None else pattern_of(channel.command_topic, topic_filter, depth, base)
    if pattern is None:
        return replace(reading, channel=channel.as_read_only())
    return replace(reading, channel=replace(channel, command_topic=pattern))


def _by_device(
    readable: Iterable[tuple[str, Decoded]], topic_filter: str, depth: int, splitter: DeviceSplitter
) -> tuple[dict[str, _DeviceFields], int]:
    """Return the devices by identity, and the number of further ones beyond MAX_DEVICES."""
    devices: dict[str, _DeviceFields] = {}
    left_out: set[str] = set()
    for topic, decoded in readable:
        match = split(topic_filter, depth, topic)
        for report in splitter.split(match, decoded).reports:
            identity, subtopic = identity_and_subtopic(match, report)
            if identity not in devices and len(devices) >= MAX_DEVICES:
                left_out.add(identity)
                continue
            device = devices.setdefault(
                identity,
                _DeviceFields(match.base, splitter.default_name(match, identity), identity == match.identity),
            )
            device.metadata = report.metadata.or_else(device.metadata)
            for field_ in report.fields:
                device.fields[subtopic, field_.path] = field_
    return devices, len(left_out)


def _single(readable: Iterable[tuple[str, Decoded]]) -> set[str]:
    """Return the topics that carry a single value, such as ``emon/emontx/power1`` or ``{"val": 12, "unit": "V"}``."""
    return {
        topic
        for topic, decoded in readable
        if len(decoded.reports) == 1
        and decoded.reports[0].identity is None
        and _is_single([found.path for found in decoded.reports[0].fields])
    }


def _is_single(paths: Sequence[Path]) -> bool:
    """Return whether a message consists of one value, and perhaps its unit, its time and its quality."""
    keys = {str(path[0]).lower() for path in paths if len(path) == 1}
    values = VALUES & keys
    return paths == [()] or (len(keys) == len(paths) and len(values) == 1 and keys - values <= BESIDE_A_VALUE)
