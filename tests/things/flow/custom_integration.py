"""Installation of a custom integration, for Home Assistant's loader only."""

from collections.abc import Collection

from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS, Integration, async_get_custom_components


async def install(
    hass: HomeAssistant, domain: str, name: str, *, files: Collection[str] = (), mqtt: Collection[str] = ()
) -> None:
    """Install an integration with these files and topic filters in its manifest."""
    manifest = {
        "domain": domain,
        "name": name,
        "version": "1.0",
        "mqtt": list(mqtt),
        "codeowners": [],
        "dependencies": [],
        "documentation": "https://example.com",
        "requirements": [],
    }
    integration = Integration(hass, f"custom_components.{domain}", None, manifest, set(files))  # type: ignore[arg-type]
    hass.data[DATA_CUSTOM_COMPONENTS] = {**await async_get_custom_components(hass), domain: integration}
