"""Channel of notify entities."""

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_config_flow,
    mock_integration,
    mock_platform,
    setup_test_component_platform,
)

from custom_components.iotbridge.alarms.engine.escalation import NotificationKind
from custom_components.iotbridge.alarms.notifications.notifier import DeliveryError, Notifier
from homeassistant.components.notify.const import NotifyEntityFeature
from homeassistant.config_entries import ConfigEntry, ConfigFlow
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity

from ..messages import AddGroup, message

pytestmark = pytest.mark.usefixtures("home_texts")


class Letterbox(Entity):
    """Notify entity that records its messages."""

    def __init__(self, name: str, *, has_titles: bool = True, available: bool = True) -> None:
        self._attr_name = self._attr_unique_id = name
        self._attr_available = available
        self._attr_supported_features = NotifyEntityFeature.TITLE if has_titles else NotifyEntityFeature(0)
        self.got: list[tuple[str | None, str]] = []


def letterbox(name: str, **options: bool) -> Letterbox:
    from homeassistant.components.notify import NotifyEntity  # noqa: PLC0415

    class Box(Letterbox, NotifyEntity):
        async def async_send_message(self, message: str, title: str | None = None) -> None:
            self.got.append((title, message))

    return Box(name, **options)


async def set_up(hass: HomeAssistant, boxes: list[Letterbox]) -> None:
    """Set up an integration with notify entities."""

    async def forward(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        await hass.config_entries.async_forward_entry_setups(entry, ["notify"])
        return True

    mock_integration(hass, MockModule("test", async_setup_entry=forward))
    setup_test_component_platform(hass, "notify", boxes, from_config_entry=True)
    mock_platform(hass, "test.config_flow", None)
    entry = MockConfigEntry(domain="test")
    entry.add_to_hass(hass)
    with mock_config_flow("test", ConfigFlow):
        assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


async def test_a_notify_entity_gets_title_and_text(
    hass: HomeAssistant, notifier: Notifier, add_group: AddGroup
) -> None:
    boxes = [letterbox("mail"), letterbox("sms", has_titles=False), letterbox("off", available=False)]
    await set_up(hass, boxes)
    hass.states.async_set("notify.gone", "unavailable")
    ids = [box.entity_id for box in boxes]
    family = add_group(*({"kind": "notify", "entity_id": each} for each in [*ids, "notify.nowhere"]))

    with pytest.raises(DeliveryError) as raised:
        await notifier.async_send(family, [message(hass)])

    assert boxes[0].got == [("Warning: Attic temperature", "31 °C, above 28 °C")]
    assert boxes[1].got == [(None, "Warning: Attic temperature\n31 °C, above 28 °C")]
    # Home Assistant reports no error for these.
    assert raised.value.failed == {
        ids[2]: f"{ids[2]} is unavailable",
        "notify.nowhere": "notify.nowhere is unavailable",
    }
    await notifier.async_send(
        add_group({"kind": "notify", "entity_id": ids[0]}), [message(hass, NotificationKind.WITHDRAWN)]
    )
    assert len(boxes[0].got) == 1
