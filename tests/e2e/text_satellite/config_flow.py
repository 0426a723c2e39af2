"""Config flow without questions."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult


class TextSatelliteFlow(ConfigFlow, domain="text_satellite"):
    """Flow that creates the entry."""

    async def async_step_user(self, _user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Create the entry."""
        return self.async_create_entry(title="Text satellite", data={})
