"""Integrations of Home Assistant that read a system's messages themselves, and what they have beyond a thing."""

from dataclasses import replace

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import (
    Integration,
    async_get_integration,
    async_get_integrations,
    async_get_mqtt,
)

from ...const import DOMAIN
from ...texts import Texts
from ...topic_filters import fault
from ..model.known_systems import SYSTEMS, System, system_of_integration
from ..model.profile import PLATFORMS

_OTHER_PLATFORMS = frozenset(Platform) - frozenset(PLATFORMS)


async def async_systems(hass: HomeAssistant) -> tuple[System, ...]:
    """Return the known systems, and those of the integrations that are found by their messages, core's and custom ones.

    A known system whose integration is neither core's nor installed is missing.
    """
    filters = {
        domain: usable
        for domain, topics in (await async_get_mqtt(hass)).items()
        # A filter that matches everything would hide every device.
        if domain != DOMAIN and (usable := [topic for topic in topics if fault(topic) is None])
    }
    found = await async_get_integrations(hass, {*filters, *(system.domain for system in SYSTEMS if system.domain)})
    installed = {domain: each for domain, each in sorted(found.items()) if isinstance(each, Integration)}
    known = (replace(system, is_missing=system.domain not in {None, *installed}) for system in SYSTEMS)
    others = (
        system_of_integration(domain, integration.name, filters[domain])
        for domain, integration in installed.items()
        if domain in filters
    )
    return (*known, *others)


async def async_advantage(hass: HomeAssistant, texts: Texts, domain: str) -> str:
    """Return a sentence on what an integration has that a thing does not."""
    integration = await async_get_integration(hass, domain)
    platforms = integration.platforms_exists(sorted(_OTHER_PLATFORMS))
    if not platforms:
        return texts.sentence("advantage_values")
    titles = await async_get_translations(hass, hass.config.language, "title", platforms)
    kinds = sorted(titles.get(f"component.{platform}.title", platform) for platform in platforms)
    return texts.sentence("advantage_kinds", kinds=", ".join(kinds))
