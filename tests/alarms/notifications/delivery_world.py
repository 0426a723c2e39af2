"""Groups, a store and a clock around the outbox, with targets that fail."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.iotbridge.alarms.engine.escalation import Notification, NotificationKind
from custom_components.iotbridge.alarms.engine.models import Alarm, AlarmKey, Severity
from custom_components.iotbridge.alarms.notifications.delivery_policy import DeliveryPolicy
from custom_components.iotbridge.alarms.notifications.message import Message, alarm_texts, compose
from custom_components.iotbridge.alarms.notifications.notifier import Notifier
from custom_components.iotbridge.alarms.notifications.outbox import Outbox
from custom_components.iotbridge.alarms.runtime.store import Batch
from custom_components.iotbridge.issues import Issues
from custom_components.iotbridge.migration import NOTIFIER, marked
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

ATTIC, CELLAR = AlarmKey("rule", "sensor.attic"), AlarmKey("rule", "sensor.cellar")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIGHT = {"quiet_start": "22:00:00", "quiet_end": "07:00:00"}


@dataclass
class World:
    """A home with notifiers that can fail, and a store that survives restarts."""

    hass: HomeAssistant
    entry: MockConfigEntry
    freezer: FrozenDateTimeFactory
    options: dict[str, Any] = field(default_factory=dict)
    disk: dict[int, dict[str, Any]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    failures: int = 0
    hanging: asyncio.Event | None = None
    writing: asyncio.Future[None] | None = None
    removed: set[AlarmKey] = field(default_factory=set)
    delivered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.issues = Issues(self.hass)
        self.start()

    def start(self) -> None:
        """Create the outbox, as at a start of Home Assistant."""
        self.outbox = Outbox(
            self.hass,
            Notifier(self.hass, self.entry, timeout_s=0.05),
            DeliveryPolicy.from_options(self.options),
            self.write,
            self.render,
            self.issues,
        )
        self.outbox.async_load(self.disk)

    async def restart(self, **options: Any) -> None:
        await self.outbox.async_stop()
        self.issues.async_clear()
        self.options |= options
        self.start()
        await self.settle()

    def write(self, batch: Batch) -> asyncio.Future[None] | None:
        for number, data in batch.outbox.items():
            if data is None:
                self.disk.pop(number, None)
            else:
                self.disk[number] = json.loads(json.dumps(data))
        return self.writing

    def render(self, notification: Notification) -> Message | None:
        if notification.key in self.removed:
            return None
        alarm = Alarm(key=notification.key, episode=notification.episode, raised_at=notification.at)
        name = notification.key.subject.removeprefix("sensor.")
        return compose(alarm_texts(self.hass), notification, alarm, name=name, text="bad", now=notification.at)

    def group(self, *targets: str, fallback: Sequence[str] = (), break_through: bool = False) -> str:
        """Add a notifier group whose targets record their notifications."""

        def actions(names: Iterable[str]) -> list[dict[str, Any]]:
            data = {"told": "{{ kind }} {{ alarm }}", "message": "{{ message }}"}
            return [{"kind": "action", "action": f"tell.{name}", "data": data} for name in names]

        for name in (*targets, *fallback):
            self.hass.services.async_register("tell", name, self.receive)
        values = {"targets": actions(targets), "fallback": actions(fallback), "break_through": break_through}
        data: Any = marked(NOTIFIER, values)
        subentry = ConfigSubentry(data=data, subentry_type="notifier", title=f"G {targets}", unique_id=None)
        self.hass.config_entries.async_add_subentry(self.entry, subentry)
        return subentry.subentry_id

    async def receive(self, call: ServiceCall) -> None:
        if call.service in self.broken:
            self.failures += 1
            raise HomeAssistantError(f"{call.service} is broken")
        if self.hanging and call.service == "slow":
            await self.hanging.wait()
        self.delivered.set()
        self.sent.append(f"{call.service}: {call.data['told']}")
        if " at " in call.data["message"]:
            self.sent += [f"  {line}" for line in call.data["message"].splitlines() if "bad" not in line]

    def add(
        self,
        group: str | Sequence[str],
        kind: NotificationKind = NotificationKind.RAISED,
        key: AlarmKey = ATTIC,
        severity: Severity = Severity.WARNING,
        *,
        episode: int = 1,
        is_last: bool | None = None,
    ) -> Batch:
        groups = (group,) if isinstance(group, str) else tuple(group)
        at = dt_util.utcnow().timestamp()
        is_last = kind is NotificationKind.CLEARED if is_last is None else is_last
        notification = Notification(
            kind=kind, key=key, episode=episode, groups=groups, severity=severity, at=at, is_last=is_last
        )
        batch = Batch()
        self.outbox.async_add([notification], batch)
        return batch

    async def notify(
        self, group: str | Sequence[str], kind: NotificationKind = NotificationKind.RAISED, *args: Any, **more: Any
    ) -> None:
        """Add, commit and deliver a notification, as the manager does."""
        batch = self.add(group, kind, *args, **more)
        self.write(batch)
        self.outbox.async_deliver(batch)
        await self.settle()

    async def settle(self) -> None:
        await self.hass.async_block_till_done()

    async def wait(self, seconds: float) -> None:
        self.freezer.tick(timedelta(seconds=seconds))
        async_fire_time_changed(self.hass, dt_util.utcnow())
        await self.settle()

    def take_sent(self) -> list[str]:
        """Return the notifications that were sent since the last time."""
        sent, self.sent = self.sent, []
        return sent

    def repairs(self) -> list[dict[str, str]]:
        # For the title, which the frontend shows as plain text, names are there once more without escapes.
        return [
            {key: text for key, text in (issue.translation_placeholders or {}).items() if not key.endswith("_plain")}
            for (domain, _), issue in ir.async_get(self.hass).issues.items()
            if domain == "iotbridge" and issue.translation_key == "notifier_failing"
        ]
