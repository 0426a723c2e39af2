"""Alarms that another one explains, or that are silent for a while: told when they have to be, and only then."""

from collections import Counter
from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, AlarmState, Timing
from custom_components.iotbridge.alarms.engine.rule import AlarmKind, Condition, EscalationPolicy, Selection
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from homeassistant.core import ServiceCall

from ...kit import FakeHost, Kit
from ...rules import add_rule, set_state
from ..home import (
    BROKER_OFF,
    UNAVAILABLE,
    SetClock,
    alarms,
    broker_entity,
    device,
    device_of,
    find_broker,
    lose_broker,
    part,
    press,
    reload,
    restart,
    titles,
    wait,
)

NAMES = ("sensor.disk", "sensor.fan", "sensor.share")
OF_MQTT = Selection(integrations=("mqtt",))


async def nas(kit: Kit, policy: EscalationPolicy, *names: str, **more: Any) -> tuple[FakeHost, str]:
    """Return a host that is watched, and the id of the rule over what of other integrations is on it."""
    host = await kit.host("nas")
    power = kit.entity_id(f"{host.uid}_power_state")
    for name in names:
        part(kit, name, device_of(kit, power))
    await add_rule(kit, power, condition=Condition(kind=AlarmKind.HOST_LOST), escalation=policy, name="Lost")
    return host, await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone", **more)


def let_go(kit: Kit, *names: str) -> None:
    for name in names:
        kit.hass.states.async_set(name, "unavailable")


def let_be(kit: Kit, *names: str) -> None:
    for name in names:
        kit.hass.states.async_set(name, "5")


async def come_and_go(kit: Kit, entity_id: str) -> None:
    """Let a temperature become too high so often that nobody would want to hear it every time, and stay there."""
    for state in ("90", "20") * 7 + ("90",):
        await set_state(kit, entity_id, state)
        await wait(kit, 5, 5)


def about(told: list[ServiceCall], name: str) -> list[str]:
    """Return what was told of the alarms of a rule."""
    return titles([call for call in told if f": {name}: " in call.data.get("title", "")])


def states(kit: Kit, rule_id: str) -> set[AlarmState]:
    return {alarm.state for alarm in alarms(kit).alarms(rule_id)}


async def test_what_is_well_when_its_host_is_back_is_not_told_however_long_it_takes_to_be_over(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    host, child = await nas(kit, policy, "sensor.disk", timing=Timing(clear_after_s=300))
    await host.availability("offline")
    let_go(kit, "sensor.disk")
    await wait(kit, 60, 5)

    let_be(kit, "sensor.disk")
    await host.availability("online")
    await wait(kit, 10, 5)
    # Some things take two attempts to come up.
    let_go(kit, "sensor.disk")
    await wait(kit, 10, 5)
    let_be(kit, "sensor.disk")
    for _ in range(14):
        await host.status()
        await wait(kit, 30, 5)

    assert states(kit, child) == {AlarmState.NORMAL}
    assert titles(told) == ["Warning", "Cleared"]
    assert about(told, "Gone") == []


async def test_what_is_well_when_maintenance_ends_is_not_told_however_long_it_takes_to_be_over(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    rule_id = await add_rule(kit, "sensor.hot", escalation=policy, timing=Timing(clear_after_s=600))
    suppressor = alarms(kit).suppressor
    suppressor.async_set_maintenance(True, Actor())
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 5)
    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 5)

    suppressor.async_set_maintenance(False, Actor())
    await wait(kit, 300, 10)
    assert titles(told) == []
    await set_state(kit, "sensor.hot", "90")
    await wait(kit, 3)
    assert titles(told) == ["Warning"]

    await set_state(kit, "sensor.hot", "20")
    await wait(kit, 620, 10)
    assert states(kit, rule_id) == {AlarmState.NORMAL}
    assert titles(told) == ["Warning", "Cleared"]


