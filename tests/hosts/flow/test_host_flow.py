"""Flow of hosts: those without an agent, and how a known one is woken."""

import asyncio
from typing import Any

import ifaddr
import pytest

from homeassistant.data_entry_flow import FlowResultType
from tests.dialog import Dialog
from tests.hosts.configured.home import MAC, PROOF, STOP
from tests.kit import Kit
from tests.wire import NETWORK, Wire, card

PASSWORD = "00:11:22:33:44:55"
NAS: dict[str, Any] = {"name": "Backup NAS", "macs": [MAC], "entity_id": PROOF}


@pytest.fixture
def dialog(kit: Kit) -> Dialog:
    return Dialog(kit.hass, "host")


async def test_a_host_without_an_agent_is_added(dialog: Dialog) -> None:
    await dialog.start()
    assert dialog.step == "without_agent", "there is no host whose wake-up could be changed"
    await dialog.submit(
        name=" Backup NAS ",
        macs=["A8-A1-59-00-00-09, a8a159000009", " "],
        entity_id=PROOF,
        stop_actions=STOP,
        network={"broadcast": "10.1.2.255", "port": 7, "password": "00-11-22-33-44-55"},
    )
    assert dialog.step == "preview"
    assert dialog.placeholders["cards"].replace("\\", "") == f"{MAC} (10.1.2.255)"
    await dialog.choose("save")

    (made,) = dialog.made
    assert (made.title, made.unique_id) == ("Backup NAS", None)
    assert made.data == {
        "device_id": "",
        "macs": [MAC],
        "broadcast": "10.1.2.255",
        "port": 7,
        "password": PASSWORD,
        "via": "",
        "entity_id": PROOF,
        "on_states": ["on", "home"],
        "address": "",
        "address_port": 0,
        "stop_actions": STOP,
        "version": 1,
    }


async def test_packets_are_sent_before_it_is_saved(dialog: Dialog, wire: Wire) -> None:
    await dialog.start()
    await dialog.submit(**NAS)
    assert dialog.placeholders["sent"] == "-"
    await dialog.choose("try")

    assert wire.take() == [(MAC, NETWORK), (MAC, "255.255.255.255")]
    assert dialog.placeholders["sent"].replace("\\", "") == f"{NETWORK}, 255.255.255.255"
    assert dialog.made == []
    await dialog.choose("save")
    assert len(dialog.made) == 1


async def test_a_host_without_a_card_has_nothing_to_try(dialog: Dialog) -> None:
    await dialog.start()
    await dialog.submit(name="Switch", entity_id=PROOF, stop_actions=STOP)

    assert dialog.result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": " "}, {"name": "name_missing"}),
        ({"macs": ["nas"]}, {"macs": "mac_invalid"}),
        ({"macs": ["ff:ff:ff:ff:ff:ff"]}, {"macs": "mac_invalid"}),
        ({"macs": [f"02:00:00:00:00:0{number}" for number in range(9)]}, {"macs": "mac_invalid"}),
        ({"macs": []}, {"base": "nothing_to_do"}),
        ({"entity_id": None}, {"base": "one_proof"}),
        ({"address": "10.1.2.9", "address_port": 22}, {"base": "one_proof"}),
        ({"entity_id": None, "address": "10.1.2.9"}, {"address_port": "port_missing"}),
        ({"entity_id": None, "address": "http://nas/"}, {"address": "address_invalid"}),
        ({"on_states": [" "]}, {"on_states": "states_missing"}),
        ({"network": {"broadcast": "10.1.2"}}, {"base": "broadcast_invalid"}),
        ({"network": {"password": "secret"}}, {"base": "password_invalid"}),
    ],
)
async def test_mistakes_are_named_and_can_be_mended(
    dialog: Dialog, changes: dict[str, Any], errors: dict[str, str]
) -> None:
    await dialog.start()
    values = {key: value for key, value in (NAS | changes).items() if value is not None}
    await dialog.submit(**values)
    assert (dialog.step, dialog.errors) == ("without_agent", errors)
    await dialog.submit(**NAS | {"on_states": ["on"], "address": None, "address_port": None, "network": {}})

    assert dialog.step == "preview"


async def test_a_stored_password_is_not_shown_and_kept_until_it_is_changed(dialog: Dialog) -> None:
    await dialog.start()
    await dialog.submit(**NAS, network={"password": PASSWORD})
    await dialog.choose("save")
    (made,) = dialog.made

    for entered, kept in ((None, PASSWORD), ("66:77:88:99:aa:bb", "66:77:88:99:aa:bb"), ("", "")):
        await dialog.change(made.subentry_id)
        assert PASSWORD not in str(dialog.result)
        network = dialog.suggested["network"]
        await dialog.submit(name="NAS", network=network if entered is None else network | {"password": entered})
        await dialog.choose("save")
        assert dialog.step == "reconfigure_successful"
        assert (dialog.made[0].title, dialog.made[0].data["password"]) == ("NAS", kept)


