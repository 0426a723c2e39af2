"""Languages of the sentences."""

from datetime import timedelta

import pytest

from custom_components.iotbridge.alarms.api.story_texts import async_story_texts, clock_text
from custom_components.iotbridge.alarms.engine.escalation import ACTIONABLE, NotificationKind
from custom_components.iotbridge.alarms.engine.flapping import FLAPPING
from custom_components.iotbridge.alarms.engine.models import Change
from custom_components.iotbridge.alarms.engine.suppression import BY_HAND, MAINTENANCE
from custom_components.iotbridge.alarms.notifications.delivery_policy import Digest
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


async def test_everything_that_may_happen_has_a_sentence(kit: Kit) -> None:
    texts = await async_story_texts(kit.hass)
    for kind in NotificationKind:
        assert texts.story(f"notified_{kind}", target="Anna")
    for kind in ACTIONABLE:
        assert texts.story(f"next_{kind}", group="Anna")
    for digest in Digest:
        assert texts.story(f"held_{digest}")
        assert texts.story(f"after_{digest}", text="Anna")
        assert texts.story(f"at_held_{digest}", time="12:00", since="11:00", text="Anna")
    for reason in (MAINTENANCE, BY_HAND, FLAPPING):
        assert texts.story(f"held_{reason}")
    unnamed = [change for change in Change if texts.change(change) == change]
    assert unnamed == []


async def test_another_day_has_its_date(kit: Kit) -> None:
    noon = dt_util.now().replace(hour=12, minute=0)
    assert clock_text(noon.timestamp(), noon.timestamp()) == "12:00"
    tomorrow = noon + timedelta(days=1)
    assert clock_text(tomorrow.timestamp(), noon.timestamp()) == f"{tomorrow:%Y-%m-%d} 12:00"
