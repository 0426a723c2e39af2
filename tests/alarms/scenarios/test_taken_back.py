"""Acknowledgements that are taken back: the same people are notified again, and the next step follows."""

from collections.abc import Callable

from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import ServiceCall

from ...kit import Kit
from ...rules import add_rule, set_state
from ..home import buttons, press, restart, titles, wait

MINUTE_S = 60


async def test_the_chain_goes_on_where_the_acknowledgement_stopped_it(
    kit: Kit, notifications: list[ServiceCall], add_notifier_group: Callable[..., ConfigSubentry]
) -> None:
    to_ben = async_mock_service(kit.hass, "notify", "mobile_app_ben")
    anna, ben = (add_notifier_group(name, f"notify.mobile_app_{name}") for name in ("anna", "ben"))
    steps = (
        EscalationStep(after_s=0, groups=(anna.subentry_id,)),
        EscalationStep(after_s=10 * MINUTE_S, groups=(ben.subentry_id,)),
    )
    await add_rule(kit, "sensor.one", escalation=EscalationPolicy(steps=steps))
    await set_state(kit, "sensor.one", "90")
    await wait(kit, 4 * MINUTE_S, MINUTE_S)
    acknowledge, _snooze = buttons(notifications)
    await press(kit, acknowledge)
    await wait(kit, 60 * MINUTE_S, 10 * MINUTE_S)
    assert (titles(notifications), titles(to_ben)) == (["Warning", "Acknowledged"], [])
    (take_back,) = buttons(notifications)

    await restart(kit)
    await press(kit, take_back)
    await wait(kit, 1)

    assert titles(notifications)[2:] == ["Warning"]
    assert notifications[-1].data["message"].startswith("The acknowledgement was taken back. 90 > 80")
    assert buttons(notifications)[0] == acknowledge
    await wait(kit, 5 * MINUTE_S, MINUTE_S)
    assert titles(to_ben) == []
    await wait(kit, 2 * MINUTE_S, MINUTE_S)
    assert titles(to_ben) == ["Warning"]
