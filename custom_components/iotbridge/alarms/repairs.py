"""Repairs of alarms: delete the damaged files that were put aside."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult

from ..const import DOMAIN
from ..issues import ALARMS_DAMAGED, async_placeholders


class DamagedFiles(RepairsFlow):
    """Deletion of the damaged files of the alarms that were put aside."""

    def __init__(self, _entry_id: str, _subject: str) -> None:
        """The issue is about no subentry."""

    async def async_step_init(self, _user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin; an answer is expected in the next step."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Delete the files once the user has read what happened."""
        entries = self.hass.config_entries.async_loaded_entries(DOMAIN)
        if not entries:
            return self.async_abort(reason="not_running")
        if user_input is not None:
            await entries[0].runtime_data.alarms.async_remove_damaged()
            return self.async_create_entry(data={})
        said = async_placeholders(self.hass, self.issue_id)
        return self.async_show_form(step_id="confirm", description_placeholders=said)


ALARM_REPAIRS: dict[str, Callable[[str, str], RepairsFlow]] = {ALARMS_DAMAGED: DamagedFiles}
