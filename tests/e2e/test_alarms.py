"""Alarms from their cause to the phone that rings, across outages of agent, broker and Home Assistant itself."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import datetime

from lab.alarms import add_group, add_rule, alarms, history, remove, subentries
from lab.client import Json
from lab.lab import Lab
from lab.waiting import until
import pytest

from .alarm import Gauge, Phone, phone, wait_notified, wait_persisted
from .conftest import NewHost
from .host import Host

HOLD_S = 20
STEP_S = 15
NEAR_S = 10
"""Seconds by which a moment may be later than expected."""


@pytest.fixture
async def tidy(lab: Lab) -> AsyncGenerator[AsyncExitStack]:
    """Remove what a test adds: the alarms of one must not ring in the next."""
    before = {row["subentry_id"] for row in await subentries(lab.client)}
    async with AsyncExitStack() as stack:
        yield stack
        for row in await subentries(lab.client):
            if row["subentry_id"] not in before:
                await remove(lab.client, row["subentry_id"])


@pytest.fixture
async def mine(lab: Lab, tidy: AsyncExitStack, request: pytest.FixtureRequest) -> Phone:
    """Return a phone that is a notifier group of its own, with the same name."""
    return await _phone(lab, tidy, f"{request.node.name} mine")


@pytest.fixture
async def theirs(lab: Lab, tidy: AsyncExitStack, request: pytest.FixtureRequest) -> Phone:
    """Return another phone."""
    return await _phone(lab, tidy, f"{request.node.name} theirs")


@pytest.fixture
async def gauge(lab: Lab, request: pytest.FixtureRequest) -> Gauge:
    """Return a number within its limits."""
    found = Gauge(lab, request.node.name)
    await found.discover()
    await found.publish(20.0)
    return found


async def _phone(lab: Lab, tidy: AsyncExitStack, name: str) -> Phone:
    found = await tidy.enter_async_context(phone(lab, name.removeprefix("test_")))
    await add_group(lab.client, found.name, phones=[found.action])
    return found


async def watch(lab: Lab, host: Host, *phones: Phone) -> tuple[str, str]:
    """Add an alarm for a host that vanishes and one over all its entities; return their names."""
    lost, gone = f"Lost {host.node_id}", f"Gone {host.node_id}"
    steps = [(0, [each.name for each in phones])]
    power = await host.entity_id("power_state")
    await add_rule(lab.client, "host_lost", lost, entities=[power], steps=steps, severity="critical")
    await add_rule(lab.client, "unavailable", gone, devices=[await host.device_id()], steps=steps)
    return lost, gone


async def normal(lab: Lab, *names: str, timeout_s: float = 60) -> None:
    """Wait until all alarms of rules are normal and no notification is pending."""

    async def is_normal() -> bool:
        return not [alarm for name in names for alarm in await alarms(lab.client, name)]

    await until(is_normal, timeout_s=timeout_s, what=f"the end of {names}")
    await wait_notified(lab)


async def kill_home_assistant(lab: Lab) -> None:
    await lab.home_assistant.kill()
    await lab.home_assistant.start()
    await lab.client.watch_states()


async def times(lab: Lab, name: str) -> dict[str, float]:
    """Return the times of the transitions of a rule's only alarm; each may have occurred once."""
    rows = await history(lab.client, name)
    assert max(Counter(row["change"] for row in rows).values()) == 1, rows
    return {row["change"]: datetime.fromisoformat(row["at"]).timestamp() for row in rows}


async def find_event(lab: Lab, rule_id: str) -> Json | None:
    """Return the event entity of a rule."""
    rows = [row for row in await lab.client.entities() if row["entity_id"].startswith("event.")]
    return next((row for row in rows if row["unique_id"].startswith(rule_id)), None)


def titles(rang: Phone) -> list[str]:
    return [message["title"] for message in rang.messages]


def buttons(message: Json) -> list[Json]:
    return list(message["data"].get("actions", ()))


async def since(lab: Lab, entity_id: str) -> float:
    """Return the time since when an entity has its state."""
    return datetime.fromisoformat((await lab.client.state(entity_id))["last_changed"]).timestamp()


# ---------------------------------------------------------------- agent and broker


