"""Action that shows alarm rules in Home Assistant's own Alerts."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.iotbridge.alarms.engine.models import Severity
from homeassistant.components.frontend.storage import async_system_store
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from tests.kit import Kit
from tests.rules import add_rule, call, rule_entity

pytestmark = pytest.mark.usefixtures("frontend")


async def alerts(kit: Kit) -> Any:
    """Return what Home Assistant's Security page shows under Alerts."""
    return ((await async_system_store(kit.hass)).data.get("security") or {}).get("alert_entities")


async def test_rules_are_shown_and_taken_out(kit: Kit, hass_admin_user: MockUser) -> None:
    hot = rule_entity(kit, await add_rule(kit, "sensor.one", severity=Severity.CRITICAL))
    cold_id = await add_rule(kit, "sensor.one", name="Cold")
    cold = rule_entity(kit, cold_id)
    context = Context(user_id=hass_admin_user.id)

    await call(kit, "show_in_alerts", entity_id=[hot], context=context)
    assert await alerts(kit) == [{"entity": hot, "severity": "alert"}]
    await call(kit, "show_in_alerts", entity_id=[rule_entity(kit, cold_id, "sensor")], context=context)
    assert await alerts(kit) == [{"entity": hot, "severity": "alert"}, {"entity": cold, "severity": "warning"}]
    await call(kit, "show_in_alerts", entity_id=[hot], show=False, context=context)

    assert await alerts(kit) == [{"entity": cold, "severity": "warning"}]


async def test_the_answer_has_only_what_was_changed(kit: Kit, hass_admin_user: MockUser) -> None:
    hot, cold = [rule_entity(kit, await add_rule(kit, "sensor.one", name=name)) for name in ("Hot", "Cold")]
    context = Context(user_id=hass_admin_user.id)

    async def show(*entities: str, show: bool = True) -> list[str]:
        answer = await call(kit, "show_in_alerts", answer=True, entity_id=list(entities), show=show, context=context)
        changed: list[str] = answer["changed"]
        return changed

    assert await show(hot) == [hot]
    assert await show(hot) == []
    assert await show(hot, cold) == [cold]
    assert await show(hot, show=False) == [hot]
    assert await show(hot, show=False) == []
    assert await alerts(kit) == [{"entity": cold, "severity": "warning"}]


async def test_only_administrators_may_change_the_alerts(kit: Kit) -> None:
    hot = rule_entity(kit, await add_rule(kit, "sensor.one"))
    guest = MockUser(id="guest", name="Guest").add_to_hass(kit.hass)
    guest.mock_policy({"entities": True})

    with pytest.raises(Unauthorized):
        await call(kit, "show_in_alerts", entity_id=[hot], context=Context(user_id=guest.id))

    assert await alerts(kit) is None


async def test_a_target_without_a_rule_is_rejected(kit: Kit) -> None:
    await add_rule(kit, "sensor.one")

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "show_in_alerts", entity_id=["sensor.one"])

    assert raised.value.translation_key == "no_alarm_rule"


async def test_alerts_of_an_unknown_shape_are_rejected(kit: Kit) -> None:
    await (await async_system_store(kit.hass)).async_set_item("security", {"alert_entities": {"lock.door": "alert"}})
    hot = rule_entity(kit, await add_rule(kit, "sensor.one"))

    with pytest.raises(ServiceValidationError) as raised:
        await call(kit, "show_in_alerts", entity_id=[hot])

    assert raised.value.translation_key == "alerts_unknown"
    assert await alerts(kit) == {"lock.door": "alert"}
