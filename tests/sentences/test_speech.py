"""Spoken answers: languages, lists, and texts that exist for every key."""

import pytest

from custom_components.iotbridge.sentences.speech import Speech, async_speech

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
