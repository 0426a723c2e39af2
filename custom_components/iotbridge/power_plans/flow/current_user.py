"""User who sent the present request of a dialog."""

from homeassistant.components.http.const import KEY_HASS_USER
from homeassistant.core import callback
from homeassistant.helpers.http import current_request


@callback
def async_user_id() -> str | None:
    """Return the id of the user; None where no request is being answered."""
    request = current_request.get()
    user = request.get(KEY_HASS_USER) if request is not None else None
    return user.id if user else None
