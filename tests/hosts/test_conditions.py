"""Automations that continue only while a host is online."""

import pytest

from homeassistant.core import Event

from ..automation import Automate, connection
from ..kit import Kit


async def automation(
    kit: Kit, automate: Automate, *node_ids: str, behavior: str = "any", hold: str = ""
) -> list[Event]:
    """Set up a condition that is evaluated whenever ``go`` is fired."""
    devices = [kit.device(f"iotbridge_{node_id}") for node_id in node_ids]
    return await automate(
        {"trigger": "event", "event_type": "go"},
        condition={
            "condition": "iotbridge.is_host_online",
            "target": {"device_id": [device.id for device in devices if device]},
            "options": {"behavior": behavior} | ({"for": hold} if hold else {}),
        },
    )


async def ask(kit: Kit) -> None:
    kit.hass.bus.async_fire("go")
    await kit.hass.async_block_till_done()


async def test_a_host_that_is_on_is_online(kit: Kit, automate: Automate) -> None:
    await kit.host()
    ran = await automation(kit, automate, "nas")

    await ask(kit)

    assert len(ran) == 1


@pytest.mark.parametrize("power", ["on", "off", "shutting_down", "rebooting", "suspended"])
async def test_a_host_that_left_is_not_online(kit: Kit, automate: Automate, power: str) -> None:
    host = await kit.host()
    await kit.host("pi")
    ran = await automation(kit, automate, "nas")

    await host.announce(power=power)
    await host.availability("offline")
    await ask(kit)

    assert ran == []


async def test_any_and_all(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    await kit.host("pi")
    ran = await automation(kit, automate, "nas", "pi", behavior="all")

    await ask(kit)
    assert len(ran) == 1
    await host.availability("offline")
    await ask(kit)
    assert len(ran) == 1


async def test_any_needs_only_one(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    await kit.host("pi")
    ran = await automation(kit, automate, "nas", "pi")

    await host.availability("offline")
    await ask(kit)

    assert len(ran) == 1


@pytest.mark.parametrize("behavior", ["any", "all"])
async def test_no_host_is_online_while_the_broker_is_away(kit: Kit, automate: Automate, behavior: str) -> None:
    await kit.host()
    ran = await automation(kit, automate, "nas", behavior=behavior)

    await connection(kit, is_connected=False)
    await ask(kit)

    assert ran == []


async def test_long_enough(kit: Kit, automate: Automate) -> None:
    host = await kit.host()
    ran = await automation(kit, automate, "nas", hold="00:01:00")

    await ask(kit)
    assert ran == []
    await kit.wait(61)
    await host.status()
    await ask(kit)
    assert len(ran) == 1
