"""Notifier groups and steps that are edited while an alarm is raised: added recipients are notified."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    async_mock_service,
    mock_integration,
)

from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep, Rule
from custom_components.iotbridge.issues import filled
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import issue_registry as ir

from ...kit import Kit
from ...rules import add_rule, call, set_state
from ..home import bridge, restart, start, started, stop, titles, wait

ANNA = {"kind": "mobile_app", "action": "notify.mobile_app_anna"}
BEN = {"kind": "mobile_app", "action": "notify.mobile_app_ben"}


@pytest.fixture
def ben(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the notifications sent to Ben's phone."""
    calls: list[ServiceCall] = async_mock_service(hass, "notify", "mobile_app_ben")
    return calls


async def edit_group(kit: Kit, policy: EscalationPolicy, *targets: dict[str, str]) -> None:
    """Replace the targets of a group, as its dialog does."""
    subentry = bridge(kit).subentries[policy.steps[0].groups[0]]
    data: dict[str, Any] = {**subentry.data, "targets": list(targets)}
    kit.hass.config_entries.async_update_subentry(bridge(kit), subentry, data=data)
    await wait(kit, 2)


async def edit_policy(kit: Kit, rule_id: str, policy: EscalationPolicy) -> None:
    """Replace the escalation policy of a rule, as its dialog does."""
    subentry = bridge(kit).subentries[rule_id]
    rule = Rule.from_dict(rule_id, subentry.title, subentry.data)
    steps = [{"after_s": step.after_s, "groups": list(step.groups)} for step in policy.steps]
    data = {**rule.as_dict(), "escalation": {"steps": steps, "repeat_s": policy.repeat_s}}
    kit.hass.config_entries.async_update_subentry(bridge(kit), subentry, data=data)
    await wait(kit, 2)


async def raise_alarm(kit: Kit, policy: EscalationPolicy) -> str:
    rule_id = await add_rule(kit, "sensor.one", escalation=policy)
    await set_state(kit, "sensor.one", "90")
    await wait(kit, 2)
    return rule_id


async def test_an_added_target_gets_the_alarm_and_its_end(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], ben: list[ServiceCall]
) -> None:
    await raise_alarm(kit, policy)

    await edit_group(kit, policy, ANNA, BEN)
    assert (titles(notifications), titles(ben)) == (["Warning"], ["Warning"])
    await edit_group(kit, policy, BEN, ANNA)
    await restart(kit)
    assert (titles(notifications), titles(ben)) == (["Warning"], ["Warning"])

    await set_state(kit, "sensor.one", "20")
    await wait(kit, 2)
    assert (titles(notifications), titles(ben)) == (["Warning", "Cleared"], ["Warning", "Cleared"])


async def test_a_target_added_after_the_acknowledgement_gets_nothing(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], ben: list[ServiceCall]
) -> None:
    await raise_alarm(kit, policy)
    await call(kit, "acknowledge", entity_id="sensor.one")
    await wait(kit, 2)

    await edit_group(kit, policy, ANNA, BEN)
    await restart(kit)
    await set_state(kit, "sensor.one", "20")
    await wait(kit, 2)

    assert titles(notifications) == ["Warning", "Acknowledged", "Cleared"]
    assert titles(ben) == []


async def test_a_target_that_replaces_another_gets_the_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], ben: list[ServiceCall]
) -> None:
    await raise_alarm(kit, policy)

    await edit_group(kit, policy, BEN)
    await set_state(kit, "sensor.one", "20")
    await wait(kit, 2)

    assert titles(ben) == ["Warning", "Cleared"]


async def test_a_group_that_can_be_read_again_introduces_only_new_targets(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall], ben: list[ServiceCall]
) -> None:
    await raise_alarm(kit, policy)

    await edit_group(kit, policy, {"kind": "pigeon", "action": "notify.mobile_app_anna"})
    await edit_group(kit, policy, ANNA)
    assert titles(notifications) == ["Warning"]

    await edit_group(kit, policy, {"kind": "pigeon", "action": "notify.mobile_app_anna"})
    await edit_group(kit, policy, ANNA, BEN)
    assert (titles(notifications), titles(ben)) == (["Warning"], ["Warning"])


