"""Menu of the alarm kinds: the first step of a new rule, with one entry and one step for each kind."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult

from ..engine.kinds import AlarmKind

type Input = dict[str, Any] | None


class KindMenu(ConfigSubentryFlow):
    """Flow with a step for each kind, which a menu requires; all of them continue in the same way."""

    @abstractmethod
    async def _async_begin(self, kind: AlarmKind) -> SubentryFlowResult:
        """Continue with a kind."""


def _step(kind: AlarmKind) -> Callable[[KindMenu, Input], Awaitable[SubentryFlowResult]]:
    async def async_step(self: KindMenu, _user_input: Input = None) -> SubentryFlowResult:
        return await self._async_begin(kind)

    return async_step


for _kind in AlarmKind:
    setattr(KindMenu, f"async_step_{_kind}", _step(_kind))
