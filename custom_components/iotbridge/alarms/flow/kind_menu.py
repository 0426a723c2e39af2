"""The first choice when an alarm is added: what it looks for."""

from abc import abstractmethod
from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult

from ..engine.rule import AlarmKind

type Given = dict[str, Any] | None


class KindMenu(ConfigSubentryFlow):
    """A step for each kind, as a menu needs them; all go the same way."""

    @abstractmethod
    async def _async_begin(self, kind: AlarmKind) -> SubentryFlowResult:
        """Go on with a kind."""

    async def async_step_above(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what is too high."""
        return await self._async_begin(AlarmKind.ABOVE)

    async def async_step_below(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what is too low."""
        return await self._async_begin(AlarmKind.BELOW)

    async def async_step_outside(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what is out of its range."""
        return await self._async_begin(AlarmKind.OUTSIDE)

    async def async_step_state(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for a state."""
        return await self._async_begin(AlarmKind.STATE)

    async def async_step_rate(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what changes too fast."""
        return await self._async_begin(AlarmKind.RATE)

    async def async_step_no_data(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what has fallen silent."""
        return await self._async_begin(AlarmKind.NO_DATA)

    async def async_step_unavailable(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what cannot be reached."""
        return await self._async_begin(AlarmKind.UNAVAILABLE)

    async def async_step_host_lost(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for hosts that vanish."""
        return await self._async_begin(AlarmKind.HOST_LOST)

    async def async_step_template(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for what a template says."""
        return await self._async_begin(AlarmKind.TEMPLATE)

    async def async_step_event(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for an event."""
        return await self._async_begin(AlarmKind.EVENT)

    async def async_step_message(self, _user_input: Given = None) -> SubentryFlowResult:
        """Look for a message on MQTT."""
        return await self._async_begin(AlarmKind.MESSAGE)
