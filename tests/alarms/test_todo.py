"""The to-do list of the alarms, by Home Assistant's own actions, WebSocket commands, intents and triggers."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity, Timing
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.homeassistant.exposed_entities import (
    KNOWN_ASSISTANTS,
    async_expose_entity,
    async_should_expose,
)
from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er, intent
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

from ..automation import Automate, start_anew
from ..kit import Kit
from ..rules import add_rule, call, set_state

LIST = "todo.iot_bridge_alarms"
# A summary that is never equal to that of an item.
OTHER = "Milk"


async def items(kit: Kit, **criteria: Any) -> list[dict[str, Any]]:
    """Return the items by Home Assistant's action."""
    answer = await kit.hass.services.async_call(
        "todo", "get_items", {"entity_id": LIST, **criteria}, blocking=True, return_response=True
    )
    found: list[dict[str, Any]] = answer[LIST]["items"]  # type: ignore[index,assignment,call-overload]
    return found


async def summaries(kit: Kit, **criteria: Any) -> list[str]:
    return [item["summary"] for item in await items(kit, **criteria)]


async def tick(kit: Kit, item: dict[str, Any], user: MockUser, status: str = "completed", **more: Any) -> None:
    """Tick an item as the card does, which sends its summary back."""
    data = {"entity_id": LIST, "item": item["uid"], "rename": item["summary"], "status": status}
    context = Context(user_id=user.id)
    await kit.hass.services.async_call("todo", "update_item", data | more, blocking=True, context=context)
    await kit.hass.async_block_till_done()


async def state_of(kit: Kit, entity_id: str = "sensor.one") -> dict[str, Any]:
    """Return the alarm of an entity."""
    (alarm,) = (await call(kit, "list", answer=True, entity_id=entity_id))["alarms"]
    return dict(alarm)


async def raise_one(kit: Kit, **more: Any) -> dict[str, Any]:
    """Raise an alarm; return its item."""
    await add_rule(kit, "sensor.one", **more)
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    (item,) = await items(kit)
    return item


@pytest.fixture
async def _intents(kit: Kit) -> None:
    """Register the intents of lists, and expose the list to the assistant."""
    assert await async_setup_component(kit.hass, "homeassistant", {})
    assert await async_setup_component(kit.hass, "intent", {})
    await kit.hass.async_block_till_done()
    async_expose_entity(kit.hass, "conversation", LIST, True)


async def handle(kit: Kit, intent_type: str, item: str) -> None:
    """Handle an intent of lists, which core passes on to the entity without a context."""
    slots = {"item": {"value": item}, "name": {"value": "IoT Bridge Alarms"}}
    await intent.async_handle(kit.hass, "test", intent_type, slots, assistant="conversation")


async def test_open_alarms_are_listed_worst_first_without_values(kit: Kit) -> None:
    await set_state(kit, "sensor.one", "90", friendly_name="Boiler", unit_of_measurement="°C")
    await set_state(kit, "sensor.two", "97", friendly_name="Attic", unit_of_measurement="°C")
    await set_state(kit, "sensor.three", "20")
    await set_state(kit, "sensor.four", "on")
    hot = Condition(kind=AlarmKind.ABOVE, above=80, worse_above=95, unit="°C")
    await add_rule(kit, "sensor.one", "sensor.three", condition=hot, instructions="Open the valve.")
    await add_rule(kit, "sensor.two", condition=hot, name="Far too hot")
    await add_rule(
        kit,
        name="Switched on",
        severity=Severity.INFO,
        condition=Condition(kind=AlarmKind.TEMPLATE, template="{{ is_state('sensor.four', 'on') }}"),
    )
    since = f"Since {dt_util.now():%Y-%m-%d %H:%M}."

    found = await items(kit)

    assert [(item["summary"], item["status"]) for item in found] == [
        ("Far too hot: Attic", "needs_action"),
        ("Hot: Boiler", "needs_action"),
        ("Switched on", "needs_action"),
    ]
    assert [item["description"].splitlines() for item in found] == [
        ["Critical: above 95 °C.", since],
        ["Warning: above 80 °C.", since, "Instructions: Open the valve."],
        ["Information: template is true.", since],
    ]
    # The id of an item is random and may have any digits.
    shown = [text for item in found for key, text in item.items() if key != "uid"]
    assert not any(value in str(text) for text in shown for value in ("90", "97"))
    assert kit.hass.states.get(LIST).state == "3"  # type: ignore[union-attr]


