"""Availability in the form: guessed from topics nearby, corrected by the user."""

from typing import Any

import pytest

from tests.things.wizard import DEVICES, WEATHER, Wizard


async def proposed_availability(wizard: Wizard, topic: str, payload: str) -> dict[str, Any]:
    """Return the proposal of the form for a thing with a retained message on a topic nearby."""
    await wizard.start("topic")
    await wizard.submit(topic="garden/weather")
    await wizard.kit.receive(topic, payload, retain=True)
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(3)
    proposed: dict[str, Any] = wizard.suggested["availability"]
    return proposed


@pytest.mark.parametrize(
    ("topic", "payload", "expected"),
    [
        ("garden/weather/LWT", "Online", ("garden/weather/LWT", "Online", "Offline")),
        ("garden/LWT", "Offline", ("garden/LWT", "Online", "Offline")),
        ("garden/weather/availability", "ONLINE", ("garden/weather/availability", "ONLINE", "OFFLINE")),
        ("garden/weather/connected", "1", ("garden/weather/connected", "1", "0")),
        ("garden/status", "disconnected", ("garden/status", "connected", "disconnected")),
        ("garden/weather/status", "1", None),
        ("garden/weather/online", "maybe", None),
    ],
)
async def test_an_availability_topic_nearby_is_proposed(
    wizard: Wizard, topic: str, payload: str, expected: tuple[str, str, str] | None
) -> None:
    proposed = await proposed_availability(wizard, topic, payload)

    if expected is None:
        assert proposed == {"expiry": "learn"}
    else:
        assert (proposed["topic"], proposed["online"], proposed["offline"]) == expected


@pytest.mark.parametrize(
    ("topic", "message", "expected"),
    [
        ("garden/weather/availability", '{"state":"online"}', ("online", "offline", "state")),
        ("garden/weather/status", '{"state":"Offline","ip":"x"}', ("Online", "Offline", "state")),
        ("garden/weather/status", '{"device":{"online":true}}', ("true", "false", "device.online")),
        ("garden/weather/status", '{"light":"on","pump":true}', None),
        ("garden/weather/status", '{"a{{ b }}":"online"}', None),
        ("garden/weather/status", '{"a.b":"online"}', None),
    ],
)
async def test_the_availability_is_found_in_json(
    wizard: Wizard, topic: str, message: str, expected: tuple[str, str, str] | None
) -> None:
    proposed = await proposed_availability(wizard, topic, message)

    if expected is None:
        assert proposed == {"expiry": "learn"}
        return
    assert (proposed["online"], proposed["offline"], proposed["path"]) == expected
    await wizard.submit()
    assert wizard.subentry.data["availability"]["path"] == expected[2].split(".")
    await wizard.change("settings")
    assert wizard.suggested["availability"]["path"] == expected[2]


async def test_a_family_is_proposed_a_topic_with_its_wildcards(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/+/data")
    await wizard.kit.receive("sensors/a/LWT", "online")
    for name, payload in DEVICES.items():
        await wizard.kit.receive(f"sensors/{name}/data", payload)
    await wizard.wait(3)
    await wizard.submit()

    assert wizard.suggested["availability"]["topic"] == "sensors/+/LWT"


async def test_one_device_of_a_filter_does_not_report_for_the_others(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="sensors/#")
    for name in ("aaa", "bbb"):
        await wizard.kit.receive(f"sensors/{name}/temperature", "20.5")
        await wizard.kit.receive(f"sensors/{name}/humidity", "44")
    await wizard.kit.receive("sensors/aaa/LWT", "online")
    await wizard.wait(3)
    two = next(depth for depth, label in wizard.options("depth").items() if label.endswith("(2)"))
    await wizard.submit(depth=two)

    assert wizard.suggested["availability"] == {"expiry": "learn"}


async def test_listening_finds_the_availability_topic_too(wizard: Wizard) -> None:
    await wizard.start("listen")
    await wizard.kit.receive("garden/weather/LWT", "online")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.wait(31)
    await wizard.submit(topic="garden/weather")

    assert wizard.suggested["availability"]["topic"] == "garden/weather/LWT"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"topic": "a/#", "expiry": "learn"}, "availability_topic"),
        ({"topic": "a/+", "expiry": "learn"}, "availability_plus"),
        ({"topic": "a/here", "path": "a{{ b }}", "expiry": "learn"}, "availability_path"),
        ({"topic": "a/here", "online": "1", "offline": "1", "expiry": "learn"}, "availability_words"),
        ({"topic": "a/here", "online": " ", "offline": "1", "expiry": "learn"}, "availability_words"),
        ({"expiry": "after"}, "no_seconds"),
    ],
)
async def test_an_invalid_availability_is_an_error(wizard: Wizard, answers: dict[str, Any], error: str) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(availability=answers)

    assert wizard.errors == {"base": error}


@pytest.mark.parametrize(
    ("answers", "expiry"),
    [({"expiry": "learn"}, None), ({"expiry": "never"}, 0), ({"expiry": "after", "seconds": 90}, 90)],
)
async def test_values_expire_as_configured(wizard: Wizard, answers: dict[str, Any], expiry: int | None) -> None:
    await wizard.learn_from("garden/weather", WEATHER)
    await wizard.submit(availability=answers)

    assert wizard.subentry.data["expire_after_s"] == expiry
    assert wizard.subentry.data["availability"] is None
