"""Languages of the sentences."""

from datetime import timedelta

import pytest

from custom_components.iotbridge.alarms.api.story_texts import async_story_texts, clock_text
from homeassistant.util import dt as dt_util
from tests.kit import Kit


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Anna is notified."),
        ("it", "Anna riceve la notifica."),
        ("fr", "Anna est averti."),
        (None, "Anna is notified."),
        ("tlh", "Anna is notified."),
        ("../../secrets", "Anna is notified."),
    ],
)
async def test_an_unknown_language_is_english(kit: Kit, language: str | None, text: str) -> None:
    assert (await async_story_texts(kit.hass, language)).story("next_raised", group="Anna") == text


async def test_without_a_language_it_is_that_of_the_home(kit: Kit) -> None:
    kit.hass.config.language = "it"
    assert (await async_story_texts(kit.hass)).change("acknowledged", "Anna") == "Riconosciuto da Anna"


async def test_another_day_has_its_date(kit: Kit) -> None:
    noon = dt_util.now().replace(hour=12, minute=0)
    assert clock_text(noon.timestamp(), noon.timestamp()) == "12:00"
    tomorrow = noon + timedelta(days=1)
    assert clock_text(tomorrow.timestamp(), noon.timestamp()) == f"{tomorrow:%Y-%m-%d} 12:00"