async def test_a_tick_acknowledges_and_taking_it_away_takes_that_back(kit: Kit, hass_admin_user: MockUser) -> None:
    item = await raise_one(kit)

    await tick(kit, item, hass_admin_user)

    assert [(each["uid"], each["status"]) for each in await items(kit)] == [(item["uid"], "completed")]
    by = {"who": hass_admin_user.name, "where": "dashboard", "comment": ""}
    assert (await state_of(kit))["acknowledged_by"] == by
    assert kit.hass.states.get(LIST).state == "0"  # type: ignore[union-attr]

    await tick(kit, item, hass_admin_user, "needs_action")

    assert (await state_of(kit))["state"] == "unacknowledged"
    assert [each["status"] for each in await items(kit)] == ["needs_action"]


async def test_an_alarm_leaves_when_it_is_cleared_and_acknowledged(kit: Kit, hass_admin_user: MockUser) -> None:
    item = await raise_one(kit, timing=Timing(latching=True))
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    (cleared,) = await items(kit)
    assert (cleared["uid"], cleared["status"]) == (item["uid"], "needs_action")
    assert cleared["description"].endswith(f"\nCleared on {dt_util.now():%Y-%m-%d %H:%M}, not acknowledged yet.")

    await tick(kit, cleared, hass_admin_user)
    assert await items(kit) == []

    await set_state(kit, "sensor.one", "90", friendly_name="Boiler")
    await tick(kit, item, hass_admin_user)
    assert await summaries(kit, status="completed") == ["Hot: Boiler"]
    await set_state(kit, "sensor.one", "20", friendly_name="Boiler")
    assert await items(kit) == []


@pytest.mark.parametrize(
    ("action", "data", "end"),
    [
        ("snooze", {"duration": 600}, "unsnooze"),
        ("suppress", {}, "unsuppress"),
        ("out_of_service", {}, "in_service"),
        ("maintenance_start", {"duration": 600}, "maintenance_end"),
    ],
)
async def test_muted_alarms_are_left_out(kit: Kit, action: str, data: dict[str, Any], end: str) -> None:
    item = await raise_one(kit)

    await call(kit, action, entity_id="sensor.one", **data)
    assert await items(kit) == []

    await call(kit, end, entity_id="sensor.one")
    assert [each["uid"] for each in await items(kit)] == [item["uid"]]


async def test_an_item_keeps_its_id_when_its_entity_is_renamed(kit: Kit, entry: MockConfigEntry) -> None:
    registry = er.async_get(kit.hass)
    entity = registry.async_get_or_create("sensor", "demo", "1", suggested_object_id="one")
    item = await raise_one(kit)

    registry.async_update_entity(entity.entity_id, new_entity_id="sensor.boiler")
    await set_state(kit, "sensor.boiler", "90", friendly_name="Boiler")

    assert [each["uid"] for each in await items(kit)] == [item["uid"]]


async def test_a_tick_needs_control_of_the_alarm_and_not_only_of_the_list(
    kit: Kit, hass_read_only_user: MockUser
) -> None:
    item = await raise_one(kit)
    policy = {LIST: {POLICY_CONTROL: True}, "sensor.one": {POLICY_READ: True}}
    hass_read_only_user.mock_policy({"entities": {"entity_ids": policy}})

    with pytest.raises(ServiceValidationError) as refused:
        await tick(kit, item, hass_read_only_user)
    assert refused.value.translation_key == "alarm_not_permitted"
    assert (await state_of(kit))["state"] == "unacknowledged"

    policy["sensor.one"] = {POLICY_CONTROL: True}
    hass_read_only_user.mock_policy({"entities": {"entity_ids": policy}})
    await tick(kit, item, hass_read_only_user)
    assert (await state_of(kit))["acknowledged_by"]["who"] == hass_read_only_user.name


async def test_an_automation_ticks_by_the_summary(kit: Kit, hass_admin_user: MockUser) -> None:
    await raise_one(kit)

    data = {"entity_id": LIST, "item": "Hot: Boiler", "status": "completed"}
    await kit.hass.services.async_call("todo", "update_item", data, blocking=True)

    assert (await state_of(kit))["acknowledged_by"] == {"who": "", "where": "automation", "comment": ""}


