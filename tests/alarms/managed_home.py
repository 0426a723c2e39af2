"""Rules, groups and states for tests of the manager."""

from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.kinds import Condition
from custom_components.iotbridge.alarms.engine.models import Actor
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.alarms.manager import AlarmsManager
from custom_components.iotbridge.alarms.runtime.store import HistoryQuery
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from tests.rules import put_rule

ANNA = Actor("Anna", "phone")


def add(hass: HomeAssistant, entry: MockConfigEntry, condition: Condition, *entities: str, **more: Any) -> str:
    """Add a rule as its flow does; return its id."""
    return put_rule(hass, entry, *entities, condition=condition, **more)


async def set_state(hass: HomeAssistant, entity_id: str, state: str, **attributes: Any) -> None:
    """Report a state."""
    hass.states.async_set(entity_id, state, attributes)
    await hass.async_block_till_done()


async def history(manager: AlarmsManager) -> list[str]:
    """Return the history, the oldest row first."""
    return [f"{row['change']} {row['subject']}" for row in reversed(await manager.async_history(HistoryQuery()))]


def group(hass: HomeAssistant, entry: MockConfigEntry, *targets: dict[str, Any]) -> str:
    """Add a notifier group as its flow does; return its id."""
    data = {"targets": list(targets), "fallback": [], "break_through": False}
    subentry = ConfigSubentry(data=marked(NOTIFIER, data), subentry_type="notifier", title="Family", unique_id=None)  # type: ignore[arg-type]
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


def policy(*steps: tuple[float, str]) -> EscalationPolicy:
    """Return a policy of steps: after how long, to which group."""
    return EscalationPolicy(
        steps=tuple(EscalationStep(after_s=after_s, groups=(group_id,)) for after_s, group_id in steps)
    )
