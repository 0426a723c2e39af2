"""Alarms for the tests: a phone that rings, and Home Assistant's records of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
import json
import sqlite3
from typing import Any

from aiohttp import web
from lab.client import Json
from lab.lab import Lab
from lab.waiting import LabError, until

PUSHED = "/push"


class Phone:
    """Phone with Home Assistant's app: registered like the app, notified through its vendor's push service."""

    def __init__(self, lab: Lab, name: str) -> None:
        """``name`` is the name given by its owner; the phone is not registered yet."""
        self._lab = lab
        self.name = name
        self.messages: list[Json] = []
        """Notifications that rang, in order."""
        self.reached: asyncio.Queue[None] = asyncio.Queue()
        """Queue with an item for each request to the push service, answered or not."""
        self._answers = asyncio.Event()
        self._answers.set()
        self.refuses: int | None = None
        """HTTP status with which the push service rejects notifications for it; None while it accepts them."""
        self._webhook = ""

    @property
    def action(self) -> str:
        """Action that notifies it."""
        return f"notify.mobile_app_{self.name.lower().replace(' ', '_')}"

    async def register(self, url: str) -> None:
        """Register the app with Home Assistant, which from then on sends to a push service at ``url``."""
        app = {
            "app_data": {"push_token": self.name, "push_url": url},
            "app_id": "io.home_assistant.test",
            "app_name": "Home Assistant",
            "app_version": "1",
            "device_name": self.name,
            "device_id": self.name,
            "manufacturer": "Test",
            "model": "Test",
            "os_name": "Android",
            "os_version": "17",
            "supports_encryption": False,
        }
        answer = await self._lab.client.rest("POST", "mobile_app/registrations", app)
        self._webhook = answer["webhook_id"]

        async def is_there() -> bool:
            domains = await self._lab.client.rest("GET", "services")
            return any(f"{row['domain']}.{name}" == self.action for row in domains for name in row["services"])

        await until(is_there, timeout_s=60, what=self.action)

    async def push(self, request: web.Request) -> web.Response:
        """Receive a notification, like the push service."""
        message: Json = await request.json()
        self.reached.put_nowait(None)
        await self._answers.wait()
        if self.refuses:
            return web.json_response({"message": "not now"}, status=self.refuses)
        if request.transport is None or request.transport.is_closing():
            raise web.HTTPServiceUnavailable  # who asked is gone: nothing was taken
        del message["push_token"], message["registration_info"]
        self.messages.append(message)
        return web.json_response({"status": "created"}, status=201)

    def answer(self, *, with_push: bool) -> None:
        """Make the push service respond, or accept requests without a response."""
        if with_push:
            self._answers.set()
        else:
            self._answers.clear()

    async def rings(self, count: int, *, timeout_s: float = 60) -> list[Json]:
        """Wait until the phone rang that often; return all its notifications, so that the test can detect more.

        A missing entity counts half a minute after a start of Home Assistant.
        """

        async def rang() -> bool:
            return len(self.messages) >= count

        await until(rang, timeout_s=timeout_s, what=f"message {count} on {self.name} (there are {self.messages})")
        return self.messages

    async def press(self, button: Json) -> None:
        """Press a button of a notification: the app fires an event."""
        event = {"action": button["action"], "device_id": self.name}
        fire = {"event_type": "mobile_app_notification_action", "event_data": event}
        await self._lab.client.rest("POST", f"webhook/{self._webhook}", {"type": "fire_event", "data": fire})


@asynccontextmanager
async def phone(lab: Lab, name: str) -> AsyncGenerator[Phone]:
    """Return a phone that is registered, with a push service of its own."""
    found = Phone(lab, name)
    application = web.Application()
    application.router.add_post(PUSHED, found.push)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        await found.register(f"http://127.0.0.1:{port}{PUSHED}")
        yield found
    finally:
        found.answer(with_push=True)
        await runner.cleanup()


class Gauge:
    """Number on MQTT, retained by the broker across a restart of Home Assistant."""

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self._name = name
        self.entity_id = f"sensor.{name}"

    async def discover(self) -> None:
        """Announce it to Home Assistant."""
        config = {
            "unique_id": f"gauge_{self._name}",
            "default_entity_id": self.entity_id,
            "name": self._name,
            "state_topic": f"gauges/{self._name}",
            "unit_of_measurement": "°C",
            "device_class": "temperature",
        }
        await self._publish(f"homeassistant/sensor/gauge_{self._name}/config", json.dumps(config))

    async def publish(self, value: float) -> None:
        """Publish a value, and wait until Home Assistant has it."""
        await self._publish(f"gauges/{self._name}", str(value))
        await self._lab.client.wait_state(self.entity_id, str(value))

    async def _publish(self, topic: str, payload: str) -> None:
        async with self._lab.broker.client() as mqtt:
            await mqtt.publish(topic, payload, qos=1, retain=True)


async def wait_persisted(lab: Lab, rule_id: str, **expected: Any) -> None:
    """Wait until a rule is on the disk, with an alarm with these values, and no notification is pending.

    A killed process loses the changes in its memory.
    """
    entries = lab.home_assistant.folder / ".storage" / "core.config_entries"

    async def persisted() -> bool:
        return rule_id in entries.read_text(encoding="utf-8") and any(
            expected.items() <= alarm.items() for alarm in _alarms(lab, rule_id)
        )

    await until(persisted, timeout_s=60, what=f"{expected} of {rule_id} on the disk")


async def wait_notified(lab: Lab) -> None:
    """Wait until the disk has no pending notification; failed ones may be recorded."""
    rows: list[Json] = []

    async def notified() -> bool:
        with closing(_store(lab)) as store:
            rows[:] = [json.loads(text) for (text,) in store.execute("SELECT data FROM outbox")]
        rows[:] = [row for row in rows if not row["is_done"]]
        return not rows

    try:
        await until(notified, timeout_s=60, what="an empty outbox on the disk")
    except LabError as error:
        raise LabError(f"{error}: {rows}") from None


def _alarms(lab: Lab, rule_id: str) -> list[Json]:
    with closing(_store(lab)) as store:
        rows = [json.loads(text) for (text,) in store.execute("SELECT data FROM instance")]
    return [row["alarm"] for row in rows if row["alarm"]["key"][0] == rule_id]


def _store(lab: Lab) -> sqlite3.Connection:
    path = lab.home_assistant.folder / ".storage" / "iotbridge_alarms.db"
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
