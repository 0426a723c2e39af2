"""Form of a rule's selection: named entities, and a collapsed section for all that match, now and in future."""

from collections.abc import Iterable, Mapping
from typing import Any

import voluptuous as vol

from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers import entity_registry as er, selector
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import Integration, async_get_integrations

from ...const import DOMAIN
from ...texts import Texts
from ..engine.rule import Selection

ALL = "all"
_LOCATIONS = ("areas", "floors", "labels", "devices")
_CATEGORIES = ("domains", "device_classes", "integrations")
POWER_STATE = "power_state"
# The power states: the only enumerations among the sensors of IoT Bridge that match these lists.
_HOSTS = {"domains": ("sensor",), "integrations": (DOMAIN,), "device_classes": ("enum",)}
_EMPTY = Selection()


async def async_schema(
    hass: HomeAssistant, texts: Texts, selection: Selection = _EMPTY, *, hosts: bool = False
) -> dict[vol.Marker, Any]:
    """Return the fields; with ``hosts`` only hosts can be selected, and those that ``selection`` has already."""
    entities = selector.EntitySelectorConfig(multiple=True)
    if hosts:
        entities["include_entities"] = sorted({*_async_hosts(hass), *selection.entities, *selection.excluded})
    matching: dict[vol.Marker, Any] = {
        vol.Optional("areas"): selector.AreaSelector(selector.AreaSelectorConfig(multiple=True)),
        vol.Optional("floors"): selector.FloorSelector(selector.FloorSelectorConfig(multiple=True)),
        vol.Optional("labels"): selector.LabelSelector(selector.LabelSelectorConfig(multiple=True)),
        vol.Optional("devices"): selector.DeviceSelector(selector.DeviceSelectorConfig(multiple=True)),
    }
    if not hosts:
        matching |= {
            vol.Optional("domains"): _select(await _async_domains(hass)),
            vol.Optional("device_classes"): _select(texts.device_classes),
            vol.Optional("integrations"): _select(await _async_integrations(hass)),
        }
    matching[vol.Optional("excluded")] = selector.EntitySelector(entities)
    return {
        vol.Optional("entities"): selector.EntitySelector(entities),
        vol.Required(ALL): section(vol.Schema(matching), {"collapsed": True}),
    }


def suggested(selection: Selection) -> dict[str, Any]:
    """Return the suggested values of the form."""
    names = (*_LOCATIONS, *_CATEGORIES, "excluded")
    matching = {name: list(chosen) for name in names if (chosen := getattr(selection, name))}
    shown: dict[str, Any] = {ALL: matching}
    if selection.entities:
        shown["entities"] = list(selection.entities)
    return shown


def read(user_input: Mapping[str, Any], *, hosts: bool = False) -> Selection:
    """Return the selection of a form; with ``hosts`` the hosts in the areas and so on, or all hosts."""
    matching = user_input[ALL]
    chosen: dict[str, tuple[str, ...]] = {
        name: tuple(matching.get(name, ())) for name in (*_LOCATIONS, *_CATEGORIES, "excluded")
    }
    entities = tuple(user_input.get("entities", ()))
    if hosts and (not entities or any(chosen[place] for place in _LOCATIONS)):
        chosen |= _HOSTS
    return Selection(entities=entities, **chosen)


def is_empty(selection: Selection) -> bool:
    """Return whether the selection is empty."""
    return not selection.entities and not any(getattr(selection, name) for name in (*_LOCATIONS, *_CATEGORIES))


@callback
def _async_hosts(hass: HomeAssistant) -> list[str]:
    """Return the power states of hosts."""
    entries = er.async_get(hass).entities.values()
    return [entry.entity_id for entry in entries if (entry.platform, entry.translation_key) == (DOMAIN, POWER_STATE)]


def _select(labels: Mapping[str, str]) -> selector.SelectSelector:
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
    """Return the titles of the domains that have entities."""
    domains = {entity_id.partition(".")[0] for entity_id in hass.states.async_entity_ids()}
    titles = await async_get_translations(hass, hass.config.language, "title", domains)
    return {domain: titles.get(f"component.{domain}.title", domain) for domain in domains}


async def _async_integrations(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of the integrations that are set up."""
    domains: Iterable[str] = {entry.domain for entry in hass.config_entries.async_entries()}
    integrations = await async_get_integrations(hass, domains)
    return {
        domain: integration.name if isinstance(integration, Integration) else domain
        for domain, integration in integrations.items()
    }
