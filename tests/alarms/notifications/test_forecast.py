"""Forecast of notifications; tests/alarms/api/test_explanation.py shows that it agrees with the engine."""

from datetime import UTC, datetime

from custom_components.iotbridge.alarms.engine import lifecycle
from custom_components.iotbridge.alarms.engine.advance import Commanded, Settings, advance
from custom_components.iotbridge.alarms.engine.instance import Instance
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Actor, Evaluation, Severity
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule
from custom_components.iotbridge.alarms.notifications.delivery_policy import DeliveryPolicy
from custom_components.iotbridge.alarms.notifications.forecast import (
    MAX_DELIVERIES,
    ExpectedDelivery,
    Surroundings,
    forecast,
    forecast_of_new,
)
from custom_components.iotbridge.alarms.notifications.notifier import Group

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
SETTINGS = Settings(flapping_per_hour=6, explain=lambda evaluation: evaluation.reason)
ACTIVE = Evaluation(True, Severity.WARNING)
STAGED = EscalationPolicy(
    steps=(EscalationStep(after_s=0, groups=("family",)), EscalationStep(after_s=600, groups=("work", "gone"))),
)
GROUPS = {name: Group(name, {"anna": {"kind": "persistent"}}, {}, breaks_through=False) for name in ("family", "work")}


def surroundings(*, cause: str | None = None, **options: str) -> Surroundings:
    """Return a home without maintenance."""
    return Surroundings(
        settings=SETTINGS,
        policy=DeliveryPolicy.from_options(options),
        group=GROUPS.get,
        reasons=lambda _at: frozenset(),
        next_change=lambda _at: None,
        local=lambda at: datetime.fromtimestamp(at, UTC),
        cause=cause,
    )


def instance(policy: EscalationPolicy = STAGED, **more: object) -> Instance:
    """Return an alarm that is normal."""
    rule = Rule(
        rule_id="rule",
        name="Hot",
        severity=Severity.WARNING,
        condition=Condition(kind=AlarmKind.ABOVE, above=80),
        escalation=policy,
    )
    return Instance.blank(rule, "sensor.one")


def shown(deliveries: list[ExpectedDelivery]) -> list[str]:
    return [f"{each.at - NOW:g} {each.kind} {each.group} {','.join(sorted(each.targets))}" for each in deliveries]


def test_a_group_without_recipients_is_named_without_targets() -> None:
    expected = forecast_of_new(instance(), surroundings(), NOW, ACTIVE)

    assert expected.raised_at == NOW
    assert shown(expected.deliveries) == ["0 raised family anna", "600 escalated work anna", "600 escalated gone "]


def test_a_forecast_changes_nothing() -> None:
    alarm = instance()
    advance(alarm, ACTIVE, NOW, SETTINGS)
    home = surroundings()
    before = (alarm.as_dict(), repr(home.policy))

    forecast(alarm, (), home, NOW + 60)
    forecast_of_new(alarm, home, NOW + 60, ACTIVE)

    assert (alarm.as_dict(), repr(home.policy)) == before


def test_an_open_alarm_goes_on_where_it_is() -> None:
    alarm = instance()
    advance(alarm, ACTIVE, NOW, SETTINGS)

    assert shown(forecast(alarm, (), surroundings(), NOW + 60).deliveries) == [
        "600 escalated work anna",
        "600 escalated gone ",
    ]
    assert shown(forecast(alarm, (), surroundings(), NOW + 60, limit=1).deliveries) == ["600 escalated work anna"]
    acknowledge = Commanded(lambda alarm, _timing, now: lifecycle.acknowledge(alarm, Actor("Anna"), now))
    advance(alarm, acknowledge, NOW + 60, SETTINGS)
    assert forecast(alarm, (), surroundings(), NOW + 60).deliveries == []


def test_the_next_time_begins_from_the_first_step() -> None:
    alarm = instance()
    advance(alarm, ACTIVE, NOW - 700, SETTINGS)

    expected = forecast_of_new(alarm, surroundings(), NOW, ACTIVE)

    assert shown(expected.deliveries)[0] == "0 raised family anna"


def test_reminders_end_at_the_limit() -> None:
    policy = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("family",)),), repeat_s=60)

    expected = forecast_of_new(instance(policy), surroundings(), NOW, ACTIVE)

    assert len(expected.deliveries) <= MAX_DELIVERIES
    assert shown(expected.deliveries)[:4] == [
        "0 raised family anna",
        "60 repeated family anna",
        "180 repeated family anna",
        "420 repeated family anna",
    ]


def test_a_cause_holds_back_for_as_long_as_it_lasts() -> None:
    expected = forecast_of_new(instance(), surroundings(cause="parent:host/sensor.two"), NOW, ACTIVE)

    assert (expected.raised_at, expected.deliveries) == (NOW, []) or expected.deliveries == []
    assert expected.active is not None
    assert expected.active.suppressed_by == ("parent:host/sensor.two",)


def test_quiet_hours_defer_and_drop_reminders() -> None:
    policy = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=("family",)),), repeat_s=1800)
    home = surroundings(quiet_start="11:00:00", quiet_end="13:15:00")

    (first, *_) = forecast_of_new(instance(policy), home, NOW, ACTIVE).deliveries

    assert (first.at - NOW, first.since - NOW, first.held_by) == (4500, 0, "quiet")
