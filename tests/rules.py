"""Creation of alarm rules, as by their flow."""

from typing import Any

from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.models import Severity
from custom_components.iotbridge.alarms.engine.rule import Rule, Selection
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er

from .kit import Kit

HOT = Condition(kind=AlarmKind.ABOVE, above=80, hysteresis=2)


def put_rule(hass: HomeAssistant, entry: ConfigEntry, *entities: str, condition: Condition = HOT, **more: Any) -> str:
    """Add a rule over entities to the config entry; return its id."""
    rule = Rule(
        rule_id="",
        name=more.pop("name", "Hot"),
        severity=more.pop("severity", Severity.WARNING),
        condition=condition,
        selection=more.pop("selection", Selection(entities=entities)),
        **more,
    )
    subentry = ConfigSubentry(
        data=rule.as_dict(),  # type: ignore[arg-type]
        subentry_type="alarm",
        title=rule.name,
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


async def add_rule(kit: Kit, *entities: str, **more: Any) -> str:
    """Add a rule over entities, and start it; return its id."""
    entry = kit.hass.config_entries.async_entries("iotbridge")[0]
    rule_id = put_rule(kit.hass, entry, *entities, **more)
    await kit.hass.async_block_till_done()
    return rule_id


async def set_state(kit: Kit, entity_id: str, state: str, **attributes: Any) -> None:
    """Set the state of an entity, as its report does."""
    kit.hass.states.async_set(entity_id, state, attributes)
    await kit.hass.async_block_till_done()


async def call(kit: Kit, action: str, *, answer: bool = False, **data: Any) -> Any:
    """Call an action of ours."""
    context = data.pop("context", None)
    result = await kit.hass.services.async_call(
        "iotbridge", action, data, blocking=True, return_response=answer, context=context
    )
    await kit.hass.async_block_till_done()
    return result


def rule_entity(kit: Kit, rule_id: str, domain: str = "binary_sensor") -> str:
    """Return an entity of a rule."""
    found = [
        entity_id
        for entity_id in kit.hass.states.async_entity_ids(domain)
        if (entry := er.async_get(kit.hass).async_get(entity_id)) and entry.unique_id == f"{rule_id}_alarm"
    ]
    assert found, f"no {domain} of {rule_id}"
    return found[0]


def shown(kit: Kit, rule_id: str) -> State:
    """Return the state of the binary sensor of a rule."""
    state = kit.hass.states.get(rule_entity(kit, rule_id))
    assert state is not None
    return state


def attributes(kit: Kit, rule_id: str) -> dict[str, Any]:
    """Return the attributes of the binary sensor of a rule."""
    return dict(shown(kit, rule_id).attributes)
