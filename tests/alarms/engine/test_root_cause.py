"""Root causes of alarms, as a table: the pure rules."""

from dataclasses import dataclass

import pytest

from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey, Evaluation, Severity, Timing
from custom_components.iotbridge.alarms.engine.root_cause import (
    BROKER,
    Location,
    Member,
    chain,
    key_of,
    parents,
    reason_of,
)
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition, EscalationPolicy, EscalationStep, Rule

TOLD = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("anna",)),))
LATE = EscalationPolicy(steps=(EscalationStep(after_s=600, groups=("anna",)),))
TO_BEN = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("ben",)),))
SHOWN = EscalationPolicy()
NAS = Location("nas", ("switch", "router", BROKER))
SENSOR = Location("sensor", ("hub", BROKER))


@dataclass
class Given:
    """An alarm that is bad since a time."""

    name: str
    kind: AlarmKind
    place: Location
    since: float = 10.0
    escalation: EscalationPolicy = TOLD
    severity: Severity = Severity.WARNING
    parents: tuple[str, ...] = ()
    is_pending: bool = False
    hold_s: float = 0.0
    snoozed_until: float | None = None
    out_of_service: bool = False
    suppressed_by: tuple[str, ...] = ()

    def member(self) -> Member:
        rule = Rule(
            rule_id=self.name, name=self.name, severity=self.severity, condition=Condition(kind=self.kind),
            escalation=self.escalation, parents=self.parents, timing=Timing(hold_s=self.hold_s),
        )  # fmt: skip
        alarm = Alarm(
            key=AlarmKey(self.name, f"sensor.{self.name}"), active=not self.is_pending, condition_since=self.since,
            severity=self.severity,
            pending=True if self.is_pending else None, snoozed_until=self.snoozed_until, snoozed_by=Actor("Anna"),
            out_of_service=self.out_of_service, suppressed_by=self.suppressed_by, last_evaluation=Evaluation(True),
        )  # fmt: skip
        return Member(rule, alarm, self.place)


def gone(
    name: str, place: Location, since: float = 10.0, kind: AlarmKind = AlarmKind.UNAVAILABLE, **more: object
) -> Given:
    return Given(name, kind, place, since, **more)  # type: ignore[arg-type]


def explained(*given: Given, is_broker_down: bool = False) -> dict[str, str]:
    """Return by what each alarm is explained."""
    found = parents((each.member() for each in given), broker_gone_at=10.0 if is_broker_down else None)
    return {child.rule_id: parent.rule_id for child, parent in found.items()}


LOST = gone("lost", NAS, 20, AlarmKind.HOST_LOST)
DISK = gone("disk", NAS)
FAN = gone("fan", NAS, 11)
HOT = Given("hot", AlarmKind.ABOVE, NAS)
SWITCH = gone("switch", Location("switch", ("router", BROKER)), 12)
ROUTER = gone("router", Location("router", (BROKER,)), 13)
MQTT = Given("mqtt", AlarmKind.STATE, Location(BROKER), 15)
LEAF = gone("leaf", SENSOR, 16)