async def test_a_group_added_to_a_step_gets_the_alarm(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    ben: list[ServiceCall],
    add_notifier_group: Callable[..., ConfigSubentry],
) -> None:
    rule_id = await raise_alarm(kit, policy)
    (now,) = policy.steps
    others = add_notifier_group("Ben", "notify.mobile_app_ben").subentry_id

    await edit_policy(kit, rule_id, EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(*now.groups, others)),)))

    assert (titles(notifications), titles(ben)) == (["Warning"], ["Warning"])
    await set_state(kit, "sensor.one", "20")
    await wait(kit, 2)
    assert (titles(notifications), titles(ben)) == (["Warning", "Cleared"], ["Warning", "Cleared"])


async def test_a_group_of_a_rules_first_step_gets_the_alarm(
    kit: Kit, policy: EscalationPolicy, notifications: list[ServiceCall]
) -> None:
    rule_id = await raise_alarm(kit, EscalationPolicy())

    await edit_policy(kit, rule_id, policy)

    assert titles(notifications) == ["Warning"]


async def test_an_added_later_step_waits_for_its_delay(
    kit: Kit,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    ben: list[ServiceCall],
    add_notifier_group: Callable[..., ConfigSubentry],
) -> None:
    rule_id = await raise_alarm(kit, policy)
    others = add_notifier_group("Ben", "notify.mobile_app_ben").subentry_id

    await edit_policy(
        kit, rule_id, EscalationPolicy(steps=(*policy.steps, EscalationStep(after_s=120, groups=(others,))))
    )
    await wait(kit, 90, 10)
    assert titles(ben) == []
    await wait(kit, 40, 10)

    assert (titles(notifications), titles(ben)) == (["Warning"], ["Warning"])


async def test_a_group_edited_before_its_delivery_is_notified_once(
    kit: Kit, hass: HomeAssistant, policy: EscalationPolicy, ben: list[ServiceCall], entry: MockConfigEntry
) -> None:
    hass.services.async_remove("notify", "mobile_app_anna")
    await raise_alarm(kit, policy)
    calls = async_mock_service(hass, "notify", "mobile_app_anna")

    await edit_group(kit, policy, ANNA, BEN)
    await wait(kit, 400, 20)

    assert (titles(calls), titles(ben)) == (["Warning"], ["Warning"])


def add_phone(kit: Kit, name: str) -> MockConfigEntry:
    """Register the app of a phone."""
    mock_integration(kit.hass, MockModule("mobile_app"))  # its own requires libraries of cameras
    phone = MockConfigEntry(domain="mobile_app", data={"device_name": name})
    phone.add_to_hass(kit.hass)
    return phone


async def rename_phone(kit: Kit, phone: MockConfigEntry, name: str) -> None:
    """Change the name of the phone in its app; Home Assistant then offers another action."""
    kit.hass.config_entries.async_update_entry(phone, data={"device_name": name})
    await kit.hass.async_block_till_done()


@pytest.mark.parametrize("running", [True, False])
async def test_a_renamed_phone_stays_in_its_group(
    kit: Kit,
    hass: HomeAssistant,
    policy: EscalationPolicy,
    notifications: list[ServiceCall],
    ben: list[ServiceCall],
    running: bool,
) -> None:
    phone = add_phone(kit, "Anna")
    await raise_alarm(kit, policy)

    if not running:
        await stop(kit)
    await rename_phone(kit, phone, "Ben")
    hass.services.async_remove("notify", "mobile_app_anna")
    if not running:
        await start(kit)
        await started(kit)
    await set_state(kit, "sensor.one", "20")
    await wait(kit, 5)

    assert bridge(kit).subentries[policy.steps[0].groups[0]].data["targets"] == [BEN]
    assert (titles(notifications), titles(ben)) == (["Warning"], ["Cleared"])


async def test_a_removed_phone_has_a_repair(kit: Kit, hass: HomeAssistant, policy: EscalationPolicy) -> None:
    phone = add_phone(kit, "Anna")
    await add_rule(kit, "sensor.one", escalation=policy)
    assert not ir.async_get(hass).issues

    hass.services.async_remove("notify", "mobile_app_anna")
    await hass.config_entries.async_remove(phone.entry_id)
    await wait(kit, 70, 35)

    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == filled(name="Anna", gone="notify.mobile_app_anna")
