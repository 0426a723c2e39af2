"""Integrations of Home Assistant that read a system's messages themselves, and what they have beyond a thing."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import (
    Integration,
    IntegrationNotFound,
    async_get_integration,
    async_get_integrations,
    async_get_mqtt,
)

from ...const import DOMAIN
from ...texts import Texts
from ...topic_filters import fault
from ..model.known_systems import System, system_of_integration
from ..model.profile import PLATFORMS

_FURTHER = frozenset(Platform) - frozenset(PLATFORMS)


async def async_integration_systems(hass: HomeAssistant) -> tuple[System, ...]:
    """Return the systems of the integrations, core's and custom ones, that are found by their messages."""
    filters = {
        domain: usable
        for domain, topics in (await async_get_mqtt(hass)).items()
        # A filter that matches everything would hide every device.
        if domain != DOMAIN and (usable := [topic for topic in topics if fault(topic) is None])
    }
    found = await async_get_integrations(hass, filters)
    return tuple(
        system_of_integration(domain, integration.name, filters[domain])
        for domain, integration in sorted(found.items())
        if isinstance(integration, Integration)
    )


async def async_gain(hass: HomeAssistant, texts: Texts, domain: str) -> str | None:
    """Return a sentence on what an integration has that a thing does not; None where it is not installed."""
    try:
        integration = await async_get_integration(hass, domain)
    except IntegrationNotFound:
        return None
    platforms = integration.platforms_exists(sorted(_FURTHER))
    if not platforms:
        return texts.sentence("gain_values")
    titles = await async_get_translations(hass, hass.config.language, "title", platforms)
    kinds = sorted(titles.get(f"component.{platform}.title", platform) for platform in platforms)
    return texts.sentence("gain_kinds", kinds=", ".join(kinds))
