"""Permissions on alarms, the entity of a rule, and the actor behind a context."""

from homeassistant.auth.models import User
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er

from ...callers import async_caller
from ...const import DOMAIN
from ..engine.models import Actor, AlarmKey
from .entity_index import ALARM_KEY

# Translation key of the entities of a rule, one per domain; a rule's id is that of its subentry.
RULE_KEY = ALARM_KEY
FROM_DASHBOARD = "dashboard"
FROM_AUTOMATION = "automation"


def is_of_rule(entry: er.RegistryEntry) -> bool:
    """Return whether an entity shows the alarms of a rule."""
    return entry.platform == DOMAIN and entry.translation_key == RULE_KEY


@callback
def async_rule_entity(hass: HomeAssistant, rule_id: str) -> str | None:
    """Return the binary sensor of a rule."""
    return er.async_get(hass).async_get_entity_id(Platform.BINARY_SENSOR, DOMAIN, f"{rule_id}_{RULE_KEY}")


@callback
def async_permits(hass: HomeAssistant, user: User, key: AlarmKey, policy: str) -> bool:
    """Return whether a user may read or control the entity of an alarm; the rule's own entity where there is none."""
    if user.is_admin:
        return True
    entity_id = key.subject or async_rule_entity(hass, key.rule_id)
    return entity_id is not None and user.permissions.check_entity(entity_id, policy)


async def async_actor(hass: HomeAssistant, context: Context | None, comment: str = "") -> Actor:
    """Return the actor behind a context: a user, or an automation or script by its name."""
    if context is None:
        return Actor(comment=comment)
    name, is_person = await async_caller(hass, context)
    return Actor(name, FROM_DASHBOARD if is_person else FROM_AUTOMATION, comment)
