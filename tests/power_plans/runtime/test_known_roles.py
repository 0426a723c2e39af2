"""Roles that hosts are known to have, by the addresses of Home Assistant, of its broker and of its NUT server."""

from collections.abc import Callable
import socket
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.helpers.hassio import is_hassio
from tests.dialog import Dialog
from tests.kit import Kit

from ..schedules import device_of

NAMES = ("desk", "docker", "nas")
# That of Home Assistant in the test kit.
OWN = "10.10.10.10"

type Ask = Callable[..., Any]


@pytest.fixture
def mqtt_config_entry_data(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the settings of core's mqtt, with the address of a broker."""
    return {"broker": getattr(request, "param", "192.168.1.99"), "protocol": "5"}


@pytest.fixture
def ask(rome: Kit) -> Ask:
    """Return a function that adds hosts with their addresses, and returns what the dialog suggests, by name."""

    async def ask(nut: str | None = None, **addresses: str) -> dict[str, Any]:
        found = {device_of(rome, await rome.host(name, **_address(addresses, name))): name for name in NAMES}
        if nut:
            MockConfigEntry(domain="nut", data={"host": nut}).add_to_hass(rome.hass)
        dialog = Dialog(rome.hass, "plan")
        await dialog.start()
        await dialog.submit(name="Power cut", hosts=[*found])
        assert dialog.step == "roles"
        suggested = {role: keys if isinstance(keys, list) else [keys] for role, keys in dialog.suggested.items()}
        return {role: found[device_id] for role, (device_id,) in suggested.items()}

    return ask


def _address(addresses: dict[str, str], name: str) -> dict[str, str]:
    return {"ip": addresses[name]} if name in addresses else {}


async def test_nothing_is_suggested_where_nothing_is_known(ask: Ask) -> None:
    assert await ask(nut="192.168.1.98", desk="192.168.1.5") == {}


@pytest.mark.parametrize("mqtt_config_entry_data", ["192.168.1.5"], indirect=True)
async def test_machines_are_known_by_the_addresses_that_they_announced(ask: Ask) -> None:
    found = await ask(nut="192.168.1.7", desk=OWN, docker="192.168.1.5", nas="192.168.1.7")
    assert found == {"home_assistant": "desk", "broker": "docker", "ups_monitor": "nas"}


@pytest.mark.parametrize("mqtt_config_entry_data", ["docker.lan"], indirect=True)
async def test_machines_are_known_by_their_names(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk")
    assert await ask(nut="NAS") == {"home_assistant": "desk", "broker": "docker", "ups_monitor": "nas"}


@pytest.mark.parametrize("mqtt_config_entry_data", ["localhost", OWN], indirect=True)
async def test_what_runs_beside_home_assistant_is_on_its_machine(ask: Ask) -> None:
    found = await ask(nut="127.0.0.1", desk=OWN, docker="192.168.1.5")
    assert found == {"home_assistant": "desk", "broker": "desk", "ups_monitor": "desk"}


@pytest.mark.parametrize("mqtt_config_entry_data", ["core-mosquitto"], indirect=True)
@pytest.mark.parametrize("is_supervised", [True, False])
async def test_apps_of_home_assistants_own_system_are_on_its_machine(
    ask: Ask, rome: Kit, *, is_supervised: bool
) -> None:
    if is_supervised:
        rome.hass.config.components.add("hassio")
    assert is_hassio(rome.hass) is is_supervised

    found = await ask(desk=OWN)
    assert found == {"home_assistant": "desk"} | ({"broker": "desk"} if is_supervised else {})


async def test_an_agent_beside_the_broker_has_no_other_address_to_announce(ask: Ask) -> None:
    assert await ask(desk="192.168.1.5", nas="127.0.0.1") == {"broker": "nas"}


async def test_of_several_machines_none_is_suggested(ask: Ask) -> None:
    assert await ask(desk=OWN, docker=OWN, nas="127.0.0.1") == {"broker": "nas"}
