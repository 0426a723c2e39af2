"""Profiles shared by other users, and exported ones."""

from pathlib import Path
from typing import Any

import pytest

from custom_components.iotbridge.things.profiles.yaml_file import parse
from homeassistant.data_entry_flow import FlowResultType
from tests.things.wizard import WEATHER, Wizard

PROFILE = """
name: Weather station
manufacturer: Acme
model: W1
match:
  topic: stations/+/data
  keys: [temperature, door]
channels:
  - {name: Outside, path: [temperature], unit: °F, device_class: temperature, scale: 0.1}
  - {name: Hatch, path: [door], platform: binary_sensor, device_class: opening, 'on': open, 'off': closed}
availability: {topic: stations/+/here, online: up, offline: down}
expire_after_s: 900
"""


@pytest.fixture(autouse=True)
def folder(wizard: Wizard, tmp_path: Path) -> Path:
    """Return the folder of the user's own profiles, which does not exist yet."""
    wizard.kit.hass.config.config_dir = str(tmp_path)
    return tmp_path / "iotbridge" / "profiles"


@pytest.fixture
def broken(folder: Path) -> None:
    """Write files that are not profiles into the folder."""
    folder.mkdir(parents=True)
    (folder / "broken.yaml").write_text("name: [", "utf-8")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe")


@pytest.fixture
def in_the_way(folder: Path) -> None:
    """Create a file in place of the folder."""
    folder.parent.write_text("in the way", "utf-8")


async def bring(wizard: Wizard, **answers: Any) -> None:
    await wizard.start("profile")
    await wizard.submit(profile=PROFILE, **answers)


async def test_a_given_profile_fills_in_the_form(wizard: Wizard) -> None:
    await bring(wizard, topic="stations/roof/data")
    assert (wizard.step, wizard.placeholders["topic"]) == ("wait", "stations/roof/data")
    await wizard.kit.receive("stations/roof/data", WEATHER)
    await wizard.wait(3)

    assert "**Weather station**" in wizard.text
    suggested = wizard.suggested
    assert (suggested["name"], suggested["manufacturer"], suggested["model"]) == ("Weather station", "Acme", "W1")
    assert suggested["availability"] == {
        "topic": "stations/roof/here", "online": "up", "offline": "down", "expiry": "after", "seconds": 900,
    }  # fmt: skip
    assert wizard.channels["temperature"].startswith("Outside: 2.15 °F")
    assert wizard.channels["door"].endswith(": on · Binary sensor (Opening) · door")
    assert "humidity" not in wizard.selected
    await wizard.submit()
    assert wizard.result["type"] is FlowResultType.CREATE_ENTRY


GATEWAY = {"dtu/uptime": 7200, "dtu/rssi": -61, "ac/power": 312, "ac/yieldtotal": 13.4, "dc/power": 330}
INVERTER = {"0/power": 312, "0/yieldtotal": 13.4, "0/voltage": 231, "status/reachable": 1}


async def test_identities_excluded_by_a_profile_are_not_proposed(wizard: Wizard) -> None:
    inverter = {f"114190641177/{leaf}": value for leaf, value in INVERTER.items()}
    messages = {f"solar/{leaf}": str(value) for leaf, value in (GATEWAY | inverter).items()}
    await wizard.learn_from_all("solar/#", messages)
    assert "**Inverter (OpenDTU)**" in wizard.text
    assert set(wizard.options("devices")) == {"dtu", "ac", "dc", "114190641177"}
    assert wizard.suggested["devices"] == ["114190641177"]
    assert "rssi" not in wizard.channels
    await wizard.submit()

    assert list(wizard.subentry.data["devices"]) == ["114190641177"]
    assert wizard.subentry.data["ignored"] == ["ac", "dc", "dtu"]


async def test_excluded_identities_can_be_selected(wizard: Wizard) -> None:
    await wizard.learn_from_all(
        "solar/#",
        {f"solar/5{number}/0/power": "1" for number in range(2)}
        | {f"solar/5{number}/0/yieldtotal": "1" for number in range(2)}
        | {"solar/dtu/rssi": "-61"},
    )
    await wizard.submit(devices=["50", "dtu"])

    assert set(wizard.subentry.data["devices"]) == {"50", "dtu"}
    assert wizard.subentry.data["ignored"] == ["51", "ac", "dc"]


