"""Callers of actions, intents, tools and dialogs: the user and the name behind a context or a request."""

from homeassistant.auth.models import User
from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import UnknownUser
from homeassistant.helpers.http import current_request


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


@callback
def async_request_user() -> User | None:
    """Return the user who sent the present request, as that of a dialog; None where no request is being answered."""
    request = current_request.get()
    user: User | None = request.get(KEY_HASS_USER) if request is not None else None
    return user
