"""Flow of notifier groups."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from homeassistant.core import ServiceCall
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from tests.kit import Kit

from ...dialog import Dialog

NO_TARGETS = {"persistent": False}


@pytest.fixture
def phone(kit: Kit) -> list[ServiceCall]:
    """Return the notifications sent to a phone."""
    calls: list[ServiceCall] = async_mock_service(kit.hass, "notify", "mobile_app_annas_phone")
    return calls


@pytest.fixture
def dialog(kit: Kit, phone: list[ServiceCall]) -> Dialog:
    """Return a driver of the flow, in a home with a phone and a siren."""
    async_mock_service(kit.hass, "script", "siren")
    return Dialog(kit.hass, "notifier")


async def test_a_group_with_every_kind_of_target_is_created(dialog: Dialog) -> None:
    await dialog.start()
    assert dialog.step == "targets"
    siren = {"action": " script.siren ", "data": {"variables": {"text": "{{ title }}"}}}
    await dialog.submit(
        name=" Family ",
        phones=["notify.mobile_app_annas_phone"],
        entities=["notify.tv"],
        persistent=True,
        actions=[siren],
        break_through=True,
        fallback={"persistent": False, "actions": [{"action": "script.siren"}]},
    )
    assert (dialog.step, dialog.placeholders["name"]) == ("ready", "Family")
    await dialog.choose("save")
    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY

    (made,) = dialog.made
    assert (made.title, made.unique_id) == ("Family", None)
    assert made.data == {
        "version": 2,
        "targets": [
            {"kind": "mobile_app", "action": "notify.mobile_app_annas_phone"},
            {"kind": "notify", "entity_id": "notify.tv"},
            {"kind": "persistent"},
            {"kind": "action", "action": "script.siren", "data": {"variables": {"text": "{{ title }}"}}},
        ],
        "fallback": [{"kind": "action", "action": "script.siren", "data": {}}],
        "break_through": True,
    }


async def test_a_group_is_suggested_and_changed(dialog: Dialog) -> None:
    await dialog.start()
    targets = {"persistent": True, "phones": ["notify.mobile_app_annas_phone"], "entities": ["notify.tv"]}
    await dialog.submit(name="Family", fallback=NO_TARGETS, actions=[{"action": "script.siren"}], **targets)
    await dialog.choose("save")
    dialog.hass.services.async_remove("notify", "mobile_app_annas_phone")
    await dialog.change(dialog.made[0].subentry_id, "targets")
    assert {key: dialog.suggested[key] for key in targets} == targets
    assert dialog.suggested["actions"] == [{"action": "script.siren", "data": {}}]
    assert dialog.suggested["fallback"] == NO_TARGETS
    await dialog.submit(name="All", phones=None, fallback={"persistent": True})
    await dialog.choose("save")

    assert dialog.step == "reconfigure_successful"
    (made,) = dialog.made
    assert (made.title, len(made.data["targets"])) == ("All", 3)
    assert made.data["fallback"] == [{"kind": "persistent"}]


async def test_the_field_for_phones_is_missing_without_phones(dialog: Dialog) -> None:
    dialog.hass.services.async_remove("notify", "mobile_app_annas_phone")
    await dialog.start()

    assert "phones" not in dialog.fields


@pytest.mark.parametrize(
    ("fields", "errors", "action"),
    [
        ({"name": " ", "persistent": True}, {"name": "name_missing"}, ""),
        ({}, {"base": "no_targets"}, ""),
        ({"actions": [{"action": "script.nothing"}]}, {"base": "action_unknown"}, "script.nothing"),
        ({"actions": [{"action": "siren"}]}, {"base": "action_unknown"}, "siren"),
        ({"actions": [{"action": "script.siren", "data": [1]}]}, {"base": "data_invalid"}, ""),
        (
            {"persistent": True, "fallback": {"persistent": False, "actions": [{"action": "a b"}]}},
            {"base": "action_unknown"},
            "a b",
        ),
    ],
)
async def test_invalid_input_has_an_error(
    dialog: Dialog, fields: dict[str, Any], errors: dict[str, str], action: str
) -> None:
    await dialog.start()
    await dialog.submit(**{"name": "Family", "fallback": NO_TARGETS, **fields})

    assert (dialog.step, dialog.errors, dialog.placeholders["action"]) == ("targets", errors, action)


@pytest.mark.parametrize("break_through", [False, True])
async def test_a_test_message_is_sent_before_the_group_is_saved(
    dialog: Dialog, phone: list[ServiceCall], break_through: bool
) -> None:
    await dialog.start()
    phones = ["notify.mobile_app_annas_phone"]
    await dialog.submit(name="Family", phones=phones, fallback=NO_TARGETS, break_through=break_through)
    await dialog.choose("try_it")

    assert dialog.step == "test_sent"
    (call,) = phone
    assert "Family" in call.data["title"]
    assert ("push" in call.data["data"]) == break_through, "critical only if it breaks through"
    assert dialog.made == []
    await dialog.look()
    assert dialog.step == "test_sent"


async def test_the_reason_of_a_failed_test_is_shown(dialog: Dialog) -> None:
    async def fails(_call: ServiceCall) -> None:
        raise HomeAssistantError("No such chat")

    dialog.hass.services.async_register("notify", "telegram", fails)
    await dialog.start()
    await dialog.submit(name="Family", actions=[{"action": "notify.telegram"}], fallback=NO_TARGETS)
    await dialog.choose("try_it")

    assert dialog.step == "test_failed"
    assert "The test notification could not be sent: " in dialog.text
    assert "No such chat" in dialog.text


@pytest.mark.parametrize("source", ["start", "change"])
async def test_the_flow_aborts_while_iot_bridge_is_unloaded(dialog: Dialog, source: str) -> None:
    await dialog.start()
    await dialog.submit(name="Family", persistent=True, fallback=NO_TARGETS)
    await dialog.choose("save")
    await dialog.hass.config_entries.async_unload(dialog.entry.entry_id)
    if source == "start":
        await dialog.start()
    else:
        await dialog.change(dialog.made[0].subentry_id)

    assert (dialog.result["type"], dialog.step) == (FlowResultType.ABORT, "not_loaded")
