"""Things of a household: how each formats its values, and the expected entities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import gzip
import json

from lab.things import cbor

type Value = float | str
type Values = Mapping[str, Value]

CLIMATE: Values = {"temperature": 21.5, "humidity": 40}
AIR: Values = {"temperature": 21.5, "co2": 612}

BASE_NAME, NAME, UNIT, VALUE = -2, 0, 1, 2
"""Labels of SenML in CBOR (RFC 8428, table 4)."""


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Thing that can be learned.

    ``topic`` is what a person types for it; it is pasted where it has no wildcard. ``first`` has the values of the
    message from which it is learned. ``messages`` returns payloads by topic for values, ``shows`` the states of its
    entities by their labels: the name of the device, a slash, the name of the entity in small letters. ``direct``
    says that Home Assistant reads the messages itself: a value that is not retained is not known after a restart.
    """

    name: str
    topic: str
    first: Values
    messages: Callable[[Values], Mapping[str, bytes]]
    shows: Callable[[Values], Mapping[str, Value]]
    direct: bool = False

    @property
    def is_pasted(self) -> bool:
        """True if it is learned from a pasted message."""
        return not ("+" in self.topic or "#" in self.topic)

    @property
    def devices(self) -> set[str]:
        """The names of its devices."""
        return {label.partition("/")[0] for label in self.shows(self.first)}


def _thing(
    name: str, topic: str, first: Values, messages: Callable[[Values], Mapping[str, bytes]], *, direct: bool = False
) -> Thing:
    return Thing(
        name=name,
        topic=topic,
        first=first,
        messages=messages,
        shows=lambda values: {f"{name}/{key}": value for key, value in values.items()},
        direct=direct,
    )


def _bare(name: str, key: str, first: Value) -> Thing:
    topic = f"{name.lower()}/{key}"
    return _thing(name, topic, {key: first}, lambda values: {topic: str(values[key]).encode()}, direct=True)


def _encoded(
    name: str, topic: str, encode: Callable[[Values], bytes], first: Values = CLIMATE, *, direct: bool = False
) -> Thing:
    return _thing(name, topic, first, lambda values: {topic: encode(values)}, direct=direct)


def _json(values: Values) -> bytes:
    # Many small boards send C's text for "not a number", which JSON does not know.
    return json.dumps({key: float("nan") if value == "nan" else value for key, value in values.items()}).encode()


def _nested(values: Values) -> bytes:
    return b'{"environment": %s, "co2": %s}' % (
        _json({"temperature": values["temperature"]}),
        json.dumps(values["co2"]).encode(),
    )


def _pairs(values: Values) -> bytes:
    return " ".join(f"{key}={value}" for key, value in values.items()).encode()


def _influx(values: Values) -> bytes:
    fields = ",".join(f"{key}={value}" for key, value in values.items())
    return f"climate,place=stable {fields} 1796001064000000000".encode()


def _csv(values: Values) -> bytes:
    return "\n".join((",".join(values), ",".join(map(str, values.values())))).encode()


SENML_UNITS = {"temperature": "Cel", "humidity": "%RH"}


def _senml(values: Values) -> bytes:
    records = [{"n": key, "u": SENML_UNITS[key], "v": value} for key, value in values.items()]
    return json.dumps([{"bn": "urn:dev:mac:0024befffe804ff1:"} | records[0], *records[1:]]).encode()


def _senml_cbor(values: Values) -> bytes:
    records = [{NAME: key, UNIT: SENML_UNITS[key], VALUE: value} for key, value in values.items()]
    return cbor([{BASE_NAME: "urn:dev:mac:0024befffe804ff2:"} | records[0], *records[1:]])


def _for_people(values: Values) -> bytes:
    return json.dumps({"temperature": f"{values['temperature']} °C".replace(".", ",")}).encode()


def _tree(values: Values) -> Mapping[str, bytes]:
    return {f"heater/{key}": str(value).encode() for key, value in values.items()}


def _rooms(values: Values) -> Mapping[str, bytes]:
    return {f"rooms/{room}/climate": _json({"temperature": value}) for room, value in values.items()}


THINGS = {
    thing.name: thing
    for thing in (
        *(_bare(name, "temperature", 21.5) for name in ("Attic", "Cellar", "Garage", "Kitchen", "Office", "Porch")),
        _bare("Well", "humidity", 55.0),
        _bare("Gate", "motion", "ON"),
        _encoded("Shed", "shed/meter", _json, direct=True),
        _encoded("Cabin", "cabin/status", _nested, AIR, direct=True),
        _encoded("Barn", "barn/pairs", _pairs),
        _encoded("Stable", "stable/line", _influx),
        _encoded("Silo", "silo/table", _csv),
        _encoded("Pool", "pool/pack", _senml),
        _encoded("Lake", "lake/pack", _senml_cbor),
        _encoded("Cave", "cave/map", lambda values: cbor(dict(values)), AIR),
        _encoded("Loft", "loft/packed", lambda values: gzip.compress(_json(values))),
        _encoded("Yard", "yard/display", _for_people, {"temperature": 21.5}),
        _thing("Heater", "heater/#", {"temperature": 41.5, "pressure": 1.5}, _tree, direct=True),
        Thing(
            name="Rooms",
            topic="rooms/+/climate",
            first={"hall": 20.5, "bath": 23.5},
            messages=_rooms,
            shows=lambda values: {f"rooms {room} climate/temperature": value for room, value in values.items()},
            direct=True,
        ),
    )
}


def _gauge(name: str) -> Thing:
    """Return a thing that announces itself to Home Assistant, like those of other vendors."""
    return _bare(name, "level", 20.0)


FOREIGN = {name: _gauge(name) for name in ("North", "South")}
"""Things that Home Assistant finds without IoT Bridge."""


def discovery(name: str) -> tuple[str, bytes]:
    """Return the topic and the payload with which a foreign thing announces itself."""
    config = {
        "device": {"identifiers": [f"maker_{name.lower()}"], "name": name},
        "origin": {"name": "maker"},
        "components": {
            "level": {
                "platform": "sensor",
                "unique_id": f"maker_{name.lower()}_level",
                "name": "Level",
                "state_topic": f"{name.lower()}/level",
                "unit_of_measurement": "°C",
                "device_class": "temperature",
            }
        },
    }
    return f"homeassistant/device/maker_{name.lower()}/config", json.dumps(config).encode()
