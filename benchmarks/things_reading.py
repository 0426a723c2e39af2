"""Costs of decoding a message, without Home Assistant: the path of every message of a decoded device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
import statistics
import time

from lab import things

from custom_components.iotbridge.things import decoders
from custom_components.iotbridge.things.analysis import analyse
from custom_components.iotbridge.things.model.mapping import ProfileReader, Update
from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Profile
from custom_components.iotbridge.things.model.topic_matching import split

ROUNDS = 7
SLICE_S = 0.15


@dataclass
class Case:
    """Message, with the seconds that a reading of it took in each round."""

    name: str
    sample: Sample
    reading: list[float] = field(default_factory=list)
    understanding: list[float] = field(default_factory=list)
    values: int = 0


def cases() -> list[Case]:
    """Return typical messages."""
    replayed = {
        "JSON, water meter": things.water_meter,
        "JSON, air monitor": things.air_monitor,
        "ChirpStack uplink": things.soil_probe,
        "SenML in CBOR": things.greenhouse,
    }
    cases = []
    for name, messages in replayed.items():
        ((topic, payload),) = messages(3).items()
        cases.append(Case(name, Sample(topic, payload)))
    cases.append(Case("CSV, energy monitor", Sample("emonhub/rx/5/values", b"1204,311,-12,23.41,231.2,7013,98")))
    cases.append(Case("one bare value of a tree", Sample("rtl_433/shed/devices/Tower/A/11524/temperature_C", b"8.75")))
    return cases


def measure(cases: Sequence[Case]) -> None:
    """Run the cases in turns, round after round, so that a disturbance hits all of them."""
    readers = [_reading(case) for case in cases]
    for _ in range(ROUNDS):
        for case, read in zip(cases, readers, strict=True):
            case.reading.append(_seconds(read))
            case.understanding.append(_seconds(partial(analyse, [case.sample])))


def row(case: Case) -> list[str]:
    """Return a case as a row of ``HEAD``."""
    middle = statistics.median(case.reading)
    return [
        case.name,
        str(len(case.sample.payload)),
        str(case.values),
        f"{middle * 1e6:.0f}",
        f"{min(case.reading) * 1e6:.0f} to {max(case.reading) * 1e6:.0f}",
        f"{1 / middle:,.0f}",
        f"{statistics.median(case.understanding) * 1e3:.2f}",
    ]


HEAD = ["message", "bytes", "values", "µs to decode and read", "in the rounds", "messages/s", "ms to understand"]


def _reading(case: Case) -> Callable[[], object]:
    """Process the message as at run time, up to the values of its channels."""
    understood = analyse([case.sample])
    channels = tuple(reading.channel for device in understood.devices for reading in device.readings)
    profile = Profile(
        topic=case.sample.topic,
        depth=understood.depth,
        channels=channels,
        devices={device.identity: DeviceMetadata() for device in understood.devices},
    )
    reader = ProfileReader(profile)

    def read() -> list[Update]:
        place = split(profile.topic, profile.depth, case.sample.topic)
        return reader.read(place, decoders.decode(case.sample))

    case.values = sum(len(update.values) for update in read())
    return read


def _seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds one call takes, over a slice of time."""
    count, began = 0, time.process_time()
    while (used := time.process_time() - began) < SLICE_S:
        work()
        count += 1
    return used / count
