"""Links to the pages of learned devices, for the texts of dialogs."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant, callback

from ... import mqtt_client
from ...markdown import device_link, escaped
from ...texts import NONE
from ..model.discovery_config import device_description
from ..model.mapping import thing_uid
from ..model.profile import Profile

MAX_LINKS = 20


@callback
def async_links(hass: HomeAssistant, profile: Profile) -> str:
    """Return links to the pages of the devices of a thing."""
    links = []
    for identity, metadata in profile.devices.items():
        if device := mqtt_client.async_device(hass, thing_uid(profile.topic, identity)):
            links.append(device_link(device.name_by_user or metadata.name or identity, device.id))
    return _listed(links)


@callback
def async_links_to_new(hass: HomeAssistant, profile: Profile, identities: Iterable[str]) -> str:
    """Return links to the pages of new devices; the devices are added before core's mqtt describes them.

    Core adds a device when it receives the discovery message, which is published once the dialog has ended.
    """
    links = []
    for identity in list(identities)[:MAX_LINKS]:
        metadata = profile.devices[identity]
        name, uid = metadata.name or identity, thing_uid(profile.topic, identity)
        device = mqtt_client.async_add_device(hass, device_description(profile, uid, metadata))
        links.append(device_link(name, device.id) if device else escaped(name))
    return _listed(links)


def _listed(links: list[str]) -> str:
    return (", ".join(links[:MAX_LINKS]) + (" …" if len(links) > MAX_LINKS else "")) or NONE
