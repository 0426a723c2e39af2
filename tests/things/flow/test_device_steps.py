"""Form of a new device: its proposal, the user's corrections and the end of the dialog."""

from typing import Any

import pytest

from custom_components.iotbridge.things.model.mapping import thing_uid
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar, entity_registry as er
from tests.things.wizard import WEATHER, WORDS, Wizard, receive_family, saved


@pytest.mark.parametrize(
    ("payload", "reader"),
    [
        (WEATHER, "Home Assistant"),
        ({"lat": 48.1, "lon": 11.5, "battery": 80}, "IoT Bridge"),
        ({"action": "single", "battery": 80}, "IoT Bridge"),
        ({"temperature (C)": 20.5}, "IoT Bridge"),
    ],
)
async def test_the_form_shows_who_reads_the_messages(wizard: Wizard, payload: dict[str, Any], reader: str) -> None:
    await wizard.learn_from("garden/thing", payload)
    assert f"Values read by: {reader}\n" in wizard.text
    await wizard.submit()
    await wizard.change("channels")
    assert f"are read by {reader}." in wizard.text

    plain = [
        key for key, line in wizard.channels.items() if key.isalnum() and "Event" not in line and "tracker" not in line
    ]
    if kept := [key for key in wizard.selected if key in plain]:
        await wizard.submit(channels=kept)
        await wizard.change("channels")
        assert "are read by Home Assistant." in wizard.text


@pytest.mark.parametrize(
    ("payload", "reader"),
    [
        ({"temperature": "21,5"}, "IoT Bridge"),
        ({"temperature": "21.5 °C", "humidity": 44}, "IoT Bridge"),
        ({"temperature": "21.5", "note": "mild, 21,5"}, "Home Assistant"),
        ("21.5 °C", "IoT Bridge"),
        ("21.5", "Home Assistant"),
    ],
)
async def test_a_number_that_core_cannot_read_is_decoded_by_us(wizard: Wizard, payload: Any, reader: str) -> None:
    await wizard.learn_from("garden/temperature", payload)

    assert wizard.placeholders["reader"] == reader


async def test_everything_can_be_corrected(wizard: Wizard) -> None:
    area = ar.async_get(wizard.kit.hass).async_create("Garden")
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit("temperature", name=" Air ", precision=2, scale=0.1, category="diagnostic")
    await wizard.edit("door", "event", event_types=["open", " closed ", ""])
    await wizard.submit(
        name=" Weather ",
        manufacturer="Acme",
        model="W1",
        area=area.id,
        channels=["temperature", "door"],
        availability={"topic": "garden/here", "online": "yes", "offline": "no", "expiry": "after", "seconds": 600},
    )
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY

    data = wizard.subentry.data
    assert wizard.subentry.title == "Weather"
    assert data["devices"] == {"garden/weather": {"name": "Weather", "manufacturer": "Acme", "model": "W1"}}
    assert (data["area"], data["expire_after_s"]) == ("Garden", 600)
    assert data["availability"] == {"topic": "garden/here", "online": "yes", "offline": "no"}
    air, door = saved(wizard)
    assert (air["name"], air["precision"], air["scale"], air["entity_category"]) == ("Air", 2, 0.1, "diagnostic")
    assert (door["platform"], door["event_types"]) == ("event", ["open", "closed"])


async def test_a_device_needs_a_channel_that_is_on(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(channels=[])

    assert wizard.errors == {"base": "no_channels"}


async def test_the_proposal_can_be_sent_even_if_all_is_doubtful(wizard: Wizard) -> None:
    await wizard.learn_from("cellar/counter", {"loops": 12345, "cycles": 3})
    assert wizard.selected == ["loops", "cycles"]
    await wizard.submit()

    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


def final_text(wizard: Wizard) -> str:
    """Return the final text of the dialog; all its placeholders must be given."""
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY
    text: str = WORDS["create_entry"][wizard.result["description"] or "default"]
    return text.format(**wizard.placeholders)


async def test_the_end_links_to_the_page_of_the_device(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    on = len(wizard.selected)
    assert 0 < on < len(wizard.channels)
    cellar = ar.async_get(wizard.hass).async_create("Cellar")
    await wizard.submit(name="[Terrace]", area=cellar.id, manufacturer="Acme")

    uid = thing_uid("garden/weather", "garden/weather")
    device = wizard.kit.device(uid)
    assert device
    page = f"[\\[Terrace\\]](/config/devices/device/{device.id})"
    assert f"The device {page} was added. Entities: {on}." in final_text(wizard)
    assert (device.name, device.manufacturer, device.area_id) == ("[Terrace]", "Acme", cellar.id)
    await wizard.hass.async_block_till_done()
    await wizard.kit.deliver_config(uid)
    entities = er.async_entries_for_device(er.async_get(wizard.hass), device.id, include_disabled_entities=True)
    assert len(entities) == on + 1, "core adds its entities to the same device, and we add ours"
    await wizard.change()
    assert f"- Device page: {page}\n" in wizard.text


async def test_the_page_of_a_device_is_taken_from_its_messages_or_entered(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", {**WEATHER, "url": "http://192.168.1.20/"})
    assert wizard.suggested["configuration_url"] == "http://192.168.1.20/"
    await wizard.submit(configuration_url="http://me:secret@192.168.1.20")
    assert wizard.errors == {"base": "page_invalid"}
    await wizard.submit(configuration_url=" https://garden.lan:8443/admin ")

    (metadata,) = wizard.subentry.data["devices"].values()
    assert metadata["configuration_url"] == "https://garden.lan:8443/admin"
    device = wizard.kit.device(thing_uid("garden/weather", "garden/weather"))
    assert device
    assert device.configuration_url == "https://garden.lan:8443/admin"


@pytest.mark.parametrize(
    "more",
    [{"url": "http://camera.lan/snapshot.jpg"}, {"url": "warm"}, {"nested": {"deep": {"url": "http://a.lan"}}}, {}],
)
async def test_other_addresses_are_not_the_page_of_the_device(wizard: Wizard, more: dict[str, Any]) -> None:
    await wizard.learn_from("garden/weather", {**WEATHER, **more})
    assert "configuration_url" in wizard.fields
    assert "configuration_url" not in wizard.suggested
    await wizard.submit()

    device = wizard.kit.device(thing_uid("garden/weather", "garden/weather"))
    assert device
    assert device.configuration_url == "homeassistant://config/integrations/integration/iotbridge"


async def test_the_end_names_the_number_of_devices(wizard: Wizard) -> None:
    await receive_family(wizard)
    await wizard.submit()
    await wizard.submit(name="Rooms", devices=["a", "c"])

    assert "The devices of Rooms were added. Devices: 2. Entities per device: up to 2." in final_text(wizard)
    assert final_text(wizard).count("](/config/devices/device/") == 2
