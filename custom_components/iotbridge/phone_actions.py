"""Actions of Home Assistant's phone apps: each is made of the name of its phone, and is renamed with it."""

from collections import defaultdict

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import slugify

MOBILE_APP = "mobile_app"
PREFIX = f"notify.{MOBILE_APP}_"


@callback
def async_phone_actions(hass: HomeAssistant) -> dict[str, str]:
    """Return the ids of the phones' config entries by action; phones that share an action are left out."""
    entries: defaultdict[str, list[str]] = defaultdict(list)
    for entry in hass.config_entries.async_entries(MOBILE_APP):
        entries[f"{PREFIX}{slugify(str(entry.data.get('device_name', '')))}"].append(entry.entry_id)
    return {action: ids[0] for action, ids in entries.items() if len(ids) == 1}