async def test_lost_host_is_one_alarm_acknowledged_on_the_phone_and_cleared_once(
    host: Host, lab: Lab, mine: Phone
) -> None:
    lost, gone = await watch(lab, host, mine)

    await host.agent.kill()
    (message,) = await mine.rings(1)

    assert message["title"].startswith(f"Critical: {lost}")
    assert "host lost" in message["message"]
    children = await alarms(lab.client, gone)
    assert len(children) >= 5
    assert {alarm["state"] for alarm in children} == {"suppressed"}
    assert {reason["reason"] for alarm in children for reason in alarm["suppressed_by"]} == {"parent"}
    affected = message["message"].partition("Also affected: ")[2]
    assert any(alarm["alarm"] in affected for alarm in children), affected
    assert len(affected.split(", ")) == min(len(children), 11)
    acknowledge, snooze = buttons(message)
    assert (acknowledge["title"], snooze["title"]) == ("Acknowledge", "Snooze for 1 h")

    await mine.press(acknowledge)
    *_, answer = await mine.rings(2)
    assert answer["title"].startswith(f"Acknowledged: {lost}")
    assert answer["message"] == "Demo acknowledged this alarm."
    assert answer["data"]["tag"] == message["data"]["tag"]
    assert [button["title"] for button in buttons(answer)] == ["Take back"]

    await host.agent.start()
    await host.wait_power("on")
    await mine.rings(3)
    await normal(lab, lost, gone)
    assert titles(mine)[2].startswith(f"Cleared: {lost}")
    assert len(mine.messages) == 3
    happened = await history(lab.client, lost)
    assert [row["change"] for row in happened] == ["raised", "acknowledged", "cleared"]
    assert (happened[1]["who"], happened[1]["where"]) == ("Demo", "phone")


async def test_killed_broker_is_one_alarm(new_host: NewHost, lab: Lab, mine: Phone) -> None:
    """Send a single message, with the reason, when all entities of two hosts become unavailable at once."""
    hosts = [await new_host("-a"), await new_host("-b")]
    names = [name for host in hosts for name in await watch(lab, host, mine)]

    await lab.broker.kill()
    try:
        (message,) = await mine.rings(1)
        assert "not connected to the MQTT broker" in message["message"]
        gone = [alarm for name in names for alarm in await alarms(lab.client, name)]
        assert len(gone) > 10 * len(hosts)
    finally:
        await lab.broker.start()

    for host in hosts:
        await host.wait_power("on", timeout_s=60)
    await normal(lab, *names)
    assert [title.partition(":")[0] for title in titles(mine)] == ["Warning", "Cleared"]


# ---------------------------------------------------------------- Home Assistant


async def test_a_tick_in_the_to_do_list_acknowledges_and_a_restart_is_no_event(
    lab: Lab, tidy: AsyncExitStack, gauge: Gauge
) -> None:
    name, client = "Hot in the list", lab.client
    rule_id = await add_rule(client, "above", name, condition={"above": 80}, entities=[gauge.entity_id])
    row = await until(lambda: find_event(lab, rule_id), timeout_s=60, what="the event entity")
    (list_id,) = [each["entity_id"] for each in await client.entities() if each["entity_id"].startswith("todo.")]

    async def items() -> list[Json]:
        answer = await client.call("todo.get_items", {"entity_id": list_id}, response=True)
        return [item for item in answer[list_id]["items"] if item["summary"].startswith(name)]

    await gauge.publish(90.0)
    (item,) = await until(items, timeout_s=30, what="the item")
    assert (item["status"], item["description"].splitlines()[0]) == ("needs_action", "Warning: above 80 °C.")
    triggers = [
        {"trigger": "state", "entity_id": row["entity_id"]},
        {"trigger": "todo.item_added", "target": {"entity_id": list_id}},
    ]
    await client.rest(
        "POST", "config/automation/config/alarm", {"alias": "An alarm", "triggers": triggers, "actions": []}
    )
    await client.wait_state("automation.an_alarm", "on")

    await lab.home_assistant.stop()
    await lab.home_assistant.start()
    client = lab.client
    await client.watch_states()
    await client.wait_state(gauge.entity_id, "90.0")
    assert [each["uid"] for each in await until(items, timeout_s=60, what="the item again")] == [item["uid"]]
    assert (await client.state("automation.an_alarm"))["attributes"]["last_triggered"] is None

    tick = {"entity_id": list_id, "item": item["uid"], "rename": item["summary"], "status": "completed"}
    await client.call("todo.update_item", tick)
    (alarm,) = await alarms(client, name)
    assert (alarm["state"], alarm["acknowledged_by"]["who"]) == ("acknowledged", "Demo")
    assert (await client.state("automation.an_alarm"))["attributes"]["last_triggered"] is not None
    await gauge.publish(20.0)
    await normal(lab, name)
    assert await items() == []


