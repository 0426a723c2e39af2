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
    positions: list[int] = []
    for index, (before, content) in enumerate(pairwise(chat_log.content), start=1):
        if isinstance(content, UserContent):
            positions.append(index)
            utterance = content.content
            previous = (before.content or "") if isinstance(before, AssistantContent) else ""
    # Before Home Assistant 2026.11, a turn does not say where it began: it is taken to be at the last message.
    number: int = getattr(chat_log, "turn_start", positions[-1] if positions else 0)
    return Turn(
        conversation_id=chat_log.conversation_id,
        user_id=context.user_id,
        context_id=context.id,
        number=number,
        preceding=max((index for index in positions if index < number), default=None),
        utterance=utterance,
        previous=previous,
        is_of_person=context.parent_id is None,
    )
