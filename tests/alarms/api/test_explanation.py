"""Explanation of alarms: a table of cases in which it has to agree with what the engine then does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Selection
from custom_components.iotbridge.errors import InvalidCallError
from custom_components.iotbridge.migration import NOTIFIER, WINDOW, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, ServiceCall
from homeassistant.util import dt as dt_util
from tests.alarms.home import UNAVAILABLE, add_device, add_entity, reload
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state

MINUTE = 60
HOT = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=95)
RINGS = Condition(kind=AlarmKind.EVENT, event_type="doorbell")
CAUSED = Selection(entities=("sensor.cause",))
# The engine is run in steps of this length; maintenance is applied once a minute.
STEP_S = 30
TOLERANCE_S = 60
# What explanations say about a later time than this is not compared.
PERIOD_S = 2 * 3600
LANGUAGES = ("en", "it", "fr")
# The start of a sentence about a notification.
TIME = re.compile(r"^(?:Ore )?(\d\d:\d\d) ?: ")

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL
QUIET = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}
ALL_QUIET = {**QUIET, "quiet_severities": ["info", "warning", "critical"]}
STAGED = ((0, "a"), (600, "b"))
ONCE = ((0, "a"),)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Alarm with one explanation: ``expected`` is who is notified after how many seconds, and how.

    ``steps`` and ``repeat_s`` are its policy over the groups a, b and c, which are its own; ``mute`` prepares it,
    ``held`` are the reasons for which something is held back. ``assumed`` is the severity that is asked about, where
    ``value`` makes it another than that of the rule.
    """

    name: str
    expected: str = ""
    held: tuple[str, ...] = ()
    steps: tuple[tuple[float, str], ...] = ONCE
    repeat_s: float = 0
    severity: Severity = WARNING
    hold_s: float = 0
    latching: bool = False
    condition: Condition = HOT
    value: str = "90"
    mute: str = ""
    assumed: Severity | None = None
    group: dict[str, Any] = field(default_factory=dict)
    parents: tuple[str, ...] = ()

    @property
    def sensor(self) -> str:
        """Return the entity of the alarm."""
        return f"sensor.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Home:
    """Home with several alarms: its options, and the local time at which they are explained and then raised."""

    cases: Sequence[Case]
    options: dict[str, Any] = field(default_factory=dict)
    time: str = "12:00"
    prepare: str = ""


