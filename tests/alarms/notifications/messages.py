"""Messages about an alarm of the attic, for the tests of notifications."""

from collections.abc import Iterable
from typing import Any, Protocol

from custom_components.iotbridge.alarms.engine.escalation import Notification, NotificationKind, Sound
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.message import Message, alarm_texts, compose, tag_of, with_link
from homeassistant.core import HomeAssistant

KEY = AlarmKey("rule", "sensor.attic")
TAG = tag_of(KEY)
NOW = 1_800_000_000.0
PHONE = {"kind": "mobile_app", "action": "notify.mobile_app_anna"}
PERSISTENT = {"kind": "persistent"}


class AddGroup(Protocol):
    """Function that adds a notifier group."""

    def __call__(
        self, *targets: dict[str, Any], fallback: Iterable[dict[str, Any]] = (), break_through: bool = False
    ) -> str:
        """Return the id of the group."""


def alarm(**changes: Any) -> Alarm:
    """Return the active alarm of the attic, with changes."""
    return Alarm(key=KEY, **{"active": True, "episode": 1, "raised_at": NOW - 1200, **changes})


def message(
    hass: HomeAssistant,
    kind: NotificationKind = NotificationKind.RAISED,
    severity: Severity = Severity.WARNING,
    *,
    about: Alarm | None = None,
    at: float = NOW,
    key: AlarmKey = KEY,
    name: str = "Attic temperature",
    sound: Sound = Sound.NORMAL,
    is_last: bool = False,
    rule_entity: str | None = None,
    **more: Any,
) -> Message:
    """Return a message about an alarm, as the outbox composes it."""
    notification = Notification(
        kind=kind, key=key, episode=1, groups=("family",), severity=severity, at=at, sound=sound, is_last=is_last
    )
    texts = alarm_texts(hass)
    composed = compose(texts, notification, about or alarm(), name=name, text="31 °C, above 28 °C", now=NOW, **more)
    return with_link(texts, composed, rule_entity)