async def test_hold_continues_after_home_assistant_was_killed(lab: Lab, mine: Phone, gauge: Gauge) -> None:
    name = "Hot for a while"
    rule_id = await add_rule(
        lab.client,
        "above",
        name,
        condition={"above": 80},
        entities=[gauge.entity_id],
        steps=[(0, [mine.name])],
        hold={"seconds": HOLD_S},
    )
    await gauge.publish(90.0)
    began = await since(lab, gauge.entity_id)
    await wait_persisted(lab, rule_id, pending=True)

    await kill_home_assistant(lab)

    (message,) = await mine.rings(1)
    assert message["message"] == "90 °C > 80 °C"
    back = await since(lab, gauge.entity_id)
    raised = (await times(lab, name))["raised"]
    # It waits for the rest of its time, and not for all of it again.
    assert max(began + HOLD_S, back) - 0.1 <= raised < max(began + HOLD_S, back) + NEAR_S

    await gauge.publish(20.0)
    await mine.rings(2)
    await normal(lab, name)
    assert [title.partition(":")[0] for title in titles(mine)] == ["Warning", "Cleared"]
    assert (await times(lab, name)).keys() == {"raised", "cleared"}


async def test_escalation_continues_after_home_assistant_was_killed(
    lab: Lab, mine: Phone, theirs: Phone, gauge: Gauge
) -> None:
    name = "Nobody looks"
    steps = [(0, [mine.name]), (STEP_S, [theirs.name])]
    rule_id = await add_rule(
        lab.client, "above", name, condition={"above": 80}, entities=[gauge.entity_id], steps=steps
    )
    alarm = {"rule_id": rule_id, "entity_id": gauge.entity_id}
    explained = await lab.client.command("iotbridge/alarms/explain", **alarm)
    expected = [(mine.name, "raised"), (theirs.name, "escalated")]
    assert [(row["group"], row["kind"]) for row in explained["notified"]] == expected
    await gauge.publish(90.0)
    await mine.rings(1)
    await wait_persisted(lab, rule_id, active=True)
    await wait_notified(lab)

    await kill_home_assistant(lab)

    (message,) = await theirs.rings(1)
    assert "No one has acknowledged this alarm for" in message["message"]
    happened = await times(lab, name)
    assert happened["escalated"] >= happened["raised"] + STEP_S
    assert len(mine.messages) == 1
    await wait_notified(lab)
    chain = (await lab.client.command("iotbridge/alarms/details", **alarm))["chain"]
    assert [(link["target"], link["kind"]) for link in chain if link["result"] == "delivered"] == expected

    await theirs.press(buttons(message)[0])
    await mine.rings(2)
    await theirs.rings(2)
    await gauge.publish(20.0)
    for rang in (mine, theirs):
        await rang.rings(3)
    await normal(lab, name)
    for rang in (mine, theirs):
        assert [title.partition(":")[0] for title in titles(rang)] == ["Warning", "Acknowledged", "Cleared"]
    assert (await times(lab, name)).keys() == {"raised", "escalated", "acknowledged", "cleared"}


async def test_pending_notifications_are_sent_once_after_home_assistant_was_killed(
    lab: Lab, mine: Phone, gauge: Gauge
) -> None:
    name = "Not told yet"
    rule_id = await add_rule(
        lab.client, "above", name, condition={"above": 80}, entities=[gauge.entity_id], steps=[(0, [mine.name])]
    )
    mine.answer(with_push=False)
    await gauge.publish(90.0)
    await mine.reached.get()
    await wait_persisted(lab, rule_id, active=True)

    await lab.home_assistant.kill()
    mine.messages.clear()
    mine.answer(with_push=True)
    await lab.home_assistant.start()
    await lab.client.watch_states()

    await mine.rings(1)
    await wait_notified(lab)
    assert [title.partition(":")[0] for title in titles(mine)] == ["Warning"]
    assert (await times(lab, name)).keys() == {"raised"}


async def test_lost_host_is_notified_once_although_home_assistant_was_killed_meanwhile(
    host: Host, lab: Lab, mine: Phone
) -> None:
    lost, gone = await watch(lab, host, mine)
    await host.agent.kill()
    await mine.rings(1)
    (rule_id,) = [row["subentry_id"] for row in await subentries(lab.client) if row["title"] == lost]
    await wait_persisted(lab, rule_id, active=True)
    await wait_notified(lab)

    await kill_home_assistant(lab)
    await host.wait_power("lost", timeout_s=60)
    await host.agent.start()
    await host.wait_power("on", timeout_s=60)

    await mine.rings(2)
    await normal(lab, lost, gone)
    assert [title.partition(":")[0] for title in titles(mine)] == ["Critical", "Cleared"]
    assert [row["change"] for row in await history(lab.client, lost)] == ["raised", "cleared"]


