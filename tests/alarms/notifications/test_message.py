"""Titles and texts of messages in each language."""

from typing import Any

import pytest

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.engine.models import Actor, AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.message import (
    Message,
    alarm_texts,
    digest,
    raised_and_cleared,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_load_integrations

from .messages import NOW, alarm, message

pytestmark = pytest.mark.usefixtures("home_texts")


@pytest.mark.parametrize(
    ("kind", "language", "title", "text"),
    [
        (NotificationKind.RAISED, "en", "Warning: Attic", "31 °C, above 28 °C"),
        (NotificationKind.RAISED, "it", "Avviso: Attic", "31 °C, above 28 °C"),
        (NotificationKind.WORSENED, "en", "Warning: Attic", "The severity increased. 31 °C, above 28 °C"),
        (NotificationKind.REPEATED, "en", "Warning: Attic", "Active for 20 min. 31 °C, above 28 °C"),
        (NotificationKind.REPEATED, "fr", "Avertissement : Attic", "Active depuis 20 min. 31 °C, above 28 °C"),
        (
            NotificationKind.ESCALATED,
            "en",
            "Warning: Attic",
            "No one has acknowledged this alarm for 20 min. 31 °C, above 28 °C",
        ),
        (
            NotificationKind.ACKNOWLEDGED,
            "it",
            "Riconosciuto: Attic",
            "Anna ha riconosciuto questo allarme.\nIch gehe hin",
        ),
        (NotificationKind.CLEARED, "en", "Cleared: Attic", "Back to normal after 2 h 10 min."),
        (NotificationKind.CLEARED, "it", "Rientrato: Attic", "Di nuovo nella norma dopo 2 h 10 min."),
        (NotificationKind.WITHDRAWN, "en", "Withdrawn: Attic", ""),
    ],
)
async def test_title_and_text_by_kind_and_language(
    hass: HomeAssistant, kind: NotificationKind, language: str, title: str, text: str
) -> None:
    await hass.config.async_update(language=language)
    await async_load_integrations(hass, {"iotbridge"})
    about = alarm(cleared_at=NOW - 1200 + 7805, acknowledged_by=Actor("Anna", "phone", "Ich gehe hin"))

    result = message(hass, kind, name="Attic", about=about)

    assert (result.title, result.text) == (title, text)
    assert Message.from_dict(result.as_dict()) == result


@pytest.mark.parametrize(
    ("language", "back", "title", "text"),
    [
        ("en", [7200], "Already cleared: Attic", "31 °C, above 28 °C\nRaised at 07:00, cleared at 09:00 after 2 h."),
        ("en", [0], "Already cleared: Attic", "31 °C, above 28 °C\nThis happened at 09:00 and has cleared."),
        ("en", [7200, 60], "Already cleared: Attic",
         "31 °C, above 28 °C\nRaised 2 times, last at 08:59; cleared at 09:00."),
        ("it", [60], "Già rientrato: Attic",
         "31 °C, above 28 °C\nScattato alle 08:59, rientrato alle 09:00 dopo 1 min."),
        ("fr", [60], "Déjà terminée : Attic",
         "31 °C, above 28 °C\nDéclenchée à 08:59, terminée à 09:00 après 1 min."),
    ],
)  # fmt: skip
async def test_an_alarm_cleared_before_its_notification(
    hass: HomeAssistant, language: str, back: list[float], title: str, text: str
) -> None:
    await hass.config.async_update(language=language)
    await async_load_integrations(hass, {"iotbridge"})
    begun = [message(hass, at=NOW - seconds, name="Attic", instructions="Open the window.") for seconds in back]

    result = raised_and_cleared(alarm_texts(hass), [*begun, message(hass, NotificationKind.CLEARED, name="Attic")])

    assert (result.title, result.text) == (title, text)
    assert (result.kind, result.acknowledge, result.snooze) == (NotificationKind.CLEARED, "", "")


async def test_an_alarm_cleared_before_its_notification_and_unacknowledged_is_actionable(hass: HomeAssistant) -> None:
    about = alarm(active=False, returned=True, cleared_at=NOW)
    begun = message(hass, instructions="Open the window.")

    result = raised_and_cleared(
        alarm_texts(hass), [begun, message(hass, NotificationKind.CLEARED, Severity.CRITICAL, about=about)]
    )

    assert result.title == "Critical: Attic temperature"
    assert result.text.splitlines() == [
        "31 °C, above 28 °C",
        "This happened at 09:00 and has cleared.",
        "No one has acknowledged it yet.",
        "Instructions: Open the window.",
    ]
    assert (result.kind, result.acknowledge, result.snooze) == (NotificationKind.RAISED, "Acknowledge", "")


async def test_only_actionable_messages_have_instructions_and_affected_alarms(hass: HomeAssistant) -> None:
    more: dict[str, Any] = {
        "instructions": "Open the window.",
        "children": [f"Disk {number}" for number in range(1, 13)],
    }

    assert message(hass, **more).text.splitlines()[1:] == [
        "Also affected: Disk 1, Disk 2, Disk 3, Disk 4, Disk 5, Disk 6, Disk 7, Disk 8, Disk 9, Disk 10, and 2 more",
        "Instructions: Open the window.",
    ]
    assert message(hass, NotificationKind.CLEARED, **more).text == "Back to normal."


async def test_a_late_message_states_the_time(hass: HomeAssistant) -> None:
    assert message(hass, at=NOW - 299).text == "31 °C, above 28 °C"
    assert message(hass, at=NOW - 3600).text == "31 °C, above 28 °C\nThis happened at 08:00."


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (7805, "2 h 10 min"), (86400, "1 day"),
     (93600, "1 day 2 h"), (200000, "2 days 7 h")],
)  # fmt: skip
async def test_durations_have_two_units(hass: HomeAssistant, seconds: float, expected: str) -> None:
    assert alarm_texts(hass).duration(seconds) == expected


async def test_a_digest_has_one_line_per_alarm_most_severe_first(hass: HomeAssistant) -> None:
    other: dict[str, Any] = {"key": AlarmKey("rule", "sensor.cellar"), "name": "Cellar"}
    third: dict[str, Any] = {"key": AlarmKey("rule", "sensor.door"), "name": "Door"}
    result = digest(
        alarm_texts(hass),
        [
            message(hass, at=NOW - 7200, name="Attic"),
            message(hass, NotificationKind.CLEARED, at=NOW - 3600, name="Attic"),
            message(hass, severity=Severity.CRITICAL, at=NOW - 60, **other),
            *(message(hass, kind, Severity.INFO, at=NOW - back, **third) for back, kind in
              [
                  (900, NotificationKind.RAISED), (840, NotificationKind.CLEARED),
                  (780, NotificationKind.RAISED), (720, NotificationKind.CLEARED),
              ]),
        ],
    )  # fmt: skip

    assert result.title == "3 alarms"
    assert result.severity is Severity.CRITICAL
    assert result.text.splitlines() == [
        "Critical: Cellar (raised at 08:59)",
        "Warning: Attic (raised at 07:00, cleared at 08:00)",
        "Information: Door (raised 2 times, last at 08:47, cleared at 08:48)",
    ]


async def test_a_digest_is_limited(hass: HomeAssistant) -> None:
    many = [message(hass, key=AlarmKey("rule", f"sensor.s{number}"), name=f"S{number}") for number in range(25)]

    assert digest(alarm_texts(hass), many).text.splitlines()[19:] == ["Warning: S19 (raised at 09:00)", "and 5 more"]
