"""Turns of conversations: the one in which an intent or a tool runs, and whether a person began it."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

from .questions import Turn

CONVERSATION, PROCESS = "conversation", "process"
# Far more than run at once.
MAX_CONTEXTS = 1000


class Turns:
    """Turns of conversations.

    A message that the action conversation.process sends is not a person's: a language model can run a script that does
    so. The context of the call is that of the person to whom the model is talking, so the calls are watched.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Start without calls of the action."""
        self._hass = hass
        self._contexts_of_actions: dict[str, None] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Subscribe to the calls of the action; return the function that unsubscribes."""
        return self._hass.bus.async_listen(EVENT_CALL_SERVICE, self._async_called, event_filter=_is_message)

    @callback
    def _async_called(self, event: Event[Any]) -> None:
        self._contexts_of_actions.pop(event.context.id, None)
        self._contexts_of_actions[event.context.id] = None
        if len(self._contexts_of_actions) > MAX_CONTEXTS:
            del self._contexts_of_actions[next(iter(self._contexts_of_actions))]

    @callback
    def async_current(self, context: Context | None) -> Turn | None:
        """Return the running turn; None outside of a conversation, as for tools that are called from other programs."""
        if context is None or CONVERSATION not in self._hass.config.components:
            return None
        from homeassistant.components.conversation.chat_log import (  # noqa: PLC0415 - it needs hassil
            AssistantContent,
            UserContent,
            current_chat_log,
        )

        if (chat_log := current_chat_log.get()) is None:
            return None
        messages = {
            index: (before, content)
            for index, (before, content) in enumerate(pairwise(chat_log.content), start=1)
            if isinstance(content, UserContent)
        }
        # Before Home Assistant 2026.11, a turn does not say where it began: it is taken to be at the last message.
        # A message that is added within a turn is an agent's.
        number: int = getattr(chat_log, "turn_start", max(messages, default=0))
        before, message = messages.get(number, (None, None))
        return Turn(
            conversation_id=chat_log.conversation_id,
            user_id=context.user_id,
            context_id=context.id,
            number=number,
            preceding=max((index for index in messages if index < number), default=None),
            utterance=message.content if message else "",
            previous=(before.content or "") if isinstance(before, AssistantContent) else "",
            is_of_person=context.parent_id is None and context.id not in self._contexts_of_actions,
        )


@callback
def _is_message(data: Mapping[str, Any]) -> bool:
    return (data["domain"], data["service"]) == (CONVERSATION, PROCESS)