async def test_the_preview_has_the_networks_of_the_wake(
    dialog: Dialog, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = ifaddr.Adapter("eth1", "eth1", [ifaddr.IP("8.8.8.2", 24, "eth1")], index=3)
    monkeypatch.setattr("ifaddr.get_adapters", lambda: [public])
    host = await kit.host(cards=[card(MAC, "8.8.8.255")])
    device = kit.device(host.uid)
    assert device is not None
    await dialog.start("known_host")
    await dialog.submit(device_id=device.id, network={"password": PASSWORD})

    assert dialog.placeholders["cards"].replace("\\", "") == f"{MAC} (8.8.8.255)"


async def test_how_a_known_host_is_woken(dialog: Dialog, kit: Kit) -> None:
    host, pi = await kit.host(cards=[card(MAC)]), await kit.host("pi")
    device, other = kit.device(host.uid), kit.device(pi.uid)
    assert device is not None
    assert other is not None
    await dialog.start("known_host")
    await dialog.submit(device_id=device.id)
    assert dialog.errors == {"base": "nothing_chosen"}
    await dialog.submit(device_id=device.id, network={"via": other.id})
    assert dialog.placeholders["cards"].replace("\\", "") == f"{MAC} ({NETWORK})", "as its agent announces"
    await dialog.choose("save")
    (made,) = dialog.made
    assert (made.title, made.data["device_id"], made.data["via"]) == ("nas", device.id, other.id)

    await dialog.start("known_host")
    assert dialog.result["data_schema"] is not None
    selector: Any = dialog.result["data_schema"].schema["device_id"]
    assert [option["value"] for option in selector.config["options"]] == [other.id], "nas has its settings"


@pytest.mark.usefixtures("socket_enabled")
async def test_what_proves_that_a_known_host_is_off(dialog: Dialog, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    host = await kit.host(cards=[card(MAC)])
    device = kit.device(host.uid)
    assert device is not None
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await dialog.start("known_host")
    for proof, error in (
        ({"address": "127.0.0.1"}, "port_missing"),
        ({"address": "http://nas/", "address_port": port}, "address_invalid"),
        ({"address": "127.0.0.1", "address_port": port, "entity_id": PROOF}, "one_proof"),
        ({"entity_id": PROOF, "on_states": []}, "states_missing"),
    ):
        await dialog.submit(device_id=device.id, shutdown=proof)
        assert dialog.errors == {"base": error}

    async def unreachable(*_: object) -> None:
        raise OSError(113, "No route to host")

    proof = {"address": "127.0.0.1", "address_port": port}
    with monkeypatch.context() as patch:
        patch.setattr(asyncio, "open_connection", unreachable)
        await dialog.submit(device_id=device.id, shutdown=proof)
    assert dialog.errors == {"base": "no_answer"}
    await dialog.submit(device_id=device.id, shutdown=proof)
    await dialog.choose("save")
    (made,) = dialog.made
    assert (made.data["address"], made.data["address_port"]) == ("127.0.0.1", port)

    await host.announce(power="off", cards=[card(MAC)])
    await host.availability("offline")
    await dialog.change(made.subentry_id)
    assert dialog.suggested["shutdown"]["address"] == "127.0.0.1"
    await dialog.submit(shutdown={"address": "nas.invalid", "address_port": port})
    await dialog.choose("save")
    assert dialog.made[0].data["address"] == "nas.invalid", "a host that is off cannot answer"
    server.close()


async def test_it_needs_a_running_iot_bridge(dialog: Dialog, kit: Kit) -> None:
    await dialog.start()
    await dialog.submit(**NAS)
    await dialog.choose("save")
    (made,) = dialog.made
    await kit.hass.config_entries.async_unload(dialog.entry.entry_id)
    await dialog.start()
    assert dialog.step == "not_loaded"
    await dialog.change(made.subentry_id)

    assert dialog.step == "not_loaded"


async def test_a_damaged_host_cannot_be_changed(dialog: Dialog, kit: Kit) -> None:
    await dialog.start()
    await dialog.submit(**NAS)
    await dialog.choose("save")
    (made,) = dialog.made
    kit.hass.config_entries.async_update_subentry(dialog.entry, made, data={**made.data, "version": 99})
    await dialog.change(made.subentry_id)

    assert dialog.step == "unreadable"