# ---------------------------------------------------------------- failures


async def test_a_notification_that_the_push_service_rejects_is_sent_later_with_its_clearing(
    lab: Lab, mine: Phone, gauge: Gauge
) -> None:
    await be_refused(lab, mine, gauge, 429)


async def test_a_notification_that_the_push_service_fails_to_send_is_sent_later_with_its_clearing(
    lab: Lab, mine: Phone, gauge: Gauge
) -> None:
    await be_refused(lab, mine, gauge, 500)


async def be_refused(lab: Lab, mine: Phone, gauge: Gauge, status: int) -> None:
    """Home Assistant's app integration only logs that; the alarm has cleared before the next attempt."""
    name = f"Refused with {status}"
    rule_id = await add_rule(
        lab.client, "above", name, condition={"above": 80}, entities=[gauge.entity_id], steps=[(0, [mine.name])]
    )
    mine.refuses = status
    await gauge.publish(90.0)
    await mine.reached.get()
    await wait_persisted(lab, rule_id, active=True)
    mine.refuses = None
    await gauge.publish(20.0)

    (message,) = await mine.rings(1)
    await wait_notified(lab)

    assert message["title"].startswith(f"Already cleared: {name}")
    why, when = message["message"].split("\n")
    assert why == "90 °C > 80 °C"
    # It may have cleared within a second, which is notified with another text.
    assert when.startswith(("Raised at ", "This happened at "))
    assert "cleared" in when
    assert not buttons(message)
    assert len(mine.messages) == 1
    assert (await times(lab, name)).keys() == {"raised", "cleared"}


# ---------------------------------------------------------------- renames


async def rename(lab: Lab, entity_id: str, to: str) -> None:
    """Give an entity another id, as its settings do."""
    await lab.client.command("config/entity_registry/update", entity_id=entity_id, new_entity_id=to)


async def set_disabled(lab: Lab, *, disabled: bool) -> None:
    """Switch IoT Bridge off or on, like the user."""
    (entry,) = await lab.client.entries("iotbridge")
    by = "user" if disabled else None
    await lab.client.command("config_entries/disable", entry_id=entry["entry_id"], disabled_by=by)


async def test_a_renamed_entity_keeps_its_alarm_and_the_message_on_the_phone(
    lab: Lab, mine: Phone, gauge: Gauge
) -> None:
    """Rename the entity while IoT Bridge runs, and once more while it is disabled."""
    name = "Renamed"
    entity_id = gauge.entity_id
    rule_id = await add_rule(
        lab.client, "above", name, condition={"above": 80}, entities=[entity_id], steps=[(0, [mine.name])]
    )
    await gauge.publish(90.0)
    (message,) = await mine.rings(1)
    await wait_persisted(lab, rule_id, active=True)

    await rename(lab, entity_id, f"{entity_id}_one")
    (alarm,) = await alarms(lab.client, name)
    assert (alarm["entity_id"], alarm["state"]) == (f"{entity_id}_one", "unacknowledged")

    await set_disabled(lab, disabled=True)
    await rename(lab, f"{entity_id}_one", f"{entity_id}_two")
    await set_disabled(lab, disabled=False)

    async def is_followed() -> bool:
        return [found["entity_id"] for found in await alarms(lab.client, name)] == [f"{entity_id}_two"]

    await until(is_followed, timeout_s=60, what="the alarm under the new id")
    await mine.press(buttons(message)[0])
    (_, answer) = await mine.rings(2)
    gauge.entity_id = f"{entity_id}_two"
    await gauge.publish(20.0)
    (*_, over) = await mine.rings(3)
    await wait_notified(lab)

    assert titles(mine) == [f"Warning: {message['title'].partition(': ')[2]}", answer["title"], over["title"]]
    assert over["title"].startswith(f"Cleared: {name}")
    assert len({sent["data"]["tag"] for sent in mine.messages}) == 1
    rows = await history(lab.client, name)
    assert [row["change"] for row in rows] == ["raised", "acknowledged", "cleared"]
    assert {row["entity_id"] for row in rows} == {f"{entity_id}_two"}