@pytest.mark.parametrize(
    ("given", "is_broker_down", "expected"),
    [
        pytest.param([DISK], False, {}, id="what is alone speaks"),
        pytest.param([LOST, DISK, HOT], False, {"disk": "lost", "hot": "lost"}, id="a lost host explains all on it"),
        pytest.param([DISK, FAN], False, {"fan": "disk"}, id="of a device the first that was gone speaks"),
        pytest.param([DISK, HOT], False, {}, id="what still measures is not explained by a part that is gone"),
        pytest.param([DISK, SWITCH], False, {"disk": "switch"}, id="what is behind a device"),
        pytest.param(
            [DISK, SWITCH, ROUTER], False, {"disk": "router", "switch": "router"}, id="the farthest explains most"
        ),
        pytest.param([HOT, SWITCH], False, {}, id="what still measures behind a device speaks"),
        pytest.param([DISK, LEAF, MQTT], True, {"disk": "mqtt", "leaf": "mqtt"}, id="an alarm over the broker"),
        pytest.param([HOT, MQTT], True, {}, id="what was measured before the broker went speaks"),
        pytest.param(
            [LEAF, DISK, ROUTER], True, {"leaf": "disk", "router": "disk"}, id="without it one speaks for all"
        ),
        pytest.param([DISK, LEAF], False, {}, id="two outages are two"),
        pytest.param(
            [gone("zigbee", Location("stick")), DISK], True, {},
            id="what is not behind the broker is no part of it",
        ),
        pytest.param(
            [gone("first", NAS, 1, escalation=SHOWN), DISK], False, {"first": "disk"},
            id="who is told of speaks",
        ),
        pytest.param(
            [gone("shown", Location("switch", (BROKER,)), escalation=SHOWN), DISK], False, {},
            id="a cause nobody hears of",
        ),
        pytest.param(
            [gone("grave", NAS, 30, severity=Severity.CRITICAL), DISK], False, {"disk": "grave"},
            id="the worst speaks",
        ),
        pytest.param([gone("soon", NAS, 1, is_pending=True), DISK], False, {"disk": "soon"}, id="in its hold"),
        pytest.param([gone("a", NAS, 1, snoozed_until=99.0), DISK], False, {"disk": "a"}, id="a snoozed cause"),
        pytest.param([gone("old", NAS, -9000), DISK, FAN], False, {"fan": "disk"}, id="a part that broke long ago"),
        pytest.param(
            [gone("old", Location("switch", ()), -9000), DISK], False, {},
            id="a hub's part that broke long ago",
        ),
        pytest.param(
            [gone("lost", NAS, -9000, AlarmKind.HOST_LOST), DISK], False, {"disk": "lost"},
            id="a host long lost",
        ),
        pytest.param(
            [gone("lost", NAS, 9, AlarmKind.HOST_LOST), gone("grave", NAS, severity=Severity.CRITICAL)], False, {},
            id="a cause that is less grave",
        ),
        pytest.param(
            [gone("lost", NAS, 9, AlarmKind.HOST_LOST, escalation=LATE), DISK], False, {},
            id="a cause that is told later",
        ),
        pytest.param(
            [gone("lost", NAS, 9, AlarmKind.HOST_LOST, escalation=TO_BEN), DISK], False, {},
            id="a cause that others are told",
        ),
        pytest.param(
            [gone("lost", NAS, 9, AlarmKind.HOST_LOST, is_pending=True, hold_s=3600), DISK], False, {},
            id="a cause that waits for an hour",
        ),
        pytest.param([gone("a", NAS, 1, out_of_service=True), DISK], False, {}, id="a cause out of service"),
        pytest.param([gone("a", NAS, 1, suppressed_by=("maintenance",)), DISK], False, {}, id="a cause in maintenance"),
        pytest.param(
            [gone("a", NAS, 1, suppressed_by=("parent:x/y",)), DISK], False, {"disk": "a"},
            id="an explained cause",
        ),
        pytest.param(
            [
                Given("mains", AlarmKind.STATE, Location("meter")),
                Given("pump", AlarmKind.STATE, Location("p"), parents=("meter",)),
            ],
            False, {"pump": "mains"}, id="a device named by hand",
        ),
        pytest.param(
            [
                Given("m", AlarmKind.ABOVE, Location(), escalation=SHOWN),
                Given("p", AlarmKind.ABOVE, Location(), parents=("sensor.m",)),
            ],
            False, {"p": "m"}, id="an entity named by hand, even if nobody hears of it",
        ),
        pytest.param(
            [
                Given("a", AlarmKind.ABOVE, Location(), 1, parents=("sensor.b",)),
                Given("b", AlarmKind.ABOVE, Location(), 2, parents=("sensor.a",)),
            ],
            False, {"b": "a"}, id="two that name each other",
        ),
        pytest.param(
            [gone("old", NAS, 1), LEAF, gone("new", SENSOR, 17)], True, {"new": "leaf"},
            id="an outage of before",
        ),
        pytest.param([LOST, DISK], True, {"lost": "disk"}, id="a host that was lost before the broker"),
    ],
)  # fmt: skip
def test_who_explains_whom(given: list[Given], is_broker_down: bool, expected: dict[str, str]) -> None:
    assert explained(*given, is_broker_down=is_broker_down) == expected
    assert explained(*reversed(given), is_broker_down=is_broker_down) == expected


def test_a_reason_names_its_alarm() -> None:
    key = AlarmKey("01ABC", "sensor.a_b")
    assert key_of(reason_of(key)) == key


def test_a_loop_of_devices_ends() -> None:
    above = {"a": "b", "b": "c", "c": "a"}
    assert list(chain("a", above.get)) == ["b", "c"]


def test_a_thousand_that_are_gone_are_explained_by_one() -> None:
    many = [gone(f"n{number:04}", Location(f"host{number % 10}", (BROKER,)), 10 + number) for number in range(1000)]

    assert set(explained(*many, is_broker_down=True).values()) == {"n0000"}