HOMES = {
    "an ordinary day": Home(
        cases=[
            Case(name="at_once", expected="0 a raised"),
            Case(name="staged", steps=STAGED, expected="0 a raised; 600 b escalated"),
            Case(name="three", steps=(*STAGED, (1800, "c")), expected="0 a raised; 600 b escalated; 1800 c escalated"),
            Case(name="known", steps=((0, "a"), (600, "a")), expected="0 a raised"),
            Case(name="later", steps=((300, "a"),), expected="300 a raised"),
            Case(name="held", hold_s=600, expected="600 a raised"),
            Case(
                name="reminded", repeat_s=900, expected="0 a raised; 900 a repeated; 2700 a repeated; 6300 a repeated"
            ),
            Case(
                name="both",
                steps=STAGED,
                repeat_s=1800,
                expected="0 a raised; 600 b escalated; 2400 a repeated; "
                "2400 b repeated; 6000 a repeated; 6000 b repeated",
            ),
            Case(name="latching", latching=True, expected="0 a raised"),
            Case(name="critical", severity=CRITICAL, expected="0 a raised"),
            Case(name="silent_rule", steps=()),
            Case(name="moment", condition=RINGS, latching=True, expected="0 a raised"),
        ]
    ),
    "a night with quiet hours": Home(
        time="05:30",
        options=QUIET,
        cases=[
            Case(name="info", severity=INFO, expected="5400 a raised", held=("quiet",)),
            Case(name="warning", expected="5400 a raised", held=("quiet",)),
            Case(name="critical", severity=CRITICAL, expected="0 a raised"),
            Case(name="worse", value="99", assumed=CRITICAL, expected="0 a raised"),
            Case(name="staged", steps=STAGED, expected="5400 a raised; 5400 b escalated", held=("quiet",)),
            Case(name="held", hold_s=6000, expected="6000 a raised"),
            Case(name="reminded", repeat_s=1200, expected="5400 a raised", held=("quiet",)),
            Case(name="moment", condition=RINGS, latching=True, expected="5400 a raised", held=("quiet",)),
        ],
    ),
    "a night in which all is quiet": Home(
        time="06:00",
        options=ALL_QUIET,
        cases=[
            Case(name="critical", severity=CRITICAL, expected="3600 a raised", held=("quiet",)),
            Case(name="urgent", severity=CRITICAL, group={"break_through": True}, expected="0 a raised"),
            Case(name="not_urgent", group={"break_through": True}, expected="3600 a raised", held=("quiet",)),
        ],
    ),
    "maintenance of everything": Home(
        prepare="maintenance",
        cases=[
            Case(name="warning", held=("maintenance",)),
            Case(name="critical", severity=CRITICAL, steps=STAGED, held=("maintenance",)),
        ],
    ),
    "alarms that are muted": Home(
        cases=[
            Case(name="snoozed", mute="snooze", expected="1800 a raised", held=("snoozed",)),
            Case(
                name="staged",
                mute="snooze",
                steps=STAGED,
                expected="1800 a raised; 2400 b escalated",
                held=("snoozed",),
            ),
            Case(name="by_hand", mute="suppress", held=("by_hand",)),
            Case(name="out_of_service", mute="out_of_service", held=("out_of_service",)),
            Case(name="window", mute="window", expected="1200 a raised", held=("window",)),
            Case(name="short_window", mute="window", hold_s=1800, expected="1800 a raised"),
            Case(name="recurring", mute="recurring", expected="1200 a raised", held=("window",)),
            Case(name="coming", mute="coming", steps=STAGED, expected="0 a raised; 1500 a repeated; 2100 b escalated"),
            Case(name="twice", mute="snooze window", expected="1800 a raised", held=("snoozed", "window")),
        ],
    ),
    "a cause": Home(
        prepare="cause",
        cases=[
            Case(name="explained", parents=("sensor.cause",), held=("parent",)),
            Case(name="worse", severity=CRITICAL, parents=("sensor.cause",), held=("parent",)),
            Case(name="unrelated", expected="0 a raised"),
            Case(name="part", condition=UNAVAILABLE, value="unavailable", held=("parent",)),
        ],
    ),
    "a storm": Home(
        prepare="storm",
        options={"storm_per_minute": 2},
        cases=[
            Case(name="late", expected="60 a raised", held=("storm",)),
            Case(name="other", steps=((0, "b"),), expected="0 b raised"),
        ],
    ),
    "an alarm that comes and goes": Home(
        prepare="flapping",
        options={"flapping_per_hour": 2},
        cases=[
            Case(name="calm", expected="0 a raised"),
            Case(name="flaps", expected="0 a raised; 3600 a repeated", held=("flapping",)),
        ],
    ),
}


class World:
    """A home with the alarms of its cases, and what their groups received."""

    def __init__(self, kit: Kit, entry: MockConfigEntry) -> None:
        self.kit = kit
        self.entry = entry
        self.rules: dict[str, str] = {}
        self.received: list[tuple[float, str, str, str]] = []

    def group(self, case: Case, letter: str) -> str:
        """Add a notifier group of a case; return its id."""
        name = f"{case.name}_{letter}"
        self.kit.hass.services.async_register("receiver", name, partial(self._receive, case.name, letter))
        target = {"kind": "action", "action": f"receiver.{name}", "data": {"kind": "{{ kind }}"}}
        data: Any = marked(NOTIFIER, {"targets": [target], **case.group})
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title=name, unique_id=None)
        self.kit.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    async def _receive(self, name: str, letter: str, call: ServiceCall) -> None:
        self.received.append((dt_util.utcnow().timestamp(), name, letter, call.data["kind"]))

    async def add(self, case: Case) -> None:
        """Add the alarm of a case."""
        letters = dict.fromkeys(letter for _, letter in case.steps)
        groups = {letter: self.group(case, letter) for letter in letters}
        steps = tuple(EscalationStep(after_s=after_s, groups=(groups[letter],)) for after_s, letter in case.steps)
        has_entity = case.condition.traits.has_entities
        await set_state(self.kit, case.sensor, "20")
        self.rules[case.name] = await add_rule(
            self.kit,
            *([case.sensor] if has_entity else []),
            name=case.name,
            severity=case.severity,
            condition=case.condition,
            timing=Timing(hold_s=case.hold_s, latching=case.latching),
            escalation=EscalationPolicy(steps=steps, repeat_s=case.repeat_s),
            parents=case.parents,
        )

    def share_groups(self, rule_id: str, case: Case) -> None:
        """Give another rule the notification steps of a case."""
        subentry, other = self.entry.subentries[rule_id], self.entry.subentries[self.rules[case.name]]
        data = {**subentry.data, "escalation": other.data["escalation"]}
        self.kit.hass.config_entries.async_update_subentry(self.entry, subentry, data=data)

    async def explain(self, case: Case, **more: Any) -> dict[str, Any]:
        """Return the explanation of a case."""
        target = rule_entity(self.kit, self.rules[case.name])
        more |= {"severity": case.assumed.word} if case.assumed else {}
        (explained,) = (await call(self.kit, "explain", answer=True, entity_id=target, **more))["alarms"]
        return dict(explained)

    async def wait(self, seconds: float, step: float = STEP_S) -> None:
        """Advance the time in steps."""
        for _ in range(ceil(seconds / step)):
            await self.kit.wait(step)
            await self.kit.hass.async_block_till_done(wait_background_tasks=True)

    async def wait_until(self, clock: str) -> None:
        """Advance to a time of the day in the home's time zone."""
        now = dt_util.now()
        hour, minute = map(int, clock.split(":"))
        then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        then += timedelta(days=1) if then <= now else timedelta()
        await self.kit.wait((then - now).total_seconds())


