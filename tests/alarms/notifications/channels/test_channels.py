"""Requirements of every notification channel, and all channels together."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.models import AlarmKey
from custom_components.iotbridge.alarms.engine.references import moved_data, referenced_entities
from custom_components.iotbridge.alarms.notifications.channels import (
    CHANNELS,
    REFERENCE_KEYS,
    device_actions_of,
    entities_of,
)
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from custom_components.iotbridge.const import __file__ as root
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from ..messages import PERSISTENT, PHONE, AddGroup, message

TEXTS = json.loads((Path(root).parent / "translations" / "en.json").read_text("utf-8"))
FORM = TEXTS["config_subentries"]["notifier"]["step"]["targets"]
# One of each kind.
TARGETS: dict[str, dict[str, Any]] = {
    "mobile_app": PHONE,
    "notify": {"kind": "notify", "entity_id": "notify.tv"},
    "persistent": PERSISTENT,
    "action": {"kind": "action", "action": "script.mail", "data": {"kind": ["any"], "text": "{{ states.sensor.a }}"}},
}

pytestmark = pytest.mark.usefixtures("home_texts")


def test_every_kind_has_an_example() -> None:
    assert TARGETS.keys() == CHANNELS.keys()


@pytest.mark.parametrize("kind", CHANNELS)
def test_the_form_returns_the_targets_that_it_suggests(hass: HomeAssistant, kind: str) -> None:
    async_mock_service(hass, "script", "mail")
    channel, targets = CHANNELS[kind], [TARGETS[kind]]

    form = channel.to_form(targets)
    fields = channel.async_form_fields(hass, targets)

    assert form.keys() == {str(field) for field in fields}
    assert channel.async_from_form(hass, form) == targets
    for texts in (FORM, FORM["sections"]["fallback"]):
        assert texts["data"].keys() & texts["data_description"].keys() >= form.keys()


@pytest.mark.parametrize("kind", CHANNELS)
def test_an_empty_field_is_no_target(hass: HomeAssistant, kind: str) -> None:
    channel = CHANNELS[kind]
    form = channel.to_form([])

    assert channel.async_from_form(hass, form) == []
    assert form.keys() <= {str(field) for field in channel.async_form_fields(hass, [])}


@pytest.mark.parametrize("kind", CHANNELS)
def test_the_reference_of_a_target_is_followed(kind: str) -> None:
    channel, target = CHANNELS[kind], TARGETS[kind]
    name = channel.name_of(target)

    (moved,) = moved_data({"targets": [target]}, {name: "notify.moved"}, REFERENCE_KEYS)["targets"]

    assert channel.name_of(moved) == ("notify.moved" if channel.reference_key else name)
    assert entities_of([moved]) == (["notify.moved"] if channel.entity_key else [])
    assert device_actions_of([moved]) == (["notify.moved"] if channel.device_action_key else [])


def test_the_data_of_an_action_has_references() -> None:
    assert referenced_entities({"targets": [TARGETS["action"]]}, REFERENCE_KEYS) == {"sensor.a"}


async def test_an_end_without_sound_is_sent_only_to_targets_without_withdrawal(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    assert await async_setup_component(hass, "persistent_notification", {})
    phone = async_mock_service(hass, "notify", "mobile_app_anna")
    mail = async_mock_service(hass, "script", "mail")
    family = add_group(PHONE, PERSISTENT, {"kind": "action", "action": "script.mail"})
    over = message(hass, NotificationKind.CLEARED, sound=Sound.NONE)
    other = message(hass, NotificationKind.CLEARED, key=AlarmKey("rule", "sensor.nas"), name="NAS")

    await notifier.async_send(family, [over])
    await notifier.async_send(family, [over, other])

    assert [call.data["message"] for call in phone] == ["clear_notification", "Back to normal.", "clear_notification"]
    assert [call.data["title"] for call in mail] == ["Cleared: Attic temperature", "2 alarms"]
