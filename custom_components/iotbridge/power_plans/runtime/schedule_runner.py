"""Runner of schedules: checks the conditions, sends the command to the hosts, and waits until they have obeyed."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import voluptuous as vol

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ...const import DOMAIN, LOGGER
from ..engine.schedule import COMMANDS, ENDING, PLAN_OFF, REBOOT, SHUTDOWN, SUSPEND, WAKE, Schedule
from ..engine.schedule_run import RunOutcome, RunReason, RunResult
from .command_proof import DRY_RUN, PROVEN, async_wait_for_proof
from .hosts import HostDevice, async_power
from .plan_entities import async_plan_sensor
from .schedule_conditions import async_unmet_condition
from .schedule_targets import async_target_hosts, async_user_count
from .schedule_texts import async_schedule_texts

# Power states in which a host needs no command, or could not receive it.
_AWAY: Final = frozenset({"off", "suspended", "shutting_down"})
_UNNEEDED: Final[Mapping[str, Container[str]]] = {
    SHUTDOWN: _AWAY,
    SUSPEND: _AWAY,
    REBOOT: _AWAY | {"rebooting"},
    WAKE: {"on", "rebooting"},
}
# Power states that prove a command, one after the other, and how long each may take. A host with a proof of its
# shutdown is off when its guests have stopped; systemd forces that after half an hour.
_PROOFS: Final[Mapping[str, Sequence[tuple[frozenset[str], float]]]] = {
    SHUTDOWN: ((frozenset({"shutting_down", "off"}), 300), (frozenset({"off"}), 1860)),
    SUSPEND: ((frozenset({"suspended", "off"}), 120),),
    REBOOT: ((frozenset({"rebooting"}), 60), (frozenset({"on"}), 900)),
    WAKE: (),
}
_WAKE_TIMEOUT_S: Final = 600
_MAX_MESSAGE: Final = 200


@dataclass(frozen=True, slots=True)
class ScheduleRun:
    """Run of a schedule, with the rights of the user who made it."""

    hass: HomeAssistant
    schedule: Schedule
    context: Context
    sent: Callable[[], Awaitable[None]]

    async def async_run(self) -> RunResult:
        """Run the schedule to its end; raise HomeAssistantError or vol.Invalid where an action cannot be called."""
        if (unmet := await async_unmet_condition(self.hass, self.schedule.conditions)) is not None:
            return RunResult(outcome=RunOutcome.SKIPPED, reason=RunReason.CONDITION, names=(unmet,))
        return await (self._async_command() if self.schedule.task in COMMANDS else self._async_plan())

    async def _async_plan(self) -> RunResult:
        """Run the plan to its end; after a restart of Home Assistant it goes on by itself."""
        await self.sent()
        plan = async_plan_sensor(self.hass, self.schedule.plan) or self.schedule.plan
        direction = "off" if self.schedule.task == PLAN_OFF else "on"
        data = {"plan": plan, "direction": direction, "wait": True}
        response = await self._async_call("run_plan", data)
        report = response["report"]
        if report["outcome"] == "completed":
            return RunResult(outcome=RunOutcome.RAN)
        return RunResult(outcome=RunOutcome.FAILED, reason=RunReason.HOSTS, names=tuple(report["failed"]))

    async def _async_command(self) -> RunResult:
        hosts = async_target_hosts(self.hass, self.schedule.target)
        if not hosts:
            return RunResult(outcome=RunOutcome.FAILED, reason=RunReason.NO_HOSTS)
        unneeded = _UNNEEDED[self.schedule.task]
        hosts = [host for host in hosts if async_power(self.hass, host) not in unneeded]
        if not hosts:
            return RunResult(outcome=RunOutcome.SKIPPED, reason=RunReason.UNNEEDED)
        free = await self._async_without_users(hosts)
        occupied = tuple(host.name for host in hosts if host not in free)
        if not free:
            return RunResult(outcome=RunOutcome.SKIPPED, reason=RunReason.USERS, names=occupied)
        failures = await self._async_send(free)
        done = tuple(host.name for host in free if host not in failures)
        if failures:
            details = "; ".join(f"{host.name}: {message}" for host, message in failures.items())
            names = tuple(host.name for host in failures)
            return RunResult(
                outcome=RunOutcome.FAILED, reason=RunReason.HOSTS, names=names, details=details, hosts=done
            )
        reason = RunReason.USERS if occupied else None
        return RunResult(outcome=RunOutcome.RAN, reason=reason, names=occupied, hosts=done)

    async def _async_without_users(self, hosts: list[HostDevice]) -> list[HostDevice]:
        """Return the hosts that may be stopped: where it matters, those on which no one is logged in right now."""
        if not self.schedule.is_without_users or self.schedule.task not in ENDING:
            return hosts
        asked = await self._async_send_command("status", hosts)
        return [host for host in hosts if asked[host].get("success") and async_user_count(self.hass, host) == 0]

    async def _async_send(self, hosts: list[HostDevice]) -> dict[HostDevice, str]:
        """Send the command; return the messages of the hosts that failed, and end their maintenance."""
        windows = {host: await self._async_start_maintenance(host) for host in hosts}
        results = await self._async_send_command(self.schedule.task, hosts)
        failures = {host: _message(result) for host, result in results.items() if not result.get("success")}
        if not failures:
            await self.sent()
        accepted = [host for host in hosts if host not in failures]
        messages = await asyncio.gather(*map(self._async_failure, accepted))
        failures |= {host: message for host, message in zip(accepted, messages, strict=True) if message}
        for host in failures:
            await self._async_end_maintenance(windows[host])
        return failures

    async def _async_send_command(self, command: str, hosts: list[HostDevice]) -> dict[HostDevice, dict[str, Any]]:
        """Send a command to hosts; return the result of each."""
        data: dict[str, Any] = {ATTR_DEVICE_ID: [host.device_id for host in hosts], "raise_on_failure": False}
        if command == WAKE:
            response = await self._async_call("wake", data | {"timeout": _WAKE_TIMEOUT_S})
        else:
            response = await self._async_call("send_command", data | {"command": command})
        results = {result["device_id"]: result for result in response["results"]}
        return {host: results.get(host.device_id, {}) for host in hosts}

    async def _async_failure(self, host: HostDevice) -> str:
        """Wait until a host proves the command that it accepted; return why it did not, or an empty text."""
        for states, timeout_s in _PROOFS[self.schedule.task]:
            answer = await async_wait_for_proof(self.hass, host, states, timeout_s)
            if answer.outcome == DRY_RUN:
                break
            if answer.outcome != PROVEN:
                return answer.message[:_MAX_MESSAGE] or async_schedule_texts(self.hass).sentence("unproven")
        return ""

    async def _async_start_maintenance(self, host: HostDevice) -> list[str]:
        """Suppress the alarms of a host; return the windows, none where it has no alarms."""
        if not self.schedule.maintenance or self.schedule.task not in ENDING:
            return []
        data = {
            ATTR_DEVICE_ID: [host.device_id],
            "duration": {"seconds": self.schedule.maintenance / timedelta(seconds=1)},
            "name": self.schedule.name,
        }
        try:
            windows: list[str] = (await self._async_call("maintenance_start", data))["window_id"]
        except HomeAssistantError as error:
            LOGGER.debug("No maintenance of %s: %s", host.name, error)
            return []
        return windows

    async def _async_end_maintenance(self, windows: list[str]) -> None:
        """End the maintenance of a host that failed, so that its alarms are raised."""
        if not windows:
            return
        try:
            await self.hass.services.async_call(
                DOMAIN, "maintenance_end", {"window_id": windows}, blocking=True, context=self.context
            )
        except HomeAssistantError as error:
            LOGGER.debug("Maintenance had ended already: %s", error)

    async def _async_call(self, action: str, data: Mapping[str, Any]) -> dict[str, Any]:
        response = await self.hass.services.async_call(
            DOMAIN, action, dict(data), blocking=True, context=self.context, return_response=True
        )
        return dict(response or {})


async def async_has_owner(hass: HomeAssistant, schedule: Schedule) -> bool:
    """Return whether the user who saved a schedule is still an administrator: without one, it has no rights."""
    user = await hass.auth.async_get_user(schedule.user_id) if schedule.user_id else None
    return user is not None and user.is_active and user.is_admin


async def async_run(hass: HomeAssistant, schedule: Schedule, sent: Callable[[], Awaitable[None]]) -> RunResult:
    """Run a schedule to its end and return the result, also that of a failure.

    ``sent`` is called when all hosts accepted the command.
    """
    if not await async_has_owner(hass, schedule):
        return RunResult(outcome=RunOutcome.FAILED, reason=RunReason.OWNER_GONE)
    try:
        return await ScheduleRun(hass, schedule, Context(user_id=schedule.user_id), sent).async_run()
    except (HomeAssistantError, vol.Invalid) as error:
        return RunResult(outcome=RunOutcome.FAILED, reason=RunReason.ERROR, details=str(error) or type(error).__name__)


def _message(result: Mapping[str, Any]) -> str:
    """Return the message of a failed result, which a stranger may have written."""
    return str(result.get("message") or result.get("reason") or result.get("status") or "")[:_MAX_MESSAGE]
