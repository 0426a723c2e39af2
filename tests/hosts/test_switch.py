"""Switch of a host's power: its state is that of the host, and only those who may stop a machine turn it off."""

import asyncio
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.const import ATTR_AREA_ID, ATTR_ENTITY_ID
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ..assist import LANGUAGES, Assist, power_commands, without_command
from ..automation import connection
from ..kit import FakeHost, Kit, settle
from ..wire import NETWORK, Wire, card

MAC = "a8:a1:59:00:00:01"
CARDS = [card(MAC)]
UNIQUE_ID = "iotbridge_nas_power"
TURN_OFF = {
    "en": ["turn off the nas", "turn off nas power", "turn off everything in the cellar"],
    "fr": ["éteins le nas", "éteins l'alimentation du nas", "éteins tout dans la cave"],
    "it": ["spegni il nas", "spegni l'alimentazione del nas", "spegni tutto in cantina"],
}


@pytest.fixture(autouse=True)
def _enabled(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Enable the switch, as a user does."""
    er.async_get(hass).async_get_or_create("switch", "iotbridge", UNIQUE_ID, config_entry=entry)


async def turn(
    kit: Kit, way: str, target: dict[str, str] | None = None, user_id: str | None = None
) -> asyncio.Task[Any]:
    """Call the action of the switch; it may be waiting for a response when this returns."""
    action = kit.hass.services.async_call(
        "switch",
        f"turn_{way}",
        target or {ATTR_ENTITY_ID: kit.entity_id(UNIQUE_ID)},
        blocking=True,
        context=Context(user_id=user_id),
    )
    task = asyncio.create_task(action)
    await settle()
    return task


async def resident(kit: Kit) -> str:
    """Return a user who may control every entity, and is no admin."""
    await kit.hass.auth.async_create_user("owner")  # the first user becomes the owner
    return (await kit.hass.auth.async_create_user("guest", group_ids=["system-users"])).id


async def test_it_is_disabled_at_first(kit: Kit) -> None:
    await kit.host("desk")
    entity = er.async_get(kit.hass).async_get(kit.entity_id("iotbridge_desk_power"))

    assert entity is not None
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    assert entity.entity_category == "config"


async def test_off_and_on_again_without_a_bounce(kit: Kit, wire: Wire) -> None:
    """Until there is proof it shows the state that the host is leaving."""
    host = await kit.host(cards=CARDS)
    changes = async_capture_events(kit.hass, "state_changed")
    assert kit.state(UNIQUE_ID).state == "on"

    off = await turn(kit, "off")
    (command,) = host.commands()
    await host.respond(command, "accepted")
    await off
    await host.announce(power="shutting_down", cards=CARDS)
    await host.availability("offline")
    await kit.wait(60)
    assert (command["command"], host.power, kit.state(UNIQUE_ID).state) == ("shutdown", "shutting_down", "on")
    await kit.wait(40)
    assert (host.power, kit.state(UNIQUE_ID).state) == ("off", "off")

    await (await turn(kit, "on"))
    await kit.wait(30)
    assert wire.take() == [(MAC, NETWORK)]
    assert kit.state(UNIQUE_ID).state == "off"
    await host.announce(cards=CARDS)
    await host.availability("online")

    states = [event.data["new_state"].state for event in changes if event.data["entity_id"] == kit.entity_id(UNIQUE_ID)]
    assert [state for at, state in enumerate(states) if at == 0 or state != states[at - 1]] == ["off", "on"]


async def test_a_reboot_and_a_suspended_or_lost_host(kit: Kit) -> None:
    host = await kit.host()
    await host.announce(power="rebooting")
    await host.availability("offline")
    assert kit.state(UNIQUE_ID).state == "on"
    await host.announce(power="on")
    await host.availability("online")
    await host.announce(power="suspended")
    await host.availability("offline")
    assert kit.state(UNIQUE_ID).state == "off"
    await host.announce(power="on")
    await host.availability("online")
    await host.availability("offline")
    assert (host.power, kit.state(UNIQUE_ID).state) == ("lost", "unknown")
    await connection(kit, is_connected=False)
    assert kit.state(UNIQUE_ID).state == "unavailable"


async def test_a_refusal_is_shown_to_who_turned_it_off(kit: Kit) -> None:
    host = await kit.host()
    off = await turn(kit, "off")
    await host.respond(host.commands()[0], "refused", reason="not_enabled", message="shutdown is not enabled.")
    with pytest.raises(HomeAssistantError) as error:
        await off

    assert error.value.translation_key == "command_refused"
    assert kit.state(UNIQUE_ID).state == "on"


async def test_a_host_that_is_off_is_not_turned_off_again(kit: Kit) -> None:
    host = await kit.host()
    await host.announce(power="off")
    await host.availability("offline")
    await (await turn(kit, "off"))

    assert host.commands() == []


async def test_who_is_no_admin_turns_nothing_on_or_off(kit: Kit, wire: Wire) -> None:
    host, guest = await kit.host(cards=CARDS), await resident(kit)
    with pytest.raises(Unauthorized):
        await (await turn(kit, "off", user_id=guest))
    await host.announce(power="off", cards=CARDS)
    await host.availability("offline")
    with pytest.raises(Unauthorized):
        await (await turn(kit, "on", user_id=guest))

    assert (host.commands(), wire.sent) == ([], [])


async def test_turning_off_its_area_leaves_it_on(kit: Kit) -> None:
    await cellar(kit)
    for action in ("turn_off", "toggle"):
        calling = kit.hass.services.async_call("switch", action, {ATTR_AREA_ID: "cellar"}, blocking=True)
        await without_command(kit, calling)

    assert kit.state(UNIQUE_ID).state == "on"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_assistants_do_not_turn_it_off(kit: Kit, assist: Assist, language: str) -> None:
    """Neither with Home Assistant's own sentences nor, where the host is not open for power commands, with ours."""
    host = await cellar(kit)
    for sentence in TURN_OFF[language]:
        answer = await assist.ask(sentence, language)
        assert answer.text, sentence
    await assist.configure(host, voice_languages=LANGUAGES)
    for sentence in TURN_OFF[language]:
        await assist.ask(sentence, language)

    assert power_commands(kit) == []
    assert kit.state(UNIQUE_ID).state == "on"


async def test_who_is_no_admin_does_not_turn_it_off_by_voice_even_if_it_is_exposed(kit: Kit, assist: Assist) -> None:
    await cellar(kit)
    async_expose_entity(kit.hass, "conversation", kit.entity_id(UNIQUE_ID), True)
    guest = await resident(kit)
    for sentence in TURN_OFF["en"]:
        await assist.ask(sentence, context=Context(user_id=guest))

    assert power_commands(kit) == []


async def cellar(kit: Kit) -> FakeHost:
    """Return a host in an area with names in three languages."""
    host = await kit.host(cards=CARDS)
    area = ar.async_get(kit.hass).async_create("Cellar", aliases={"cantina", "cave"})
    device = kit.device(host.uid)
    assert device is not None
    dr.async_get(kit.hass).async_update_device(device.id, area_id=area.id)
    return host
