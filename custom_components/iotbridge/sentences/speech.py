"""Spoken answers, in the language of the sentence; refusals are spoken, too, because an intent error is not."""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.auth.models import User
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers import intent
from homeassistant.helpers.translation import async_get_translations

from ..callers import async_user
from ..const import DOMAIN
from ..errors import InvalidCallError
from ..texts import texts_below

# A longer list is not spoken.
MAX_SPOKEN = 5


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken sentences in one language, by key."""

    texts: Mapping[str, str]

    def sentence(self, key: str, **placeholders: object) -> str:
        """Return a sentence with its placeholders filled in."""
        return self.texts[key].format(**placeholders)

    def listing(self, names: Collection[str]) -> str:
        """Return names as a list, of a long one the first and how many more there are."""
        listed = ", ".join([*names][:MAX_SPOKEN])
        remaining = len(names) - MAX_SPOKEN
        return f"{listed} {self.sentence('and_more', count=remaining)}" if remaining > 0 else listed


async def async_speech(hass: HomeAssistant, language: str | None) -> Speech:
    """Return the sentences of a language; the English ones where there is no translation."""
    texts = await async_get_translations(hass, language or hass.config.language, "selector", {DOMAIN})
    return Speech(texts_below(texts, f"component.{DOMAIN}.selector.voice.options."))


@dataclass(frozen=True, slots=True)
class SpokenRequest:
    """Sentence that is to be answered, with the values of its slots and the user who said it."""

    intent: intent.Intent
    values: Mapping[str, Any]
    user: User | None
    speech: Speech

    @property
    def hass(self) -> HomeAssistant:
        """Return Home Assistant."""
        return self.intent.hass


class SpokenIntentHandler(intent.IntentHandler):
    """Intent handler whose answer is a sentence, also where it refuses."""

    @override
    async def async_handle(self, intent_obj: intent.Intent) -> intent.IntentResponse:
        """Return the answer as the speech of the response."""
        speech = await async_speech(intent_obj.hass, intent_obj.language)
        slots = self.async_validate_slots(intent_obj.slots)
        values = {name: slot["value"] for name, slot in slots.items()}
        try:
            user = await async_user(intent_obj.hass, intent_obj.context)
            answer = await self.async_answer(SpokenRequest(intent_obj, values, user, speech))
        except UnknownUser:
            answer = speech.sentence("not_permitted")
        except InvalidCallError:
            answer = speech.sentence("not_running")
        response = intent_obj.create_response()
        response.async_set_speech(answer)
        return response

    @abstractmethod
    async def async_answer(self, request: SpokenRequest) -> str:
        """Return the answer; InvalidCallError while IoT Bridge is not running."""
