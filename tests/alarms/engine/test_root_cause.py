"""Root causes of alarms, as a table."""

from dataclasses import dataclass

from hypothesis import example, given, strategies as st
import pytest

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, Alarm, AlarmKey, Evaluation, Severity, Timing
from custom_components.iotbridge.alarms.engine.root_cause import (
    BROKER,
    Location,
    Member,
    chain,
    key_of,
    parent_of,
    parents,
    reason_of,
)
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule

TO_ANNA = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("anna",)),))
LATER = EscalationPolicy(steps=(EscalationStep(after_s=600, groups=("anna",)),))
TO_BEN = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("ben",)),))
TO_NOBODY = EscalationPolicy()
NAS = Location("nas", ("switch", "router", BROKER))
SENSOR = Location("sensor", ("hub", BROKER))


@dataclass
class AlarmCase:
    """Alarm with its rule and location."""

    name: str
    kind: AlarmKind
    location: Location
    since: float = 10.0
    escalation: EscalationPolicy = TO_ANNA
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
        return Member(rule, alarm, self.location)


def absent(
    name: str, location: Location, since: float = 10.0, kind: AlarmKind = AlarmKind.UNAVAILABLE, **more: object
) -> AlarmCase:
    return AlarmCase(name, kind, location, since, **more)  # type: ignore[arg-type]


def root_causes(*cases: AlarmCase, is_broker_down: bool = False) -> dict[str, str]:
    """Return the root cause of each alarm that has one."""
    causes = parents((each.member() for each in cases), broker_lost_at=10.0 if is_broker_down else None)
    return {child.rule_id: parent.rule_id for child, parent in causes.items()}


LOST = absent("lost", NAS, 20, AlarmKind.HOST_LOST)
DISK = absent("disk", NAS)
FAN = absent("fan", NAS, 11)
HOT = AlarmCase("hot", AlarmKind.ABOVE, NAS)
SWITCH = absent("switch", Location("switch", ("router", BROKER)), 12)
ROUTER = absent("router", Location("router", (BROKER,)), 13)
MQTT = AlarmCase("mqtt", AlarmKind.STATE, Location(BROKER), 15)
LEAF = absent("leaf", SENSOR, 16)


@pytest.mark.parametrize(
    ("cases", "is_broker_down", "expected"),
    [
        pytest.param([DISK], False, {}, id="a single absent entity"),
        pytest.param([LOST, DISK, HOT], False, {"disk": "lost", "hot": "lost"}, id="a lost host"),
        pytest.param([DISK, FAN], False, {"fan": "disk"}, id="first absent of a device"),
        pytest.param([DISK, HOT], False, {}, id="absent beside reporting"),
        pytest.param([DISK, SWITCH], False, {"disk": "switch"}, id="behind a device"),
        pytest.param(
            [DISK, SWITCH, ROUTER], False, {"disk": "router", "switch": "router"}, id="the farthest device explains"
        ),
        pytest.param([HOT, SWITCH], False, {}, id="an entity that reports from behind an absent device"),
        pytest.param([DISK, LEAF, MQTT], True, {"disk": "mqtt", "leaf": "mqtt"}, id="an alarm of the broker entity"),
        pytest.param([HOT, MQTT], True, {}, id="a measured value is not explained by the broker"),
        pytest.param(
            [LEAF, DISK, ROUTER], True, {"leaf": "disk", "router": "disk"}, id="lost broker without an alarm"
        ),
        pytest.param([DISK, LEAF], False, {}, id="two independent outages"),
        pytest.param(
            [absent("zigbee", Location("stick")), DISK], True, {},
            id="not behind the broker",
        ),
        pytest.param(
            [absent("first", NAS, 1, escalation=TO_NOBODY), DISK], False, {"first": "disk"},
            id="a notified alarm explains one that is only displayed",
        ),
        pytest.param(
            [absent("shown", Location("switch", (BROKER,)), escalation=TO_NOBODY), DISK], False, {},
            id="a cause without recipients",
        ),
        pytest.param(
            [absent("grave", NAS, 30, severity=Severity.CRITICAL), DISK], False, {"disk": "grave"},
            id="the most severe explains",
        ),
        pytest.param([absent("soon", NAS, 1, is_pending=True), DISK], False, {"disk": "soon"}, id="a pending cause"),
        pytest.param([absent("a", NAS, 1, snoozed_until=99.0), DISK], False, {"disk": "a"}, id="a snoozed cause"),
        pytest.param([absent("old", NAS, -9000), DISK, FAN], False, {"fan": "disk"}, id="an older outage"),
        pytest.param(
            [absent("old", Location("switch", ()), -9000), DISK], False, {},
            id="an older outage of a hub",
        ),
        pytest.param(
            [absent("lost", NAS, -9000, AlarmKind.HOST_LOST), DISK], False, {"disk": "lost"},
            id="a host that was lost long ago",
        ),
        pytest.param(
            [absent("lost", NAS, 9, AlarmKind.HOST_LOST), absent("grave", NAS, severity=Severity.CRITICAL)], False, {},
            id="a less severe cause",
        ),
        pytest.param(
            [absent("lost", NAS, 9, AlarmKind.HOST_LOST, escalation=LATER), DISK], False, {},
            id="a cause that is notified later",
        ),
        pytest.param(
            [absent("lost", NAS, 9, AlarmKind.HOST_LOST, escalation=TO_BEN), DISK], False, {},
            id="a cause with other recipients",
        ),
        pytest.param(
            [absent("lost", NAS, 9, AlarmKind.HOST_LOST, is_pending=True, hold_s=3600), DISK], False, {},
            id="a cause with a hold of an hour",
        ),
        pytest.param([absent("a", NAS, 1, out_of_service=True), DISK], False, {}, id="a cause out of service"),
        pytest.param([absent("a", NAS, 1, suppressed_by=("maintenance",)), DISK], False, {}, id="cause in maintenance"),
        pytest.param(
            [absent("a", NAS, 1, suppressed_by=("parent:x/y",)), DISK], False, {"disk": "a"},
            id="a cause that is explained itself",
        ),
        pytest.param(
            [
                AlarmCase("mains", AlarmKind.STATE, Location("meter")),
                AlarmCase("pump", AlarmKind.STATE, Location("p"), parents=("meter",)),
            ],
            False, {"pump": "mains"}, id="a configured parent device",
        ),
        pytest.param(
            [
                AlarmCase("m", AlarmKind.ABOVE, Location(), escalation=TO_NOBODY),
                AlarmCase("p", AlarmKind.ABOVE, Location(), parents=("sensor.m",)),
            ],
            False, {"p": "m"}, id="a configured parent entity without recipients",
        ),
        pytest.param(
            [
                AlarmCase("a", AlarmKind.ABOVE, Location(), 1, parents=("sensor.b",)),
                AlarmCase("b", AlarmKind.ABOVE, Location(), 2, parents=("sensor.a",)),
            ],
            False, {"b": "a"}, id="two that are parents of each other",
        ),
        pytest.param(
            [absent("old", NAS, 1), LEAF, absent("new", SENSOR, 17)], True, {"new": "leaf"},
            id="an outage before that of the broker",
        ),
        pytest.param([LOST, DISK], True, {"lost": "disk"}, id="a host that was lost with the broker"),
    ],
)  # fmt: skip
def test_root_causes_by_location_time_and_policy(
    cases: list[AlarmCase], is_broker_down: bool, expected: dict[str, str]
) -> None:
    assert root_causes(*cases, is_broker_down=is_broker_down) == expected
    assert root_causes(*reversed(cases), is_broker_down=is_broker_down) == expected


