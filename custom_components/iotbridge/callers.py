"""Callers of actions, intents and tools: the user and the name behind a context."""

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import UnknownUser


async def async_user(hass: HomeAssistant, context: Context | None) -> User | None:
    """Return the user behind a context, None for an automation or a voice satellite.

    Raises:
        UnknownUser: The user is gone.
    """
    if context is None or context.user_id is None:
        return None
    if (user := await hass.auth.async_get_user(context.user_id)) is None:
        raise UnknownUser(context=context)
    return user


async def async_caller(hass: HomeAssistant, context: Context) -> tuple[str, bool]:
    """Return the name of the person, automation or script behind a context, and whether a person called directly."""
    user = await hass.auth.async_get_user(context.user_id) if context.user_id else None
    if user is not None and context.parent_id is None:
        return user.name or "", True
    running = (state for state in hass.states.async_all(("automation", "script")) if state.context.id == context.id)
    if automation := next(running, None):
        return automation.name, False
    return (user.name or "") if user else "", False