async def maintenance(world: World, _home: Home) -> None:
    switch = world.kit.entity_id(f"{world.entry.entry_id}_maintenance")
    await world.kit.hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)


async def cause(world: World, home: Home) -> None:
    """Raise an alarm on which others depend, and lose one entity of the device that has another."""
    device = add_device(world.kit, "gateway")
    part = next(case for case in home.cases if case.name == "part")
    world.kit.hass.states.async_remove(part.sensor)
    for name in ("sensor.gone", part.sensor):
        add_entity(world.kit, name, device)
    await add_rule(world.kit, "sensor.cause", name="Cause", severity=CRITICAL)
    world.share_groups(await add_rule(world.kit, "sensor.gone", name="Gone", condition=UNAVAILABLE), part)
    await world.kit.hass.async_block_till_done()
    await set_state(world.kit, "sensor.cause", "90")
    await set_state(world.kit, "sensor.gone", "unavailable")
    await world.wait(90)


async def storm(world: World, home: Home) -> None:
    """Send as many messages to the group of the first alarm as it may get in a minute."""
    for name in ("sensor.first", "sensor.second"):
        world.share_groups(await add_rule(world.kit, name, name=name), home.cases[0])
        await set_state(world.kit, name, "90")


async def flapping(world: World, home: Home) -> None:
    """Raise and clear an alarm as often as it may without flapping."""
    for _ in range(2):
        for value in ("90", "20"):
            await set_state(world.kit, home.cases[1].sensor, value)
        await world.wait(STEP_S)


PREPARATIONS: dict[str, Callable[[World, Home], Any]] = {
    "maintenance": maintenance,
    "cause": cause,
    "storm": storm,
    "flapping": flapping,
}


async def mute(world: World, case: Case) -> None:
    """Mute the alarm of a case."""
    for kind in case.mute.split():
        if kind == "snooze":
            await call(world.kit, "snooze", entity_id=case.sensor, duration={"minutes": 30})
        elif kind == "window":
            await call(world.kit, "maintenance_start", entity_id=case.sensor, duration={"minutes": 20}, name="Work")
        elif kind in ("recurring", "coming"):
            start = dt_util.now() + timedelta(minutes=-10 if kind == "recurring" else 5)
            data: Any = marked(
                WINDOW,
                {
                    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                    "start": start.strftime("%H:%M:%S"),
                    "duration_s": 30 * MINUTE if kind == "recurring" else 20 * MINUTE,
                    "selection": {"entities": [case.sensor]},
                    "rules": [],
                },
            )
            subentry = ConfigSubentry(data=data, subentry_type="window", title=kind, unique_id=None)
            world.kit.hass.config_entries.async_add_subentry(world.entry, subentry)
            await world.kit.hass.async_block_till_done()
        else:
            await call(world.kit, kind, entity_id=case.sensor)


def parsed(expected: str) -> list[tuple[float, str, str]]:
    """Return what a case expects: after how many seconds, which group, which kind."""
    lines = (line.split() for line in expected.split(";") if line.strip())
    return [(float(after_s), letter, kind) for after_s, letter, kind in lines]


