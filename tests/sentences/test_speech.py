"""Spoken answers: languages, lists, and texts that exist for every key."""

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.sentences.speech import Speech, async_speech, async_user
from homeassistant.core import Context
from homeassistant.exceptions import UnknownUser

from ..kit import Kit


@pytest.mark.parametrize(
    ("language", "text"), [("it", "Non ci sono host."), ("fr-CA", None), ("nl", "There are no hosts.")]
)
async def test_a_language_without_texts_is_answered_in_english(kit: Kit, language: str, text: str | None) -> None:
    speech = await async_speech(kit.hass, language)
    assert speech.sentence("no_hosts") == (text or speech.texts["no_hosts"])


@pytest.mark.parametrize(("count", "text"), [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (8, "0, 1, 2, 3, 4 and 3 more")])
def test_a_long_list_is_shortened(count: int, text: str) -> None:
    speech = Speech({"and_more": "and {count} more"})
    assert speech.listing([str(number) for number in range(count)]) == text


async def test_the_user_of_a_context(kit: Kit, hass_admin_user: MockUser) -> None:
    assert await async_user(kit.hass, None) is None
    assert await async_user(kit.hass, Context()) is None
    assert await async_user(kit.hass, Context(user_id=hass_admin_user.id)) == hass_admin_user
    with pytest.raises(UnknownUser):
        await async_user(kit.hass, Context(user_id="gone"))
