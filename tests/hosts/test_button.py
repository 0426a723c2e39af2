"""Buttons of hosts: wake."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from homeassistant.core import Context
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import entity_registry as er

from ..automation import connection
from ..kit import FakeHost, Kit
from ..wire import NETWORK, Wire, card

MAC = "a8:a1:59:00:00:01"


async def asleep(kit: Kit) -> FakeHost:
    host = await kit.host(cards=[card(MAC)])
    await host.announce(power="off", cards=[card(MAC)])
    await host.availability("offline")
    return host


async def press(kit: Kit, user: MockUser | None = None) -> None:
    context = Context(user_id=user.id if user else None)
    data = {"entity_id": kit.entity_id("iotbridge_nas_wake")}
    await kit.hass.services.async_call("button", "press", data, blocking=True, context=context)


async def test_pressing_it_sends_packets_and_an_event_follows(kit: Kit, wire: Wire, hass_admin_user: MockUser) -> None:
    host = await asleep(kit)
    await press(kit, hass_admin_user)
    await kit.hass.async_block_till_done()
    assert wire.take() == [(MAC, NETWORK)]
    await kit.wait(20)
    await host.announce(cards=[card(MAC)])
    await host.availability("online")

    event = kit.state("iotbridge_nas_command")
    assert (event.attributes["event_type"], event.attributes["message"]) == ("done", "nas is on after 20 s.")


async def test_its_attribute_tells_whether_the_host_is_being_woken(kit: Kit, wire: Wire) -> None:
    def is_waking() -> bool:
        return bool(kit.state("iotbridge_nas_wake").attributes["is_waking"])

    host = await asleep(kit)
    assert not is_waking()
    await press(kit)
    await kit.hass.async_block_till_done()
    assert is_waking()
    await host.announce(cards=[card(MAC)])
    await host.availability("online")
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    assert not is_waking()

    await host.announce(power="off", cards=[card(MAC)])
    await host.availability("offline")
    await press(kit)
    for _ in range(18):
        assert is_waking()
        await kit.wait(10)
    await kit.hass.async_block_till_done(wait_background_tasks=True)
    assert not is_waking()


async def test_it_works_while_the_broker_is_away(kit: Kit, wire: Wire) -> None:
    await asleep(kit)
    await connection(kit, is_connected=False)
    assert kit.state("iotbridge_nas_wake").state != "unavailable"
    await press(kit)
    await kit.hass.async_block_till_done()

    assert wire.take() == [(MAC, NETWORK)]


async def test_only_those_who_may_send_power_commands_press_it(
    kit: Kit, wire: Wire, hass_read_only_user: MockUser
) -> None:
    await asleep(kit)
    hass_read_only_user.mock_policy({"entities": True})
    with pytest.raises(Unauthorized):
        await press(kit, hass_read_only_user)

    assert wire.sent == []


async def test_a_failure_is_shown_to_who_pressed_it(kit: Kit, wire: Wire) -> None:
    host = await asleep(kit)
    await host.announce(power="off", cards=[])
    with pytest.raises(HomeAssistantError) as error:
        await press(kit)

    assert error.value.translation_key == "command_refused"
    assert error.value.translation_placeholders == {
        "command": "wake",
        "hosts": "nas (The MAC address of nas is unknown.)",
    }


async def test_a_host_gets_its_button_once_the_address_of_a_card_is_known(kit: Kit) -> None:
    host = await kit.host()
    registry = er.async_get(kit.hass)
    assert registry.async_get_entity_id("button", "iotbridge", "iotbridge_nas_wake") is None
    await host.announce(mac=[MAC])

    assert registry.async_get_entity_id("button", "iotbridge", "iotbridge_nas_wake") == "button.nas_wake_up"
