"""Forms of the things' dialogs with more than one field."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.helpers import selector

from ...forms import TEXT, choices
from ..model.message import DeviceMetadata
from ..model.profile import Joining
from . import availability_form


def device_label(identity: str, metadata: DeviceMetadata) -> str:
    """Return the label of a device in a list."""
    return f"{metadata.name} ({identity})" if metadata.name and metadata.name != identity else identity


def joining_schema() -> dict[vol.Marker, Any]:
    """Return the choice of what to do with devices that appear later."""
    ways = selector.SelectSelectorConfig(options=[str(way) for way in Joining], translation_key="joining")
    return {vol.Required("joining", default=str(Joining.ASK)): selector.SelectSelector(ways)}


def device_schema(channels: Mapping[vol.Marker, Any], devices: Mapping[str, str]) -> vol.Schema:
    """Return the form of a new device with the fields of its channels; several devices can be selected."""
    schema: dict[vol.Marker, Any] = {
        vol.Required("name"): TEXT,
        vol.Optional("area"): selector.AreaSelector(),
    }
    if len(devices) > 1:
        schema[vol.Required("devices")] = choices(devices, multiple=True)
    schema |= {
        **channels,
        vol.Optional("manufacturer"): TEXT,
        vol.Optional("model"): TEXT,
        vol.Required(availability_form.SECTION): availability_form.schema(),
    }
    return vol.Schema(schema)
