"""Repairs of alarms: delete the damaged files that were set aside."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult

from ..const import DOMAIN
from ..issues import ALARMS_DAMAGED, async_placeholders


class DamagedFiles(RepairsFlow):
    """Deletion of the damaged alarm databases that were set aside."""

    def __init__(self, _entry_id: str, _subject: str) -> None:
        """Start; the issue belongs to no subentry."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start with the confirmation."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Show the files and delete them after a confirmation."""
        entries = self.hass.config_entries.async_loaded_entries(DOMAIN)
        if not entries:
            return self.async_abort(reason="not_running")
        if user_input is not None:
            await entries[0].runtime_data.alarms.async_remove_damaged()
            return self.async_create_entry(data={})
        placeholders = async_placeholders(self.hass, self.issue_id)
        return self.async_show_form(step_id="confirm", description_placeholders=placeholders)


ALARM_REPAIRS: dict[str, Callable[[str, str], RepairsFlow]] = {ALARMS_DAMAGED: DamagedFiles}
