"""Lists of alarms and of their history."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.core import Context
from tests.alarms.api.calls import raise_two, states
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity, set_state


async def test_a_guest_lists_only_alarms_with_read_permission(kit: Kit, guest: MockUser) -> None:
    await raise_two(kit)
    await add_rule(kit, "sensor.three", name="Secret")
    await set_state(kit, "sensor.three", "99")
    context = Context(user_id=guest.id)

    assert set(await states(kit, context=context)) == {"sensor.one", "sensor.two"}
    events = (await call(kit, "history", answer=True, context=context))["events"]
    assert {event["entity_id"] for event in events} == {"sensor.one", "sensor.two"}


async def test_normal_alarms_are_listed_on_request(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")
    await set_state(kit, "sensor.one", "20")

    assert await states(kit) == {}
    assert await states(kit, state="normal") == {"sensor.one": "normal"}


async def test_the_history_contains_actors_and_comments(kit: Kit, hass_admin_user: MockUser) -> None:
    await raise_two(kit)
    context = Context(user_id=hass_admin_user.id)
    await call(kit, "acknowledge", entity_id="sensor.one", comment="Mine.", context=context)
    await kit.wait(60)
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")

    events = (await call(kit, "history", answer=True, entity_id="sensor.one"))["events"]

    assert [(event["change"], event["who"], event["comment"]) for event in events] == [
        ("cleared", "", ""),
        ("acknowledged", hass_admin_user.name, "Mine."),
        ("raised", "", ""),
    ]
    assert (events[0]["alarm"], events[0]["rule"]) == ("Boiler", "Hot")
    assert events[0]["at"] > events[1]["at"]


async def test_the_history_is_filtered(kit: Kit) -> None:
    rule_id = await raise_two(kit)
    await kit.wait(3600)
    await set_state(kit, "sensor.two", "20")

    async def query(**fields: Any) -> list[tuple[str, str]]:
        events = (await call(kit, "history", answer=True, **fields))["events"]
        return [(event["change"], event["entity_id"]) for event in events]

    everything = [("cleared", "sensor.two"), ("raised", "sensor.two"), ("raised", "sensor.one")]
    assert await query() == everything
    assert await query(limit=1) == everything[:1]
    assert await query(change="raised") == everything[1:]
    assert await query(entity_id=rule_entity(kit, rule_id)) == everything
    assert await query(entity_id=[rule_entity(kit, rule_id), "sensor.one"], limit=2) == everything[:2]
    now = (await call(kit, "history", answer=True))["events"][0]["at"]
    assert await query(start=now) == everything[:1]
    assert await query(end=now) == everything[1:]
