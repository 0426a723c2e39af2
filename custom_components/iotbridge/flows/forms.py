"""The forms that are made of more than one line."""

from collections.abc import Mapping
from typing import Any

import voluptuous as vol

from homeassistant.helpers import selector

from ..devices.models import About, Joining
from . import presence

TEXT = selector.TextSelector()
LINES = selector.TextSelector(selector.TextSelectorConfig(multiline=True))


def choices(labels: Mapping[str, str], *, multiple: bool = False) -> selector.SelectSelector:
    """Return a list to choose from."""
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()],
            multiple=multiple,
            mode=selector.SelectSelectorMode.LIST,
        )
    )


def device_label(identity: str, about: About) -> str:
    """Return what a device is called in a list."""
    return f"{about.name} ({identity})" if about.name and about.name != identity else identity


def split_schema(splits: Mapping[str, str], depth: str) -> vol.Schema:
    """Return the form that asks what is a device; ``depth`` is the guess."""
    schema: dict[vol.Marker, Any] = {}
    if len(splits) > 1:
        schema[vol.Required("depth", default=depth)] = choices(splits)
    return vol.Schema(schema | joining_schema())


def joining_schema() -> dict[vol.Marker, Any]:
    """Return the choice of what happens to devices that are heard for the first time."""
    ways = selector.SelectSelectorConfig(options=[str(way) for way in Joining], translation_key="joining")
    return {vol.Required("joining", default=str(Joining.ASK)): selector.SelectSelector(ways)}


def device_schema(channels: selector.ObjectSelector, devices: Mapping[str, str]) -> vol.Schema:
    """Return the form of a new device; with more than one they can be chosen."""
    schema: dict[vol.Marker, Any] = {
        vol.Required("name"): TEXT,
        vol.Optional("area"): selector.AreaSelector(),
    }
    if len(devices) > 1:
        schema[vol.Required("devices")] = choices(devices, multiple=True)
    schema |= {
        vol.Required("channels"): channels,
        vol.Optional("manufacturer"): TEXT,
        vol.Optional("model"): TEXT,
        vol.Required(presence.SECTION): presence.schema(),
    }
    return vol.Schema(schema)