async def test_nothing_can_be_added_renamed_or_deleted(kit: Kit, hass_admin_user: MockUser) -> None:
    item = await raise_one(kit)
    of_item = {"entity_id": LIST, "item": item["uid"]}

    for action, data in (
        ("add_item", of_item),
        ("remove_item", of_item),
        ("remove_completed_items", {"entity_id": LIST}),
        ("update_item", of_item | {"status": "completed", "due_date": "2026-12-24"}),
        ("update_item", of_item | {"description": OTHER}),
        ("update_item", of_item | {"rename": OTHER}),
    ):
        with pytest.raises(HomeAssistantError):
            await kit.hass.services.async_call("todo", action, data, blocking=True)
    with pytest.raises(ServiceValidationError) as refused:
        await tick(kit, item, hass_admin_user, "needs_action", rename=OTHER)
    assert refused.value.translation_key == "alarm_list_fixed"

    assert await items(kit) == [item]


async def test_a_tick_ignores_the_texts(kit: Kit, hass_admin_user: MockUser) -> None:
    item = await raise_one(kit)

    await tick(kit, item, hass_admin_user, rename=OTHER, description=OTHER)

    assert await summaries(kit, status="completed") == ["Hot: Boiler"]


@pytest.mark.usefixtures("_intents")
@pytest.mark.parametrize(
    ("intent_type", "item", "sentence"),
    [
        ("HassListAddItem", OTHER, "This list shows the alarms as they are"),
        ("HassListRemoveItem", "Hot: Boiler", "This list shows the alarms as they are"),
        ("HassListCompleteItem", "Hot: Boiler", "Home Assistant does not know who asks for this"),
    ],
)
async def test_intents_are_refused_and_never_booked_on_the_last_caller(
    kit: Kit, hass_admin_user: MockUser, intent_type: str, item: str, sentence: str
) -> None:
    listed = await raise_one(kit)
    # Right before, an action of a user has run on the list.
    await tick(kit, listed, hass_admin_user)
    await tick(kit, listed, hass_admin_user, "needs_action")

    with pytest.raises(intent.IntentHandleError, match=sentence):
        await handle(kit, intent_type, item)

    await kit.hass.async_block_till_done()
    assert (await state_of(kit))["state"] == "unacknowledged"
    assert await summaries(kit) == ["Hot: Boiler"]


async def test_a_new_list_is_not_exposed_to_assistants_and_stays_as_the_user_sets_it(kit: Kit) -> None:
    assert await async_setup_component(kit.hass, "homeassistant", {})
    assert [async_should_expose(kit.hass, assistant, LIST) for assistant in KNOWN_ASSISTANTS] == [False] * 3
    async_expose_entity(kit.hass, "conversation", LIST, True)

    await start_anew(kit)

    assert [async_should_expose(kit.hass, assistant, LIST) for assistant in KNOWN_ASSISTANTS] == [False, False, True]


async def test_subscribers_get_each_change(
    kit: Kit, hass_ws_client: WebSocketGenerator, hass_admin_user: MockUser
) -> None:
    item = await raise_one(kit)
    client = await hass_ws_client(kit.hass)
    await client.send_json_auto_id({"type": "todo/item/subscribe", "entity_id": LIST})
    assert (await client.receive_json())["success"]
    (first,) = (await client.receive_json())["event"]["items"]
    assert (first["uid"], first["status"]) == (item["uid"], "needs_action")

    await tick(kit, item, hass_admin_user)
    assert [each["status"] for each in (await client.receive_json())["event"]["items"]] == ["completed"]
    await set_state(kit, "sensor.one", "20")
    assert (await client.receive_json())["event"]["items"] == []

    await client.send_json_auto_id({"type": "todo/item/list", "entity_id": LIST})
    assert (await client.receive_json())["result"] == {"items": []}


async def test_a_restart_adds_no_items_for_automations(kit: Kit, automate: Automate, hass_admin_user: MockUser) -> None:
    item = await raise_one(kit)
    ran = await automate({"trigger": "todo.item_added", "target": {"entity_id": LIST}})

    await start_anew(kit)

    assert [each["uid"] for each in await items(kit)] == [item["uid"]]
    assert ran == []
    await add_rule(kit, "sensor.two")
    await set_state(kit, "sensor.two", "90")
    assert len(ran) == 1


@pytest.mark.parametrize(
    ("language", "name", "line"),
    [("it", "Allarmi", "Avviso: sopra 80."), ("fr", "Alarmes", "Avertissement : au-dessus de 80.")],
)
async def test_the_list_is_in_the_language_of_the_home(kit: Kit, language: str, name: str, line: str) -> None:
    await kit.hass.config.async_update(language=language)
    await start_anew(kit)

    item = await raise_one(kit)

    assert item["description"].splitlines()[0] == line
    assert kit.hass.states.get(LIST).name == f"IoT Bridge {name}"  # type: ignore[union-attr]
