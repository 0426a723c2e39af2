"""Form of a rule's selection: named entities, and a collapsed section for all that match, now and in future."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import Integration, async_get_integrations

from ...const import DOMAIN
from ...texts import Texts
from ..engine.rule import Selection

ALL = "all"
_PLACES = ("areas", "floors", "labels", "devices")
_SORTS = ("domains", "device_classes", "integrations")
# What shows whether a host is lost: the power state, which alone of our sensors has a list of states.
_POWER_STATE = selector.EntityWithDeviceFilterSelectorConfig(domain="sensor", integration=DOMAIN, device_class="enum")
_HOSTS = {"domains": ("sensor",), "integrations": (DOMAIN,), "device_classes": ("enum",)}


async def async_schema(hass: HomeAssistant, words: Texts, *, hosts: bool = False) -> dict[vol.Marker, Any]:
    """Return the fields; ``hosts`` alone are to be chosen from, whatever else there is."""
    entities = selector.EntitySelectorConfig(multiple=True)
    if hosts:
        entities["filter"] = _POWER_STATE
    matching: dict[vol.Marker, Any] = {
        vol.Optional("areas"): selector.AreaSelector(selector.AreaSelectorConfig(multiple=True)),
        vol.Optional("floors"): selector.FloorSelector(selector.FloorSelectorConfig(multiple=True)),
        vol.Optional("labels"): selector.LabelSelector(selector.LabelSelectorConfig(multiple=True)),
        vol.Optional("devices"): selector.DeviceSelector(selector.DeviceSelectorConfig(multiple=True)),
    }
    if not hosts:
        matching |= {
            vol.Optional("domains"): _chosen(await _async_domains(hass)),
            vol.Optional("device_classes"): _chosen(words.device_classes),
            vol.Optional("integrations"): _chosen(await _async_integrations(hass)),
        }
    matching[vol.Optional("excluded")] = selector.EntitySelector(entities)
    return {
        vol.Optional("entities"): selector.EntitySelector(entities),
        vol.Required(ALL): section(vol.Schema(matching), {"collapsed": True}),
    }


def suggested(selection: Selection) -> dict[str, Any]:
    """Return what the form shows at first."""
    names = (*_PLACES, *_SORTS, "excluded")
    matching = {name: list(chosen) for name in names if (chosen := getattr(selection, name))}
    shown: dict[str, Any] = {ALL: matching}
    if selection.entities:
        shown["entities"] = list(selection.entities)
    return shown


def read(given: Mapping[str, Any], *, hosts: bool = False) -> Selection:
    """Return what was chosen; of hosts, all that are in the places, or simply all."""
    matching = given[ALL]
    chosen: dict[str, tuple[str, ...]] = {
        name: tuple(matching.get(name, ())) for name in (*_PLACES, *_SORTS, "excluded")
    }
    entities = tuple(given.get("entities", ()))
    if hosts and (not entities or any(chosen[place] for place in _PLACES)):
        chosen |= _HOSTS
    return Selection(entities=entities, **chosen)


def is_empty(selection: Selection) -> bool:
    """Return whether nothing was chosen."""
    return not selection.entities and not any(getattr(selection, name) for name in (*_PLACES, *_SORTS))


def _chosen(labels: Mapping[str, str]) -> selector.SelectSelector:
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=[selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()],
            multiple=True,
            sort=True,
            custom_value=True,
            mode=selector.SelectSelectorMode.DROPDOWN,
        )
    )


async def _async_domains(hass: HomeAssistant) -> dict[str, str]:
    """Return the domains that have entities, by name."""
    domains = {entity_id.partition(".")[0] for entity_id in hass.states.async_entity_ids()}
    titles = await async_get_translations(hass, hass.config.language, "title", domains)
    return {domain: titles.get(f"component.{domain}.title", domain) for domain in domains}


async def _async_integrations(hass: HomeAssistant) -> dict[str, str]:
    """Return the integrations that were set up, by name."""
    domains: Iterable[str] = {entry.domain for entry in hass.config_entries.async_entries()}
    found = await async_get_integrations(hass, domains)
    return {domain: it.name if isinstance(it, Integration) else domain for domain, it in found.items()}
