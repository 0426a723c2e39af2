"""Schedules as their dialog writes them, and hosts that obey."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import Context, HomeAssistant, ServiceCall, State
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from tests.kit import FakeHost, Kit

# The notice is due at 21:29:30.
SOON = {"time": "21:39", "notice_min": 9}
DAILY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def the_entry(hass: HomeAssistant) -> ConfigEntry:
    """Return the config entry of IoT Bridge."""
    (entry,) = hass.config_entries.async_entries("iotbridge")
    return entry


async def administrator(hass: HomeAssistant) -> str:
    """Return the id of an administrator."""
    users = [user for user in await hass.auth.async_get_users() if user.is_admin]
    return (users[0] if users else await hass.auth.async_create_user("Anna", group_ids=["system-admin"])).id


def device_of(kit: Kit, host: FakeHost) -> str:
    """Return the device of a host."""
    device = kit.device(host.uid)
    assert device is not None
    return device.id


@dataclass
class FakeSchedule:
    """Schedule in the config entry, and the states of its entities."""

    kit: Kit
    schedule_id: str

    @classmethod
    async def add(cls, kit: Kit, *hosts: FakeHost, **data: Any) -> FakeSchedule:
        """Add a schedule that shuts hosts down every day at 21:30."""
        values = {
            "version": 1,
            "user_id": await administrator(kit.hass),
            "task": "shutdown",
            "days": DAILY,
            "time": "21:30",
            "target": {"device_id": [device_of(kit, host) for host in hosts]},
            **data,
        }
        values = {key: value for key, value in values.items() if value is not None}
        subentry = ConfigSubentry(data=values, subentry_type="schedule", title="Night", unique_id=None)  # type: ignore[arg-type]
        kit.hass.config_entries.async_add_subentry(the_entry(kit.hass), subentry)
        await kit.hass.async_block_till_done()
        return cls(kit, subentry.subentry_id)

    async def change(self, *, title: str = "Night", **data: Any) -> None:
        """Change the schedule as its dialog does."""
        entry = the_entry(self.kit.hass)
        subentry = entry.subentries[self.schedule_id]
        self.kit.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, **data}, title=title)
        await self.kit.hass.async_block_till_done()

    @property
    def next_run(self) -> str:
        """Return the time of the next run by the clock of the home."""
        state = self.kit.state(f"{self.schedule_id}_schedule_next_run").state
        return state if state == "unknown" else local(datetime.fromisoformat(state))

    @property
    def event(self) -> State:
        """Return the event entity."""
        return self.kit.state(f"{self.schedule_id}_schedule_run")

    @property
    def outcome(self) -> tuple[str | None, str | None]:
        """Return outcome and reason of the last run."""
        attributes = self.event.attributes
        return attributes["event_type"], attributes.get("reason")

    @property
    def message(self) -> str:
        """Return the sentence about the last run."""
        text: str = self.event.attributes["message"]
        return text

    @property
    def switch(self) -> str:
        """Return the switch."""
        return self.kit.entity_id(f"{self.schedule_id}_schedule_enabled")

    async def turn(self, state: str, **more: Any) -> None:
        """Turn the switch on or off."""
        await self.kit.hass.services.async_call(
            "switch", f"turn_{state}", {"entity_id": self.switch}, blocking=True, **more
        )
        await self.kit.hass.async_block_till_done()


def local(at: datetime) -> str:
    """Return a time by the clock of the home."""
    return dt_util.as_local(at).strftime("%Y-%m-%d %H:%M")


async def at_work(kit: Kit) -> None:
    """Continue the run of a schedule until it waits for a response, a state or a time."""
    for _ in range(5):
        for _ in range(20):
            await asyncio.sleep(0)
        await kit.hass.async_block_till_done()


async def wait(kit: Kit, seconds: float) -> None:
    """Advance the time, and continue the runs."""
    await kit.wait(seconds)
    await at_work(kit)


async def obey(host: FakeHost, command: dict[str, Any] | None = None) -> None:
    """Accept a shutdown, as an agent does, and be off."""
    await host.respond(command or host.commands()[-1], "accepted")
    await host.announce(power="shutting_down")
    await host.availability("offline")
    await at_work(host.kit)
    await wait(host.kit, 95)
    assert host.power == "off"


def devices(hass: HomeAssistant, entry: ConfigEntry) -> dict[str, str | None]:
    """Return the names of the devices of schedules by identifier."""
    return {
        identifier: device.name
        for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        for domain, identifier in device.identifiers
        if domain == "iotbridge" and identifier.endswith("_schedule")
    }


def add_phone(kit: Kit, name: str = "Anna") -> tuple[str, list[ServiceCall]]:
    """Add a phone with the app; return its device, and the notifications that it gets."""
    entry = MockConfigEntry(domain="mobile_app", title=name, data={"device_name": name})
    entry.add_to_hass(kit.hass)
    device = dr.async_get(kit.hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={("mobile_app", name)}
    )
    calls: list[ServiceCall] = async_mock_service(kit.hass, "notify", f"mobile_app_{name.lower()}")
    return device.id, calls


async def press(kit: Kit, call: ServiceCall, number: int, user: MockUser | None = None, **more: Any) -> None:
    """Press a button of a notification."""
    button = call.data["data"]["actions"][number]["action"]
    context = Context(user_id=user.id) if user else Context()
    kit.hass.bus.async_fire("mobile_app_notification_action", {"action": button, **more}, context=context)
    await kit.hass.async_block_till_done()
    await at_work(kit)


async def keep_alive(host: FakeHost, minutes: int) -> None:
    """Advance the time while the host reports."""
    for _ in range(minutes):
        await wait(host.kit, 60)
        await host.status()