def in_order(notified: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Sort by minutes, groups notified together by name."""
    return sorted(notified, key=lambda item: (round(item[0] / MINUTE), item[1], item[2]))


def assert_same(first: list[tuple[float, str, str]], second: list[tuple[float, str, str]], what: str) -> None:
    first, second = in_order(first), in_order(second)
    assert [item[1:] for item in first] == [item[1:] for item in second], (what, first, second)
    for left, right in zip(first, second, strict=True):
        assert abs(left[0] - right[0]) <= TOLERANCE_S, (what, first, second)


def explained(case: Case, explanation: dict[str, Any], start: float) -> list[tuple[float, str, str]]:
    """Return whom an explanation names, within the period that the engine is run."""
    return [
        (after_s, entry["group"].removeprefix(f"{case.name}_"), entry["kind"])
        for entry in explanation["notified"]
        if (after_s := datetime.fromisoformat(entry["at"]).timestamp() - start) < PERIOD_S
    ]


def spoken(case: Case, explanation: dict[str, Any], start: float) -> list[tuple[str, str]]:
    """Return the times and groups that the sentences of an explanation name."""
    groups = {entry["group"] for entry in explanation["notified"]}
    found = []
    for sentence in explanation["text"]:
        if match := TIME.match(sentence):
            (group,) = [name for name in groups if f"{name} " in sentence]
            found.append((match[1], group.removeprefix(f"{case.name}_")))
    return found[: len(explained(case, explanation, start))]


def clock(at: float) -> str:
    return dt_util.as_local(datetime.fromtimestamp(at, UTC)).strftime("%H:%M")


def test_the_table_has_forty_cases() -> None:
    assert sum(len(home.cases) for home in HOMES.values()) >= 40


@pytest.mark.parametrize("name", HOMES)
async def test_an_explanation_agrees_with_what_the_engine_does(kit: Kit, entry: MockConfigEntry, name: str) -> None:
    home, world = HOMES[name], World(kit, entry)
    kit.hass.config_entries.async_update_entry(entry, options=home.options)
    await reload(kit)
    for case in home.cases:
        await world.add(case)
    await world.wait_until(home.time)
    if home.prepare:
        await PREPARATIONS[home.prepare](world, home)
    for case in home.cases:
        await mute(world, case)
    explanations = {
        case.name: {language: await world.explain(case, language=language) for language in LANGUAGES}
        for case in home.cases
    }

    start = dt_util.utcnow().timestamp()
    world.received.clear()
    for case in home.cases:
        kit.hass.states.async_set(case.sensor, case.value)
    kit.hass.bus.async_fire("doorbell")
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    await world.wait(PERIOD_S)

    for case in home.cases:
        done = [
            (at - start, letter, kind)
            for at, name, letter, kind in world.received
            if name == case.name and at - start < PERIOD_S
        ]
        assert_same(done, parsed(case.expected), f"the engine, {case.name}")
        for language, explanation in explanations[case.name].items():
            assert_same(explained(case, explanation, start), done, f"{case.name} in {language}")
            held = {each["reason"] for each in explanation["held_back"]}
            assert held == set(case.held), (case.name, language, explanation)
            named = [(clock(start + after_s), letter) for after_s, letter, _ in explained(case, explanation, start)]
            assert spoken(case, explanation, start) == named, (case.name, language, explanation["text"])
        texts = [tuple(explanation["text"]) for explanation in explanations[case.name].values()]
        assert len(set(texts)) == len(LANGUAGES), texts


async def test_an_action_explains_only_what_the_user_may_read(kit: Kit, guest: MockUser) -> None:
    rule_id = await add_rule(kit, "sensor.one", "sensor.two", "sensor.three")
    for name in ("one", "two", "three"):
        await set_state(kit, f"sensor.{name}", "20")

    answer = await call(
        kit, "explain", answer=True, entity_id=rule_entity(kit, rule_id), context=Context(user_id=guest.id)
    )

    assert [alarm["entity_id"] for alarm in answer["alarms"]] == ["sensor.one", "sensor.two"]
    answer = await call(kit, "explain", answer=True, entity_id=rule_entity(kit, rule_id), alarm="sensor.two")
    (explanation,) = answer["alarms"]
    assert explanation["entity_id"] == "sensor.two"
    assert explanation["text"][-1] == "The alarm rule notifies no one."


async def test_an_explanation_needs_an_alarm(kit: Kit) -> None:
    with pytest.raises(InvalidCallError) as error:
        await call(kit, "explain", answer=True, entity_id="sensor.none")
    assert error.value.translation_key == "not_an_alarm"


async def test_a_group_without_recipients_is_said_to_notify_no_one(kit: Kit, entry: MockConfigEntry) -> None:
    data: Any = marked(NOTIFIER, {"targets": []})
    group = ConfigSubentry(data=data, subentry_type="notifier", title="Nobody", unique_id=None)
    kit.hass.config_entries.async_add_subentry(entry, group)
    steps = (EscalationStep(after_s=0, groups=(group.subentry_id,)),)
    await add_rule(kit, "sensor.one", escalation=EscalationPolicy(steps=steps))
    await set_state(kit, "sensor.one", "20")

    (explanation,) = (await call(kit, "explain", answer=True, entity_id="sensor.one"))["alarms"]

    (notified,) = explanation["notified"]
    assert notified["targets"] == []
    assert notified["text"].endswith("Nobody has no recipients, so no one is notified.")
