"""Backtests of a rule: a series of readings against outages, and the recorder's history."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.iotbridge.alarms.engine.evaluation.snapshot import EntitySnapshot
from custom_components.iotbridge.alarms.engine.kinds import KINDS, AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from custom_components.iotbridge.alarms.engine.rule import Rule
from custom_components.iotbridge.alarms.runtime import backtest
from custom_components.iotbridge.alarms.runtime.backtest import Backtest, Outage, async_backtest, reason_against, replay
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance
from homeassistant.util import dt as dt_util

from ..conditions import examples_of

HOUR = 3600.0


def rule(kind: AlarmKind = AlarmKind.ABOVE, timing: Timing | None = None, **condition: Any) -> Rule:
    defaults: dict[str, Any] = {"above": 30} if kind is AlarmKind.ABOVE else {}
    return Rule(
        rule_id="r",
        name="Rule",
        severity=Severity.WARNING,
        condition=Condition(kind=kind, **defaults | condition),
        timing=timing or Timing(),
    )


def readings(*values: tuple[float, float | str | None]) -> Iterable[tuple[float, EntitySnapshot | None]]:
    for at, value in values:
        yield at, None if value is None else EntitySnapshot(str(value), {}, at)


# ---------------------------------------------------------------- a series


@pytest.mark.parametrize(
    ("series", "outages"),
    [
        ([], []),
        ([(0, 20), (10, 25)], []),
        ([(0, 20), (10, 31), (70, 29)], [Outage(10, 70, "31")]),
        ([(0, 31), (10, 32), (70, 29), (80, 35), (90, 20)], [Outage(0, 70, "31"), Outage(80, 90, "35")]),
        ([(0, 20), (10, 31)], [Outage(10, None, "31")]),
        ([(0, 31), (10, "unavailable"), (20, None), (30, 31), (40, 5)], [Outage(0, 40, "31")]),
        ([(0, "unknown"), (5, "unavailable")], []),
    ],
)
def test_outages_of_a_limit(series: list[tuple[float, float | str | None]], outages: list[Outage]) -> None:
    assert replay(rule(), readings(*series), 1000) == outages


def test_hold_and_clear_delay_are_applied() -> None:
    slow_rule = rule(timing=Timing(hold_s=60, clear_after_s=30))
    series = readings((0, 31), (30, 20), (100, 31), (200, 20), (210, 31), (300, 20))

    assert replay(slow_rule, series, 1000) == [Outage(160, 330, "31")]


def test_a_hold_may_end_after_the_last_reading() -> None:
    assert replay(rule(timing=Timing(hold_s=60)), readings((0, 31)), 100) == [Outage(60, None, "31")]
    assert replay(rule(timing=Timing(hold_s=60)), readings((0, 31)), 50) == []


def test_a_higher_severity_is_no_second_outage() -> None:
    worse = rule(worse_above=40.0)

    assert replay(worse, readings((0, 31), (10, 45), (20, 31), (30, 5)), 100) == [Outage(0, 30, "31")]


def test_a_latching_rule_has_one_outage_per_episode() -> None:
    latching = rule(timing=Timing(latching=True))

    assert len(replay(latching, readings((0, 31), (10, 5), (20, 31), (30, 5)), 100)) == 2


def test_missing_reports_are_outages_between_and_after_readings() -> None:
    silent = rule(AlarmKind.NO_DATA, silent_s=100.0)
    found = replay(silent, readings((0, 1), (50, 2), (500, 3), (510, 4)), 1000)

    assert [(outage.raised_at, outage.cleared_at) for outage in found] == [(150, 500), (610, None)]


def test_readings_with_decreasing_times_are_accepted() -> None:
    assert replay(rule(), readings((100, 31), (50, 20), (200, 31)), 300) == [
        Outage(100, 100, "31"),
        Outage(200, None, "31"),
    ]


# ---------------------------------------------------------------- the recorder's history


class TestRecorder:
    """Tests with a recorder, which has to run before the fixtures of every test."""

    @pytest.fixture(autouse=True)
    def _custom_integrations(self, recorder_mock: object, enable_custom_integrations: None) -> None:
        """Run the recorder in memory before the fixtures of every test."""

    async def record_values(
        self,
        hass: HomeAssistant,
        freezer: FrozenDateTimeFactory,
        entity_id: str,
        *values: tuple[float, object],
        unit: str = "°C",
    ) -> None:
        """Record values of an entity from a number of hours ago."""
        now = dt_util.utcnow()
        for hours, value in values:
            freezer.move_to(now - timedelta(hours=hours))
            hass.states.async_set(entity_id, str(value), {"level": value, "unit_of_measurement": unit})
            await hass.async_block_till_done()
        freezer.move_to(now)
        await async_wait_recording_done(hass)

    async def run(self, hass: HomeAssistant, rule: Rule, *entity_ids: str) -> Backtest:
        done: list[float] = []
        result = await async_backtest(hass, rule, entity_ids, done.append)
        assert done == sorted(done)
        assert done[-1:] == ([1.0] if entity_ids and not result.skipped else done[-1:])
        return result

    async def test_outages_of_all_entities_in_the_last_week(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory
    ) -> None:
        await self.record_values(hass, freezer, "sensor.attic", (200, 35), (190, 20), (50, 31.5), (47, 20), (2, 33))
        await self.record_values(hass, freezer, "sensor.cellar", (100, 40), (99, 12))
        now = dt_util.utcnow().timestamp()
        found = await self.run(hass, rule(), "sensor.cellar", "sensor.attic", "sensor.none")

        assert [(name, round((now - o.raised_at) / HOUR), o.value) for name, o in found.outages] == [
            ("sensor.attic", 2, "33 °C"),
            ("sensor.attic", 50, "31.5 °C"),
            ("sensor.cellar", 100, "40 °C"),
        ]
        assert found.outages[0][1].cleared_at is None
        assert (found.entities, found.skipped, round(found.longest_s / HOUR)) == (3, 0, 3)

    async def test_recorded_values_in_another_unit_are_converted(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory
    ) -> None:
        await self.record_values(hass, freezer, "sensor.attic", (100, 68), (90, 90), (80, 70), unit="°F")
        await self.record_values(hass, freezer, "sensor.attic", (50, 20), (10, 31), (5, 20))
        found = await self.run(hass, rule(unit="°C"), "sensor.attic")

        assert [outage.value for _, outage in found.outages] == ["31 °C", "90 °F"]

    async def test_an_outage_from_before_the_week_starts_with_it(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory
    ) -> None:
        await self.record_values(hass, freezer, "sensor.attic", (200, 35), (24, 20))
        found = await self.run(hass, rule(), "sensor.attic")

        assert round(found.longest_s / HOUR) == 144

    async def test_a_state_at_the_border_of_two_slices_counts_once(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory
    ) -> None:
        just_before = 24 + 0.0005 / HOUR
        await self.record_values(
            hass, freezer, "sensor.attic", (30, 20), (just_before, 31), (24, 20), (18, 31), (12, 20)
        )
        found = await self.run(hass, rule(), "sensor.attic")

        assert len(found.outages) == 2

    async def test_outages_of_an_attribute(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        await self.record_values(hass, freezer, "sensor.attic", (20, 35), (10, 20))

        assert len((await self.run(hass, rule(attribute="level"), "sensor.attic")).outages) == 1
        assert len((await self.run(hass, rule(attribute="other"), "sensor.attic")).outages) == 0

    async def test_the_start_of_home_assistant_is_no_outage(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory
    ) -> None:
        for minutes, value in ((0, "unavailable"), (2, "on"), (30, "unavailable"), (40, "on"), (50, "on")):
            freezer.move_to(get_instance(hass).recorder_runs_manager.recording_start + timedelta(minutes=minutes))
            hass.states.async_set("light.a", value)
            await hass.async_block_till_done()
        await async_wait_recording_done(hass)
        found = await self.run(hass, rule(AlarmKind.UNAVAILABLE), "light.a")

        assert [round(outage.cleared_at - outage.raised_at) for _, outage in found.outages if outage.cleared_at] == [
            600
        ]
        assert len(found.outages) == 1

    async def test_the_number_of_entities_is_limited(
        self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backtest, "MAX_ENTITIES", 2)
        found = await self.run(hass, rule(), "sensor.a", "sensor.b", "sensor.c")

        assert (found.entities, found.skipped) == (2, 1)

    async def test_the_time_of_a_backtest_is_limited(
        self, hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backtest, "BUDGET_S", -1.0)
        found = await self.run(hass, rule(), "sensor.a", "sensor.b")

        assert (found.entities, found.skipped, found.longest_s) == (0, 2, 0)

    async def test_only_kinds_with_history_can_be_tested(self, hass: HomeAssistant) -> None:
        assert DATA_INSTANCE in hass.data
        assert reason_against(hass, rule()) is None
        assert reason_against(hass, rule(AlarmKind.TEMPLATE, template="{{ true }}")) == "no_history"


async def test_a_backtest_needs_a_recorder(hass: HomeAssistant) -> None:
    assert reason_against(hass, rule()) == "no_recorder"


EVALUATED = [kind for kind, traits in KINDS.items() if traits.has_entities]
VALUES = st.one_of(st.none(), st.floats(-10, 60), st.sampled_from(["open", "lost", "unavailable", "unknown", "closed"]))


@given(
    condition=st.sampled_from(examples_of(*EVALUATED)),
    gaps=st.lists(st.tuples(st.floats(-50, 2000), VALUES, st.booleans()), max_size=40),
    timing=st.builds(Timing, hold_s=st.floats(0, 500), clear_after_s=st.floats(0, 500), latching=st.booleans()),
)
def test_outages_never_overlap(
    condition: Condition, gaps: list[tuple[float, float | str | None, bool]], timing: Timing
) -> None:
    at, series = 0.0, []
    for gap, value, restored in gaps:
        at += gap
        series.append(
            (at, None if value is None else EntitySnapshot(str(value), {"restored": True} if restored else {}, at))
        )
    until = max([moment for moment, _ in series], default=0) + 1000
    found = replay(
        Rule(rule_id="", name="", severity=Severity.INFO, condition=condition, timing=timing),
        series,
        until,
    )

    times = [time for outage in found for time in (outage.raised_at, outage.cleared_at) if time is not None]
    assert times == sorted(times)
    assert all(outage.cleared_at is not None for outage in found[:-1])
    assert all(time <= until for time in times)
