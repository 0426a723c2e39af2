"""Tools of alarms for language models: list, acknowledge, snooze."""

from collections.abc import Callable, Collection
from typing import Any, override

import voluptuous as vol

from homeassistant.core import HomeAssistant
from homeassistant.helpers.llm import LLMContext, Tool, ToolAnnotations, ToolInput, ToolResult

from ..callers import async_user
from ..const import DOMAIN
from ..sentences.document import JOINT
from .manager import AlarmsManager
from .voice import async_acknowledge, async_list, async_snooze

RULE = vol.Optional("rule", description="Name of one alarm rule; without it, all alarms")
MINUTES = vol.Required("minutes", description="Duration in minutes")
MAX_MINUTES = 72 * 60


def alarm_tools(present: AlarmsManager, manager: Callable[[], AlarmsManager]) -> list[Tool]:
    """Return the tools; none while alarms are not running or there is no rule.

    Home Assistant keeps tools for a whole conversation: ``manager`` returns the manager at a call, or raises
    InvalidCallError, which the model is told.
    """
    if present.is_failed or not present.rules:
        return []
    names = sorted({rule.name for rule in present.rules.values()})
    return [ListAlarmsTool(manager), AcknowledgeAlarmsTool(manager, names), SnoozeAlarmsTool(manager, names)]


class AlarmTool(Tool):
    """Tool about alarms."""

    integration = DOMAIN

    def __init__(self, manager: Callable[[], AlarmsManager]) -> None:
        """Store the access to the alarms."""
        self._manager = manager


class ListAlarmsTool(AlarmTool):
    """Tool that lists the active alarms that the user may read."""

    name = f"{DOMAIN}__list_alarms"
    title = "List alarms"
    description = "Lists the active alarms of the home: name, severity, state."
    annotations = ToolAnnotations(read_only=True, destructive=False, idempotent=True, open_world=False)

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the alarms, the most severe first."""
        alarms = async_list(hass, self._manager(), await async_user(hass, llm_context.context))
        rows: list[Any] = [
            {"name": name, "severity": alarm.severity.word, "state": alarm.state.value} for name, alarm in alarms
        ]
        return ToolResult(data={"alarms": rows})


class AcknowledgeAlarmsTool(AlarmTool):
    """Tool that acknowledges alarms that the user may control."""

    name = f"{DOMAIN}__acknowledge_alarms"
    title = "Acknowledge alarms"
    description = "Acknowledges the unacknowledged alarms of the home, all or those of one rule."
    annotations = ToolAnnotations(destructive=False, idempotent=True, open_world=False)

    def __init__(self, manager: Callable[[], AlarmsManager], names: Collection[str]) -> None:
        """Offer the names of the rules."""
        super().__init__(manager)
        self.parameters = vol.Schema({RULE: vol.In(names)})

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the names of the alarms that were acknowledged."""
        data = self.parameters(tool_input.tool_args)
        user = await async_user(hass, llm_context.context)
        manager = self._manager()
        names = async_acknowledge(hass, manager, user, _rule_ids(manager, data.get("rule")))
        return ToolResult(data={"acknowledged": [*names]})


class SnoozeAlarmsTool(AlarmTool):
    """Tool that snoozes alarms that the user may control."""

    name = f"{DOMAIN}__snooze_alarms"
    title = "Snooze alarms"
    description = "Snoozes the active alarms of the home for some minutes, all or those of one rule."
    annotations = ToolAnnotations(destructive=False, idempotent=True, open_world=False)

    def __init__(self, manager: Callable[[], AlarmsManager], names: Collection[str]) -> None:
        """Offer the names of the rules."""
        super().__init__(manager)
        minutes = vol.All(vol.Coerce(int), vol.Range(min=1, max=MAX_MINUTES))
        self.parameters = vol.Schema({RULE: vol.In(names), MINUTES: minutes})

    @override
    async def async_call(self, hass: HomeAssistant, tool_input: ToolInput, llm_context: LLMContext) -> ToolResult:
        """Return the names of the alarms that were snoozed."""
        data = self.parameters(tool_input.tool_args)
        user = await async_user(hass, llm_context.context)
        manager = self._manager()
        names = async_snooze(hass, manager, user, data["minutes"], _rule_ids(manager, data.get("rule")))
        return ToolResult(data={"snoozed": [*names]})


def _rule_ids(manager: AlarmsManager, name: str | None) -> str | None:
    """Return the ids of the rules of a name, as in the lists of the sentences; None without a name."""
    if name is None:
        return None
    return JOINT.join(rule_id for rule_id, rule in manager.rules.items() if rule.name == name)
