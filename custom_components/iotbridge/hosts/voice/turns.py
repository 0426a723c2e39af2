"""Turn of the conversation in which an intent or a tool runs."""

from itertools import pairwise

from homeassistant.core import Context, HomeAssistant

from .questions import Turn

CONVERSATION = "conversation"


def async_current_turn(hass: HomeAssistant, context: Context | None) -> Turn | None:
    """Return the running turn; None outside of a conversation, as for tools that are called from other programs."""
    if context is None or CONVERSATION not in hass.config.components:
        return None
    from homeassistant.components.conversation.chat_log import (  # noqa: PLC0415 - it needs hassil
        AssistantContent,
        UserContent,
        current_chat_log,
    )

    if (chat_log := current_chat_log.get()) is None:
        return None
    utterance, previous = "", ""
    for before, content in pairwise(chat_log.content):
        if isinstance(content, UserContent):
            utterance = content.content
            previous = (before.content or "") if isinstance(before, AssistantContent) else ""
    return Turn(
        conversation_id=chat_log.conversation_id,
        user_id=context.user_id,
        context_id=context.id,
        number=getattr(chat_log, "turn_start", None),
        utterance=utterance,
        previous=previous,
        is_of_person=context.parent_id is None,
    )