async def test_an_excluded_identity_can_be_learned_alone(wizard: Wizard) -> None:
    await wizard.start("profile")
    profile = PROFILE.replace("keys:", "without: [stations/roof/data]\n  keys:")
    await wizard.submit(profile=profile, topic="stations/roof/data")
    await wizard.kit.receive("stations/roof/data", WEATHER)
    await wizard.wait(3)
    assert "humidity" in wizard.channels
    await wizard.submit()

    assert list(wizard.subentry.data["devices"]) == ["stations/roof/data"]


async def test_channels_not_sent_yet_are_not_counted(wizard: Wizard) -> None:
    await wizard.start("profile")
    rainy = PROFILE.replace("channels:", "channels:\n  - {name: Rain, path: [rain]}")
    await wizard.submit(profile=rainy, topic="stations/roof/data")
    await wizard.kit.receive("stations/roof/data", WEATHER)
    await wizard.wait(3)
    assert len(wizard.selected) == 3
    await wizard.submit()

    assert wizard.placeholders["entities"] == "2"


async def test_without_a_topic_that_of_the_profile_is_used(wizard: Wizard) -> None:
    await bring(wizard)
    assert wizard.placeholders["topic"] == "stations/+/data"
    for name in ("a", "b"):
        await wizard.kit.receive(f"stations/{name}/data", WEATHER)
    await wizard.wait(3)
    await wizard.submit()

    assert wizard.suggested["name"] == "stations"
    assert wizard.suggested["availability"]["topic"] == "stations/+/here"
    assert wizard.channels["temperature"].startswith("Outside: ")
    assert "humidity" in wizard.selected


async def test_the_profile_determines_the_depth(wizard: Wizard) -> None:
    tree = PROFILE.replace("channels:", "depth: -1\nchannels:").replace("path:", "subtopic: data, path:")
    await wizard.start("profile")
    await wizard.submit(profile=tree, topic="stations/roof/data")
    await wizard.kit.receive("stations/roof/data", WEATHER)
    await wizard.wait(3)

    assert wizard.channels["data:temperature"].startswith("Outside: ")
    await wizard.submit()
    assert wizard.subentry.data["depth"] == -1


async def test_another_depth_does_not_use_the_profile(wizard: Wizard) -> None:
    await bring(wizard)
    for name in ("a", "b"):
        await wizard.kit.receive(f"stations/{name}/data", WEATHER)
    await wizard.wait(3)
    depth = next(depth for depth, label in wizard.options("depth").items() if label.endswith("(1)"))
    await wizard.submit(depth=depth)

    assert "Weather station" not in wizard.text
    assert "a/data:temperature" in wizard.channels


@pytest.mark.parametrize(
    ("answers", "errors", "place"),
    [
        ({"profile": "name: ["}, {"profile": "profile_yaml_line"}, "YAML"),
        ({"profile": "name: x"}, {"profile": "profile_mapping"}, "match"),
        ({"topic": "a/#/b"}, {"topic": "topic_hash"}, None),
    ],
)
async def test_an_invalid_profile_is_an_error_with_a_reason(
    wizard: Wizard, answers: dict[str, str], errors: dict[str, str], place: str | None
) -> None:
    await wizard.start("profile")
    await wizard.submit(**({"profile": PROFILE} | answers))

    assert (wizard.step, wizard.errors) == ("profile", errors)
    assert wizard.placeholders.get("place") == place


CHANNEL = "{name: Outside, path: [temperature], unit: °F, device_class: temperature, scale: 0.1}"


@pytest.mark.parametrize(
    ("channel", "more", "error"),
    [
        ("{name: A, path: [a], device_class: nonsense}", "", "device_class_invalid"),
        ("{name: A, path: [a], unit: bogus, device_class: temperature}", "", "unit_invalid"),
        (f"{{name: A, path: [a], unit: {'x' * 65}}}", "", "unit_long"),
        ("{name: A, path: [a], platform: event}", "", "no_event_types"),
        ("{name: A, path: [a], platform: device_tracker, companions: {accuracy: [b]}}", "", "not_a_position"),
        ("{name: A, path: [a], subtopic: 'a/#'}", "", "subtopic_invalid"),
        ("{name: hatch, path: [a]}", "", "name_twice"),
        ("{name: A, path: [door]}", "", "channel_twice"),
        (
            "{name: A, path: [a], platform: switch, 'on': '1', 'off': '0', command_topic: 'a/#'}",
            "",
            "command_topic_invalid",
        ),
        (CHANNEL, "depth: 12", "depth_invalid"),
        (CHANNEL, "depth: -3", "depth_invalid"),
        (CHANNEL, "availability: {topic: 'a/#'}", "availability_topic"),
        (CHANNEL, "availability: {topic: a, path: ['{{ a }}']}", "availability_path"),
        (CHANNEL, "availability: {topic: a, online: x, offline: x}", "availability_words"),
    ],
)
async def test_a_profile_that_home_assistant_would_not_take_is_refused_at_once(
    wizard: Wizard, channel: str, more: str, error: str
) -> None:
    text = PROFILE.replace(CHANNEL, channel)
    text = "\n".join(line for line in text.splitlines() if not (more and line.startswith("availability")))
    await wizard.start("profile")
    await wizard.submit(profile=f"{text}\n{more}", topic="stations/roof/data")

    assert (wizard.step, wizard.errors) == ("profile", {"profile": error})


