"""Check of discovery messages: a device that stays without entities of core's mqtt, because the broker refused it.

Core's mqtt does not pass on that the broker refused a message. A dialog may have added the device by then; it is
removed again, with a repair, until the message arrives.
"""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ... import mqtt_client
from ...const import LOGGER
from ...issues import THING_REFUSED, Issues
from .news import MAX_NAMED
from .publisher import Publisher
from .store import ThingStore
from .thing import Thing

# Core adds the entities of a device within seconds, on a busy machine within half a minute.
CONFIRM_S = 60.0
# A broker may end the connection because of a message that is too large for it, so it is not sent more often.
RETRY_S = 300.0


class DiscoveryCheck:
    """Check of the devices whose discovery messages were published."""

    def __init__(
        self, hass: HomeAssistant, publisher: Publisher, store: ThingStore, issues: Issues, things: Mapping[str, Thing]
    ) -> None:
        """Take the things by subentry id."""
        self._hass = hass
        self._publisher = publisher
        self._store = store
        self._issues = issues
        self._things = things

    @callback
    def async_sweep(self, now: float) -> None:
        """Check the published messages, and publish refused ones again."""
        for uid, published_at in list(self._publisher.unconfirmed.items()):
            self._async_check(uid, now, now - published_at)
        for thing in self._things.values():
            names = [device.name for device in thing.devices.values() if device.record.is_refused]
            placeholders = {"devices": ", ".join(names[:MAX_NAMED]), "topic": self._topic}
            self._issues.async_set(THING_REFUSED, thing.subentry_id, bool(names), **placeholders)

    @property
    def _topic(self) -> str:
        return f"{mqtt_client.async_discovery_prefix(self._hass)}/device/#"

    @callback
    def _async_check(self, uid: str, now: float, age_s: float) -> None:
        record, device = self._store.devices[uid], mqtt_client.async_device(self._hass, uid)
        if device and mqtt_client.async_has_entities(self._hass, device.id):
            del self._publisher.unconfirmed[uid]
            record.is_refused = False
        elif record.is_refused and age_s >= RETRY_S:
            self._publisher.unconfirmed[uid] = now
            self._publisher.async_republish(uid)
        elif not record.is_refused and age_s >= CONFIRM_S:
            LOGGER.warning("The discovery message of %s did not reach Home Assistant", uid)
            self._publisher.unconfirmed[uid] = now
            record.is_refused = True
            if device:
                dr.async_get(self._hass).async_remove_device(device.id)
        else:
            return
        self._store.async_changed()
