"""Delivery to all targets of a group, and failing targets."""

import asyncio

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError

from .messages import PHONE, AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")


async def test_a_failing_target_does_not_stop_the_others(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, caplog: pytest.LogCaptureFixture
) -> None:
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    async def hangs(_call: ServiceCall) -> None:
        """Hang like a script that runs for minutes, which counts as delivered."""
        await asyncio.Event().wait()

    async def refuses(_call: ServiceCall) -> None:
        raise HomeAssistantError("no credit")

    async def breaks(_call: ServiceCall) -> None:
        raise KeyError("webhook")

    async def gives_up(_call: ServiceCall) -> None:
        raise asyncio.CancelledError

    handlers = {"hangs": hangs, "refuses": refuses, "breaks": breaks, "gives_up": gives_up}
    for name, handler in handlers.items():
        hass.services.async_register("notify", name, handler)
    broken = {"kind": "action", "action": "notify.mobile_app_anna", "data": {"message": "{{ nothing() }}"}}
    others = [{"kind": "action", "action": f"notify.{name}"} for name in (*handlers, "missing")]
    others.append({"kind": "mobile_app", "action": "notify.gives_up"})

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(add_group(broken, *others, PHONE), [message(hass)])

    assert len(calls) == 1
    failed = raised.value.failed
    assert failed["notify.refuses"] == "no credit"
    assert failed["notify.breaks"] == "'webhook'"
    assert failed["notify.gives_up"] == "notify.gives_up is unavailable"
    assert failed.keys() == {
        "notify.mobile_app_anna",
        "notify.refuses",
        "notify.breaks",
        "notify.missing",
        "notify.gives_up",
        "notify.gives_up#2",
    }
    assert "Family" in str(raised.value)
    assert "no credit" in str(raised.value)


async def test_a_target_that_does_not_answer_fails_at_the_timeout(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    async def hangs(_call: ServiceCall) -> None:
        await asyncio.Event().wait()

    hass.services.async_register("notify", "mobile_app_anna", hangs)

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(add_group(PHONE), [message(hass)])

    assert raised.value.failed == {"notify.mobile_app_anna": "notify.mobile_app_anna did not respond within 0 s"}


async def test_an_action_that_fails_after_the_timeout_is_logged(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup, caplog: pytest.LogCaptureFixture
) -> None:
    may_fail = asyncio.Event()

    async def fail_later(_call: ServiceCall) -> None:
        await may_fail.wait()
        raise HomeAssistantError("no loudspeaker")

    hass.services.async_register("script", "speak", fail_later)

    await notifier.async_send(add_group({"kind": "action", "action": "script.speak"}), [message(hass)])
    may_fail.set()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert "Delivery to script.speak failed after it had started: no loudspeaker" in caplog.text


async def test_targets_are_selected_by_name(hass: HomeAssistant, notifier: Notifier, add_group: AddGroup) -> None:
    anna, ben = async_mock_service(hass, "notify", "mobile_app_anna"), async_mock_service(hass, "notify", "ben")
    family = add_group(PHONE, PHONE, fallback=[{"kind": "action", "action": "notify.ben"}])

    await notifier.async_send(family, [message(hass)])
    assert (len(anna), len(ben)) == (2, 0)

    await notifier.async_send(family, [message(hass)], only={"notify.mobile_app_anna#2", "notify.ben"})
    assert (len(anna), len(ben)) == (3, 1)


async def test_a_missing_group_and_one_without_targets_are_errors(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    with pytest.raises(DeliveryError, match="no longer exists"):
        await notifier.async_send("gone", [message(hass)])
    with pytest.raises(DeliveryError, match="no recipients"):
        await notifier.async_send(add_group(), [message(hass)])