async def test_a_subtopic_that_makes_the_topic_too_deep_is_refused(wizard: Wizard) -> None:
    text = PROFILE.replace(CHANNEL, f"{{name: A, path: [a], subtopic: '{'a/' * 120}b'}}")
    await wizard.start("profile")
    await wizard.submit(profile=text, topic="stations/" * 100 + "data")

    assert wizard.errors == {"profile": "subtopic_invalid"}


async def test_the_reason_is_filled_into_a_text_that_home_assistant_translates(wizard: Wizard) -> None:
    await wizard.start("profile")
    await wizard.submit(profile=PROFILE.replace("scale: 0.1", "scale: 0"))
    assert wizard.error_text("profile") == (
        "The profile is not valid. channels[0].scale: expected a number other than 0."
    )
    await wizard.submit(profile=PROFILE.replace("name: Weather station", f"name: {'x' * 256}"))
    assert wizard.error_text("profile").startswith("The profile is not valid. name: expected a text of at most 255 ")
    await wizard.submit(profile="name: [")
    assert wizard.error_text("profile") == "The profile is not valid. YAML: expected valid YAML in line 1."


async def test_a_profile_without_a_topic_asks_for_it(wizard: Wizard) -> None:
    await wizard.start("profile")
    await wizard.submit(profile=PROFILE.replace("  topic: stations/+/data\n", ""))
    assert wizard.errors == {"topic": "topic_not_in_profile"}
    await wizard.submit(topic="stations/roof/data")

    assert wizard.step == "wait"


async def test_a_device_is_exported_to_copy(wizard: Wizard) -> None:
    await wizard.add("garden/weather", WEATHER, name="My station", manufacturer="Acme")
    await wizard.change("export")
    exported = parse(wizard.suggested["profile"])
    await wizard.submit()

    assert (exported.name, exported.manufacturer) == ("My station", "Acme")
    assert [channel.as_dict() for channel in exported.channels] == wizard.subentry.data["channels"]
    assert wizard.step == "exported"


async def test_a_profile_that_is_kept_recognises_the_next_device(wizard: Wizard, folder: Path) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.edit("temperature", name="Outside")
    await wizard.submit(name="My station")
    await wizard.change("export")
    await wizard.submit(keep=True)
    assert wizard.step == "kept"
    assert wizard.placeholders["path"] == str(folder / "my_station_bb95b294.yaml")

    await wizard.learn_from("cellar/station", WEATHER)
    assert "**My station**" in wizard.text
    assert wizard.channels["temperature"].startswith("Outside: ")


async def test_an_invalid_profile_of_the_user_is_skipped(
    wizard: Wizard, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    await wizard.learn_from("garden/weather", WEATHER)

    assert wizard.step == "device"
    refused = [record.message for record in caplog.records if record.message.startswith("Cannot use the profile")]
    assert len(refused) == 2
    assert any("broken.yaml: " in message for message in refused)
    assert any("binary.yaml: " in message for message in refused)


async def test_an_unwritable_folder_is_an_error(wizard: Wizard, in_the_way: None) -> None:
    await wizard.add("garden/weather", WEATHER)
    await wizard.change("export")
    await wizard.submit(keep=True)

    assert (wizard.step, wizard.errors) == ("export", {"base": "not_written"})


async def test_a_shipped_profile_is_recognised_by_the_messages(wizard: Wizard) -> None:
    await wizard.learn_from("airgradient/readings/84fce612f5b8", AIRGRADIENT)

    assert "**AirGradient ONE**" in wizard.text
    assert wizard.suggested["manufacturer"] == "AirGradient"


AIRGRADIENT = """{"serialno": "84fce612f5b8", "wifi": -52, "rco2": 484, "pm01": 1, "pm02": 2, "pm10": 3,
 "pm003Count": 55, "tvocIndex": 100, "noxIndex": 1, "atmp": 25.5, "rhum": 43, "boot": 6, "model": "I-9PSL"}"""