async def test_what_came_and_went_in_maintenance_is_told_when_that_ends(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    await add_rule(kit, "sensor.hot", escalation=policy)
    suppressor = alarms(kit).suppressor
    suppressor.async_set_maintenance(True, Actor())
    await come_and_go(kit, "sensor.hot")
    assert titles(told) == []

    suppressor.async_set_maintenance(False, Actor())
    await wait(kit, 3)

    assert titles(told) == ["Warning"]


async def test_what_came_and_went_while_it_was_put_aside_is_told_when_that_ends(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    key = AlarmKey(await add_rule(kit, "sensor.hot", escalation=policy), "sensor.hot")
    alarms(kit).async_snooze([key], alarms(kit).processor.async_after(600), Actor())
    await come_and_go(kit, "sensor.hot")
    assert titles(told) == []

    await wait(kit, 600, 10)

    assert titles(told) == ["Warning"]


async def test_what_came_and_went_behind_its_host_is_told_when_it_goes_alone(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    host, _ = await nas(kit, policy, "sensor.disk")
    for _ in range(7):
        await host.availability("offline")
        let_go(kit, "sensor.disk")
        await wait(kit, 6)
        let_be(kit, "sensor.disk")
        await host.availability("online")
        await host.status()
        await wait(kit, 25, 5)
    await wait(kit, 20, 5)
    await host.status()
    assert host.power == "on"

    let_go(kit, "sensor.disk")
    await wait(kit, 3)

    assert about(told, "Gone") == ["Warning"]


async def test_a_host_that_comes_and_goes_explains_what_it_takes_along(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    host, child = await nas(kit, policy, *NAMES)
    for _ in range(9):
        await host.availability("online")
        await host.status()
        let_be(kit, *NAMES)
        await wait(kit, 60, 5)
        await host.availability("offline")
        let_go(kit, *NAMES)
        await wait(kit, 90, 5)

    assert states(kit, child) == {AlarmState.SUPPRESSED}
    assert about(told, "Gone") == []


async def test_who_snoozes_a_host_hears_nothing_of_what_is_on_it(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    host, child = await nas(kit, policy, *NAMES)
    await host.availability("offline")
    let_go(kit, *NAMES)
    await wait(kit, 3)
    assert titles(told) == ["Warning"]

    _, snooze = told[0].data["data"]["actions"]
    await press(kit, snooze["action"])
    await wait(kit, 90, 5)

    assert states(kit, child) == {AlarmState.SUPPRESSED}
    assert titles(told) == ["Warning", "taken away"]


@pytest.mark.parametrize("again", [restart, reload])
async def test_an_outage_of_the_broker_goes_on_over_a_start(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall], again: Any
) -> None:
    await add_rule(kit, condition=UNAVAILABLE, selection=OF_MQTT, escalation=policy, name="Gone")
    await lose_broker(kit)
    await wait(kit, 60, 5)

    await again(kit)
    await wait(kit, 240, 5)

    assert titles(told) == ["Warning"]


async def test_an_outage_of_the_broker_goes_on_when_the_clock_is_set_back(
    kit: Kit, hosts: list[FakeHost], policy: EscalationPolicy, told: list[ServiceCall], set_clock: SetClock
) -> None:
    await add_rule(kit, condition=UNAVAILABLE, selection=OF_MQTT, escalation=policy, name="Gone")
    await lose_broker(kit)
    await wait(kit, 30, 5)

    set_clock(-600)
    await wait(kit, 1500, 10)

    assert titles(told) == ["Warning"]


async def test_what_could_not_be_heard_while_the_broker_was_gone_was_not_silent(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    slow = part(kit, "sensor.slow", platform="mqtt")
    silent = Condition(kind=AlarmKind.NO_DATA, silent_s=900)
    await add_rule(kit, slow, condition=silent, escalation=policy, name="Silent")
    await add_rule(kit, broker_entity(kit), condition=BROKER_OFF, escalation=policy, name="Broker")
    for state in ("6", "7", "8"):
        await wait(kit, 600, 20)
        await set_state(kit, slow, state)

    await lose_broker(kit)
    await wait(kit, 1200, 20)
    await find_broker(kit)
    await wait(kit, 880, 20)

    assert about(told, "Broker") == ["Warning", "Cleared"]
    assert about(told, "Silent") == []
    await wait(kit, 60, 20)
    assert about(told, "Silent") == ["Warning"]


async def test_parts_that_come_back_one_after_the_other_are_a_short_history(
    kit: Kit, policy: EscalationPolicy, told: list[ServiceCall]
) -> None:
    """The one that speaks for the others is back first, again and again: that it is another one is no news."""
    box = device(kit, "box")
    names = [part(kit, f"sensor.part_{number:02}", box) for number in range(30)]
    await add_rule(kit, *names, condition=UNAVAILABLE, escalation=policy, name="Gone")
    for name in names:
        let_go(kit, name)
        await wait(kit, 1)
    await wait(kit, 5)
    for name in names:
        let_be(kit, name)
        await wait(kit, 2)

    rows = Counter(row["change"] for row in await alarms(kit).async_history(HistoryQuery(limit=10_000)))
    assert sum(rows.values()) < 4 * len(names), rows
    assert titles(told) == ["Warning", "Cleared"]
