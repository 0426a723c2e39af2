"""Libraries that a message needs: installed on demand, by core, and retried after a failure."""

import sys
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.things.model.message import DeviceMetadata, Sample
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import package
from tests.kit import Kit, learn

TOPIC = "attic/weather"
PROFILE = Profile(
    topic=TOPIC,
    depth=0,
    channels=(Channel(name="Temperature", path=("temperature",), state_class="measurement"),),
    devices={TOPIC: DeviceMetadata(name="Attic")},
    exact=False,
)
CBOR = bytes.fromhex("a16b74656d706572617475726515")  # {"temperature": 21}


def issues(kit: Kit) -> list[str]:
    return [name for domain, name in ir.async_get(kit.hass).issues if domain == "iotbridge"]


async def test_a_library_that_cannot_be_installed_is_tried_again_every_hour(
    hass: HomeAssistant, kit: Kit, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn(hass, entry, PROFILE, Sample(TOPIC, b'{"temperature": 20}'))
    await hass.async_block_till_done()
    tries: list[str] = []
    library = sys.modules.get("cbor2")

    def install(requirement: str, **_more: Any) -> bool:
        tries.append(requirement)
        return False

    def install_now(requirement: str, **_more: Any) -> bool:
        tries.append(requirement)
        monkeypatch.delitem(sys.modules, "cbor2")
        if library:
            monkeypatch.setitem(sys.modules, "cbor2", library)
        return True

    async def receive() -> None:
        await kit.receive(TOPIC, CBOR)
        await hass.async_block_till_done(wait_background_tasks=True)

    monkeypatch.setitem(sys.modules, "cbor2", None)
    monkeypatch.setattr(package, "is_installed", lambda _requirement: False)
    monkeypatch.setattr(package, "install_package", install)
    await receive()
    once = len(tries)
    assert once > 0
    assert len([name for name in issues(kit) if name.startswith("library_missing")]) == 1

    await kit.wait(1800)
    await receive()
    assert len(tries) == once
    await kit.wait(1801)
    await receive()
    assert len(tries) == 2 * once, "core tries it again, although it failed before"

    monkeypatch.setattr(package, "install_package", install_now)
    await kit.wait(3601)
    await receive()
    assert len(tries) == 2 * once + 1
    assert not [name for name in issues(kit) if name.startswith("library_missing")]
    published = [call.args[1] for call in kit.mqtt.async_publish.call_args_list if call.args[0].endswith("/state")]
    assert "21" in published[-1], "the message that needed it is read"
