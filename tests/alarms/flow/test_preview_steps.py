"""Test notifications of a rule to the person who edits it, asked over HTTP like in a browser."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from tests.alarms.flow.rule_dialog import ATTIC
from tests.dialog import Dialog
from tests.kit import Kit

FLOWS = "/api/config/config_entries/subentries/flow"
TITLE = "Test: Attic too high"


class Browser:
    """Browser of the administrator."""

    def __init__(self, kit: Kit, hass_client: ClientSessionGenerator) -> None:
        self._kit = kit
        self._hass_client = hass_client

    async def choose(self, dialog: Dialog, choice: str) -> dict[str, Any]:
        """Choose from a menu of the dialog."""
        assert await async_setup_component(self._kit.hass, "config", {})
        client = await self._hass_client()
        answer = await client.post(f"{FLOWS}/{dialog.result['flow_id']}", json={"next_step_id": choice})
        assert answer.status == 200
        step: dict[str, Any] = await answer.json()
        return step


@pytest.fixture
def browser(kit: Kit, hass_client: ClientSessionGenerator) -> Browser:
    """Return the browser."""
    return Browser(kit, hass_client)


def add_phone(kit: Kit, name: str, user_id: str) -> list[ServiceCall]:
    """Add a phone with the app of a user; return the notifications that it gets."""
    entry = MockConfigEntry(domain="mobile_app", title=name, data={"device_name": name, "user_id": user_id})
    entry.add_to_hass(kit.hass)
    calls: list[ServiceCall] = async_mock_service(kit.hass, "notify", f"mobile_app_{name.lower()}")
    return calls


async def to_overview(dialog: Dialog, **texts: str) -> None:
    await dialog.start("above")
    await dialog.submit(entities=[ATTIC])
    await dialog.submit(above=30)
    await dialog.submit(severity="critical", more=texts)
    await dialog.submit(steps=[])
    await dialog.tried()


async def test_a_test_notification_goes_to_ones_own_phones_only(
    kit: Kit, dialog: Dialog, browser: Browser, hass_admin_user: MockUser
) -> None:
    mine, tablet = add_phone(kit, "Pixel", hass_admin_user.id), add_phone(kit, "Tablet", hass_admin_user.id)
    other = add_phone(kit, "Annas", "someone-else")
    await to_overview(dialog, message="{{ value }} in {{ name }}", instructions="Open the window.")

    step = await browser.choose(dialog, "try_it")

    assert step["step_id"] == "test_sent"
    assert step["menu_options"] == ["save", "try_it", "overview"]
    assert step["description_placeholders"]["title"] == TITLE
    assert (len(mine), len(tablet), len(other)) == (1, 1, 0)
    assert mine[0].data["title"] == TITLE
    text = mine[0].data["message"]
    assert text.splitlines() == [
        "This is only a test. Nothing is wrong.",
        "21.5 in Attic",
        "Instructions: Open the window.",
    ]
    assert "push" not in mine[0].data["data"], "a test does not wake the house"
    assert dialog.made == []


async def test_without_a_phone_it_is_shown_in_home_assistant(kit: Kit, dialog: Dialog, browser: Browser) -> None:
    other = add_phone(kit, "Annas", "someone-else")
    shown = async_mock_service(kit.hass, "persistent_notification", "create")
    await to_overview(dialog)

    step = await browser.choose(dialog, "try_it")

    assert step["step_id"] == "test_shown"
    assert not other
    assert [call.data["title"] for call in shown] == [TITLE]
    await dialog.look()
    assert dialog.step == "test_shown"
    await dialog.choose("overview")
    assert dialog.step == "overview"


async def test_the_reason_is_shown_when_the_phone_cannot_be_reached(
    kit: Kit, dialog: Dialog, browser: Browser, hass_admin_user: MockUser
) -> None:
    async def fail(_call: ServiceCall) -> None:
        raise HomeAssistantError("No *route*")

    add_phone(kit, "Pixel", hass_admin_user.id)
    kit.hass.services.async_register("notify", "mobile_app_pixel", fail)
    await to_overview(dialog)

    step = await browser.choose(dialog, "try_it")

    assert step["step_id"] == "test_failed"
    assert step["description_placeholders"]["reasons"] == "No \\*route\\*"
    await dialog.look()
    assert dialog.text == "The test notification could not be sent: No \\*route\\*"


async def test_a_rule_without_entities_can_be_tested(kit: Kit, dialog: Dialog) -> None:
    shown = async_mock_service(kit.hass, "persistent_notification", "create")
    await dialog.start("message")
    await dialog.submit(topic="boiler/error")
    await dialog.submit(more={"message": "{{ rule }}"})
    await dialog.submit(steps=[])
    await dialog.choose("try_it")

    (call,) = shown
    assert call.data["message"].splitlines()[1] == "Message on boiler/error"
    await dialog.look()
    assert dialog.step == "test_shown"