LOCATIONS = (NAS, SENSOR, SWITCH.location, ROUTER.location, MQTT.location, Location(), Location("nas"))
CASES = st.builds(
    AlarmCase,
    name=st.sampled_from("abcdef"),
    kind=st.sampled_from([AlarmKind.UNAVAILABLE, AlarmKind.HOST_LOST, AlarmKind.ABOVE]),
    location=st.sampled_from(LOCATIONS),
    since=st.sampled_from([-9000.0, 1.0, 10.0, 20.0]),
    escalation=st.sampled_from([TO_ANNA, LATER, TO_NOBODY]),
    severity=st.sampled_from(Severity),
    parents=st.lists(st.sampled_from(["sensor.a", "sensor.b", "nas", "hub"]), max_size=2).map(tuple),
    is_pending=st.booleans(),
    suppressed_by=st.sampled_from([(), ("maintenance",)]),
)


@example(
    [AlarmCase("b", AlarmKind.ABOVE, Location(), 2, parents=("sensor.a",))], None,
    AlarmCase("a", AlarmKind.ABOVE, Location(), 1, parents=("sensor.b",)),
)  # fmt: skip
@given(st.lists(CASES, unique_by=lambda case: case.name), st.sampled_from([None, 10.0]), CASES)
def test_the_root_cause_of_one_alarm_is_the_one_among_all(
    cases: list[AlarmCase], broker_lost_at: float | None, state: AlarmCase
) -> None:
    """``state`` is another state of an alarm, or a new one."""
    members = [case.member() for case in cases]
    child = state.member()
    among_all = parents([*members, child], broker_lost_at=broker_lost_at).get(child.alarm.key)

    causes = [member for member in members if member.is_cause]
    assert parent_of(child, causes, broker_lost_at=broker_lost_at) == among_all


def test_a_reason_contains_the_key_of_its_alarm() -> None:
    key = AlarmKey("01ABC", "sensor.a_b")
    assert key_of(reason_of(key)) == key


def test_a_loop_of_devices_ends_the_chain() -> None:
    above = {"a": "b", "b": "c", "c": "a"}
    assert list(chain("a", above.get)) == ["b", "c"]


def test_one_alarm_explains_a_thousand_absent_entities() -> None:
    many = [absent(f"n{number:04}", Location(f"host{number % 10}", (BROKER,)), 10 + number) for number in range(1000)]

    assert set(root_causes(*many, is_broker_down=True).values()) == {"n0000"}
