"""Timetables in words: in every language, with the user's times."""

import json
from pathlib import Path

import pytest

from custom_components.iotbridge import const
from custom_components.iotbridge.power_plans.engine.clock_format import ClockFormat
from custom_components.iotbridge.power_plans.engine.timetable import DAYS, Timetable
from custom_components.iotbridge.power_plans.engine.timetable_texts import timetable_text

TRANSLATIONS = Path(const.__file__).with_name("translations")
WEEKDAYS = DAYS[:5]


def text(timetable: Timetable, language: str = "en", *, twelve: bool = False) -> str:
    """Return a timetable in words of a language."""
    words = json.loads((TRANSLATIONS / f"{language}.json").read_text("utf-8"))
    options = words["selector"]["timetable"]["options"]

    def sentence(key: str, **placeholders: str) -> str:
        found: str = options[key].format(**placeholders)
        return found

    return timetable_text(timetable, sentence, ClockFormat(has_twelve_hours=twelve).time)


@pytest.mark.parametrize(
    ("timetable", "english", "italian", "french"),
    [
        (
            Timetable(days=WEEKDAYS, time="23:30"),
            "every working day at 23:30",
            "ogni giorno lavorativo alle 23:30",
            "chaque jour ouvré à 23:30",
        ),
        (Timetable(days=DAYS, time="02:30"), "every day at 02:30", "ogni giorno alle 02:30", "chaque jour à 02:30"),
        (
            Timetable(days=("sat", "sun"), time="08:00"),
            "every weekend at 08:00",
            "ogni fine settimana alle 08:00",
            "chaque week-end à 08:00",
        ),
        (
            Timetable(days=("fri", "mon", "wed"), time="23:30"),
            "every Monday, Wednesday and Friday at 23:30",
            "ogni lunedì, mercoledì e venerdì alle 23:30",
            "chaque lundi, mercredi et vendredi à 23:30",
        ),
        (
            Timetable(cron="0 4 L * *"),
            "on the last day of every month at 04:00",
            "l'ultimo giorno di ogni mese alle 04:00",
            "le dernier jour de chaque mois à 04:00",
        ),
    ],
)
def test_it_is_a_sentence_in_every_language(timetable: Timetable, english: str, italian: str, french: str) -> None:
    assert (text(timetable), text(timetable, "it"), text(timetable, "fr")) == (english, italian, french)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("30 23 * * 1-5", "every working day at 23:30"),
        ("30 23 * * MON-FRI", "every working day at 23:30"),
        ("30 23 * * *", "every day at 23:30"),
        ("30 23 * * 0-6", "every day at 23:30"),
        ("30 23 1-31 * 1", "every day at 23:30"),  # a day of the month or a Monday
        ("30 23 1 * 0-7", "every day at 23:30"),
        ("30 23 * * 7", "every Sunday at 23:30"),
        ("30 23 * * 0", "every Sunday at 23:30"),
        ("0 6,22 * * *", "every day at 06:00 and 22:00"),
        ("0,30 6 * * 6,0", "every weekend at 06:00 and 06:30"),
        ("15 * * * *", "every day, each hour at minute 15"),
        ("5 * * * 1-5", "every working day, each hour at minute 05"),
        ("0 4 1 * *", "on day 1 of every month at 04:00"),
        ("0 4 1,15 * *", "on day 1 and 15 of every month at 04:00"),
        ("0 4 1 6 *", "0 4 1 6 *"),
        ("0 4 15,L * *", "0 4 15,L * *"),
        ("0 4 1 * 1", "0 4 1 * 1"),
        ("0 4 * * 1#2", "0 4 * * 1#2"),
        ("0 4 */2 * *", "0 4 */2 * *"),
        ("0 */3 * * *", "0 */3 * * *"),
        ("*/10 3 * * *", "*/10 3 * * *"),
    ],
)
def test_a_simple_expression_is_told_in_words_and_another_as_it_is(expression: str, expected: str) -> None:
    assert text(Timetable(cron=expression)) == expected


def test_times_are_those_of_the_user() -> None:
    assert text(Timetable(cron="30 0,12,23 * * *"), twelve=True) == "every day at 12:30 AM, 12:30 PM and 11:30 PM"
