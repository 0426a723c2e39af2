"""Steps from the list of channels to the fields of one, and back to the list."""

from custom_components.iotbridge.things.model.profile import RECEIVED
from tests.things.wizard import WEATHER, Wizard, saved


async def test_the_kind_is_asked_first_and_has_its_own_fields(wizard: Wizard) -> None:
    fields = {}
    for kind in ("binary_sensor", "sensor", "switch", "event"):
        await wizard.learn_from("garden/weather", WEATHER)
        await wizard.submit(edit=["door"])
        assert list(wizard.result["menu_options"]) == ["binary_sensor", "sensor", "switch", "event"]  # type: ignore[call-overload]
        await wizard.choose(kind)
        fields[kind] = wizard.fields

    assert fields == {
        "binary_sensor": {"name", "device_class", "on", "off", "category"},
        "sensor": {"name", "device_class", "unit", "state_class", "precision", "scale", "category"},
        "switch": {"name", "device_class", "on", "off", "command_topic", "command_on", "command_off", "category"},
        "event": {"name", "device_class", "event_types", "category"},
    }


async def test_several_channels_are_changed_one_after_the_other(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(edit=["temperature", "door"])
    assert wizard.placeholders["name"] == "Temperature"
    await wizard.choose("sensor")
    await wizard.submit(name="Air")
    assert (wizard.step, wizard.placeholders["name"]) == ("kind", "Door")
    await wizard.choose("event")
    assert wizard.suggested["event_types"] == ["open", "closed"]
    await wizard.submit(name="Gate")

    assert wizard.step == "device"
    assert wizard.channels["temperature"].startswith("Air: ")
    assert wizard.channels["door"] == "Gate: open · Event · door"


async def test_a_number_becomes_an_event_for_any_code(wizard: Wizard) -> None:
    await wizard.learn_from("cellar/keypad", {"slot": 7, "battery": 80})
    await wizard.open("slot", "event")

    assert wizard.suggested["event_types"] == [RECEIVED, "7"]


async def test_the_list_is_as_the_user_left_it(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(name="Terrace", channels=["humidity"], edit=["loops"])
    assert wizard.step == "kind"
    await wizard.choose("sensor")
    await wizard.submit(name="Cycles", state_class="total_increasing")

    assert wizard.step == "device"
    assert (wizard.suggested["name"], wizard.selected) == ("Terrace", ["humidity", "loops"])
    assert "edit" not in wizard.suggested
    assert wizard.channels["loops"] == "Cycles: 12345 · loops"


async def test_a_list_that_is_refused_shows_what_was_changed(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit("temperature", name="Air", unit="°F")
    await wizard.submit(channels=[])
    assert wizard.errors == {"base": "no_channels"}
    assert wizard.channels["temperature"] == "Air: 21.5 °F · Temperature · temperature"
    await wizard.submit(channels=["temperature"])

    assert [(channel["name"], channel["unit"]) for channel in saved(wizard)] == [("Air", "°F")]
