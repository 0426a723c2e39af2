"""Channel of persistent notifications."""

from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.engine.kinds import AlarmKind, Condition
from custom_components.iotbridge.alarms.engine.rule import EscalationPolicy, EscalationStep
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.components.persistent_notification import async_register_callback
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.setup import async_setup_component
from tests.alarms.home import wait
from tests.kit import Kit
from tests.rules import add_rule, set_state

from ..messages import PERSISTENT, TAG, AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")


async def test_persistent_notifications_are_created_and_dismissed(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    seen: list[tuple[str, str, str]] = []

    @callback
    def changed(kind: str, notifications: dict[str, Any]) -> None:
        seen.extend((kind, each, notifications[each]["message"]) for each in notifications)

    async_register_callback(hass, changed)
    family = add_group(PERSISTENT)

    await notifier.async_send(family, [message(hass, rule_entity="binary_sensor.hot")])
    for kind in (NotificationKind.CLEARED, NotificationKind.WITHDRAWN):
        await notifier.async_send(family, [message(hass, kind)])

    link = f"/home/overview?more-info-entity-id=binary_sensor.hot&alarm={TAG}"
    assert seen == [
        ("added", TAG, f"31 °C, above 28 °C\n\n[Show details]({link})"),
        ("updated", TAG, "Back to normal."),
        ("removed", TAG, "Back to normal."),
    ]


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, r"ok \!\[x\]\(http\://evil)"),
        ({"message": "**{{ name }}**: see [the wiki](https://wiki)"}, "**Boiler**: see [the wiki](https://wiki)"),
    ],
)
async def test_only_what_the_user_wrote_is_markdown(
    kit: Kit, entry: MockConfigEntry, more: dict[str, str], shown: str
) -> None:
    """A broker's strangers send any text as a value."""
    assert await async_setup_component(kit.hass, "persistent_notification", {})
    seen: list[str] = []

    @callback
    def changed(_kind: str, notifications: dict[str, Any]) -> None:
        seen.extend(each["message"] for each in notifications.values())

    async_register_callback(kit.hass, changed)
    data: Any = marked(NOTIFIER, {"targets": [PERSISTENT], "fallback": []})
    group = ConfigSubentry(data=data, subentry_type="notifier", title="Here", unique_id=None)
    kit.hass.config_entries.async_add_subentry(entry, group)
    policy = EscalationPolicy(steps=(EscalationStep(after_s=0, groups=(group.subentry_id,)),))
    stranger = "ok ![x](http://evil)"
    condition = Condition(kind=AlarmKind.STATE, states=(stranger,))
    instructions = "Call [Anna](tel:1)."
    await add_rule(kit, "sensor.one", condition=condition, escalation=policy, instructions=instructions, **more)
    await set_state(kit, "sensor.one", stranger, friendly_name="Boiler")
    await wait(kit, 10, 5)

    (text,) = seen
    reason, advice = text.split("\n")[:2]
    assert shown in reason
    assert stranger not in text
    assert advice.endswith(f": {instructions}")
