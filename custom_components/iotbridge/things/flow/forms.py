"""Forms of the things' dialogs with more than one field."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.helpers import selector

from ...forms import TEXT, choices
from ..model.message import DeviceMetadata
from ..model.own_page import is_page
from ..model.profile import Joining
from . import availability_form


def device_label(identity: str, metadata: DeviceMetadata) -> str:
    """Return the label of a device in a list."""
    return f"{metadata.name} ({identity})" if metadata.name and metadata.name != identity else identity


def joining_schema() -> dict[vol.Marker, Any]:
    """Return the choice of what to do with devices that appear later."""
    ways = selector.SelectSelectorConfig(options=[str(way) for way in Joining], translation_key="joining")
    return {vol.Required("joining", default=str(Joining.ASK)): selector.SelectSelector(ways)}


def read_page(user_input: Mapping[str, Any]) -> str | None:
    """Return the address of the device's own page in a form; raise ValueError with an error key of the flow."""
    text: str = user_input.get("configuration_url", "").strip()
    if text and not is_page(text):
        raise ValueError("page_invalid")
    return text or None


def device_schema(channels: Mapping[vol.Marker, Any], devices: Mapping[str, str], *, is_family: bool) -> vol.Schema:
    """Return the form of a new device with the fields of its channels; several devices can be selected.

    Each device of a family has a page of its own.
    """
    schema: dict[vol.Marker, Any] = {
        vol.Required("name"): TEXT,
        vol.Optional("area"): selector.AreaSelector(),
    }
    if len(devices) > 1:
        schema[vol.Required("devices")] = choices(devices, multiple=True)
    schema |= {**channels, vol.Optional("manufacturer"): TEXT, vol.Optional("model"): TEXT}
    if not is_family:
        schema[vol.Optional("configuration_url")] = TEXT
    schema[vol.Required(availability_form.SECTION)] = availability_form.schema()
    return vol.Schema(schema)
