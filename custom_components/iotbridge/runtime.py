"""The composition root: builds the managers and starts and stops them in order."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
import time
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_DEVICE_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import async_get_platforms
from homeassistant.helpers.entity_registry import RegistryEntry

from . import issues as ir
from .activity import DescribedEntities
from .alarms import activity as alarms_activity
from .alarms.manager import AlarmsManager
from .alarms.voice import async_rule_names
from .const import (
    CONF_LOST_AFTER,
    CONF_PREFIXES,
    CONF_RESPONSE_TIMEOUT,
    DEFAULT_LOST_AFTER_S,
    DEFAULT_PREFIXES,
    DEFAULT_RESPONSE_TIMEOUT_S,
    DOMAIN,
    LOGGER,
    PLATFORMS,
    SUBENTRY_SCHEDULE,
)
from .dashboard.module import async_add_module
from .errors import InvalidCallError
from .hosts import activity as hosts_activity
from .hosts.configured.manager import ConfiguredHosts
from .hosts.device_links import DeviceLinks
from .hosts.discovery.host_discovery import HostDiscovery
from .hosts.discovery.monitor import DiscoveryMonitor
from .hosts.inventory import Host
from .hosts.manager import HostsManager
from .hosts.voice.voice import HostVoice
from .hosts.wake.waker import Waker
from .power_plans.manager import PowerPlansManager
from .power_plans.schedules import SIGNAL_SCHEDULES, SchedulesManager
from .protocol.messages import WAKE
from .sentences.files import SentenceFiles
from .sentences.options_form import CONF_LANGUAGE_MODELS, CONF_LANGUAGES, CONF_POWER_HOSTS
from .things.manager import ThingsManager

type IotBridgeConfigEntry = ConfigEntry[Runtime]
# Stops a part, or a component of it.
type Stop = Callable[[], Coroutine[Any, Any, None] | None]


@dataclass(slots=True)
class Runtime:
    """Objects with the lifetime of the config entry."""

    hosts: HostsManager
    device_links: DeviceLinks
    waker: Waker
    configured_hosts: ConfiguredHosts
    monitor: DiscoveryMonitor
    host_discovery: HostDiscovery
    things: ThingsManager
    alarms: AlarmsManager
    power_plans: PowerPlansManager
    schedules: SchedulesManager
    voice: HostVoice
    sentences: SentenceFiles
    is_open_for_models: bool
    platforms: list[Platform]


def build(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> Runtime:
    """Build the managers from the entry's options."""
    options = entry.options
    prefixes = list(options.get(CONF_PREFIXES, DEFAULT_PREFIXES))
    hosts = HostsManager(
        hass,
        prefixes,
        response_timeout_s=options.get(CONF_RESPONSE_TIMEOUT, DEFAULT_RESPONSE_TIMEOUT_S),
        lost_after_s=options.get(CONF_LOST_AFTER, DEFAULT_LOST_AFTER_S),
    )
    things = ThingsManager(hass, entry, prefixes)
    device_links = DeviceLinks(hass, entry, hosts)
    power_plans = PowerPlansManager(hass, entry, lambda device_id: _address(entry, device_links.host(device_id)))
    schedules = SchedulesManager(hass, entry)
    waker = Waker(hass, entry, hosts, device_links, lambda device_id: _is_woken(device_id, power_plans, schedules))
    configured_hosts = ConfiguredHosts(hass, entry, hosts, device_links, waker)
    monitor = DiscoveryMonitor(hass, entry, hosts, device_links)
    discovery = HostDiscovery(hass, hosts, monitor)
    alarms = AlarmsManager(hass, entry)
    voice = HostVoice(hass, entry, hosts, device_links, waker, options.get(CONF_POWER_HOSTS, ()))
    sentences = SentenceFiles(
        hass, entry, options.get(CONF_LANGUAGES, ()), lambda: {**voice.async_names(), **async_rule_names(alarms)}
    )
    is_open_for_models = options.get(CONF_LANGUAGE_MODELS, False)
    return Runtime(
        hosts,
        device_links,
        waker,
        configured_hosts,
        monitor,
        discovery,
        things,
        alarms,
        power_plans,
        schedules,
        voice,
        sentences,
        is_open_for_models=is_open_for_models,
        platforms=[*PLATFORMS, *([Platform.CALENDAR] if _has_schedule(entry) else [])],
    )


def _address(entry: IotBridgeConfigEntry, host: Host | None) -> str | None:
    """Return the address that a host announced; of one without an agent, the configured one."""
    if host and host.announce:
        return host.announce.ip
    subentry = entry.subentries.get(host.subentry_id or "") if host else None
    return subentry.data.get("address") if subentry else None


def _is_woken(device_id: str, power_plans: PowerPlansManager, schedules: SchedulesManager) -> bool:
    """Return whether a plan, or a schedule that names it, wakes the host of a device."""
    steps = (step for plan in power_plans.plans.values() for step in plan.steps)
    by_plan = any(step.device_id == device_id and step.is_started and not step.on_actions for step in steps)
    wakes = (schedule.target for schedule in schedules.schedules.values() if schedule.task == WAKE)
    return by_plan or any(device_id in target.get(ATTR_DEVICE_ID, ()) for target in wakes)


def _has_schedule(entry: IotBridgeConfigEntry) -> bool:
    """Return whether there is a schedule; without one there is no calendar, which adds a page to the sidebar."""
    return any(subentry.subentry_type == SUBENTRY_SCHEDULE for subentry in entry.subentries.values())


@callback
def loaded_runtime(hass: HomeAssistant) -> Runtime | None:
    """Return the objects of the loaded entry; None while there is none."""
    entry: IotBridgeConfigEntry
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        return entry.runtime_data
    return None


@callback
def running_alarms(hass: HomeAssistant) -> AlarmsManager:
    """Return the alarms manager; raise InvalidCallError where it is not running."""
    alarms = _runtime(hass).alarms
    if alarms.is_failed:
        raise InvalidCallError("alarms_not_started")
    return alarms


@callback
def running_power_plans(hass: HomeAssistant) -> PowerPlansManager:
    """Return the manager of the power plans; raise InvalidCallError where it is not running."""
    power_plans = _runtime(hass).power_plans
    if power_plans.is_failed:
        raise InvalidCallError("power_plans_not_started")
    return power_plans


@callback
def running_hosts(hass: HomeAssistant) -> tuple[HostsManager, DeviceLinks, Waker]:
    """Return the managers of hosts; raise InvalidCallError where they are not running."""
    runtime = _runtime(hass)
    if runtime.hosts.is_failed:
        raise InvalidCallError("hosts_not_started")
    return runtime.hosts, runtime.device_links, runtime.waker


@callback
def hosts_last_seen(hass: HomeAssistant) -> dict[str, int]:
    """Return when each host with a device was last heard from, by its device, in seconds since 1970."""
    if (runtime := loaded_runtime(hass)) is None:
        return {}
    offset = time.time() - time.monotonic()
    return {
        device_id: round(host.last_seen_at + offset)
        for host in runtime.hosts.inventory
        if host.last_seen_at and (device_id := runtime.device_links.device_id(host))
    }


@callback
def running_voice(hass: HomeAssistant) -> HostVoice:
    """Return the hosts by voice; raise InvalidCallError where hosts are not running."""
    running_hosts(hass)
    return _runtime(hass).voice


@callback
def voice_open_for_models(hass: HomeAssistant) -> HostVoice:
    """Return the hosts by voice; raise InvalidCallError where they are not running or closed for language models."""
    _check_open_for_models(hass)
    return running_voice(hass)


@callback
def alarms_open_for_models(hass: HomeAssistant) -> AlarmsManager:
    """Return the alarms manager; raise InvalidCallError where it is not running or closed for language models."""
    _check_open_for_models(hass)
    return running_alarms(hass)


def _check_open_for_models(hass: HomeAssistant) -> None:
    if not _runtime(hass).is_open_for_models:
        raise InvalidCallError("closed_for_models")


def _runtime(hass: HomeAssistant) -> Runtime:
    if (runtime := loaded_runtime(hass)) is None:
        raise InvalidCallError("not_set_up")
    return runtime


async def async_start_dashboard(hass: HomeAssistant, entry: IotBridgeConfigEntry) -> None:
    """Add the dashboard's module before there is an entity: a page that is opened without it never gets it."""
    if remove := await async_add_module(hass):
        entry.async_on_unload(remove)


async def async_start(hass: HomeAssistant, entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    """Start the parts independently of each other; the platforms must be set up."""
    issues = ir.Issues(hass)
    entry.async_on_unload(issues.async_clear)
    described = DescribedEntities(hass, entry, _is_described)
    described.async_start()
    entry.async_on_unload(described.async_stop)
    add_calendar = partial(_async_add_calendar, hass, entry, runtime)
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_SCHEDULES, add_calendar))
    for part, start in PARTS.items():
        stops: list[Stop] = []
        try:
            await start(runtime, stops)
        except Exception:  # noqa: BLE001 - logged, with a repair
            # An error in one part must not stop the others.
            LOGGER.exception("Could not start a part of IoT Bridge (%s)", part)
            await _async_stop(part, stops)
            _async_mark_failed(hass, entry, part)
            issues.async_set(part, "", True)
        finally:
            for stop in stops:
                entry.async_on_unload(stop)


@callback
def _async_add_calendar(hass: HomeAssistant, entry: IotBridgeConfigEntry, runtime: Runtime) -> None:
    """Set up the calendar when the first schedule is added."""
    if Platform.CALENDAR not in runtime.platforms and _has_schedule(entry):
        runtime.platforms.append(Platform.CALENDAR)
        adding = hass.config_entries.async_forward_entry_setups(entry, [Platform.CALENDAR])
        entry.async_create_task(hass, adding, "iotbridge calendar")


def _is_described(entity: RegistryEntry) -> bool:
    return alarms_activity.is_described(entity) or hosts_activity.is_described(entity)


async def _async_stop(part: str, stops: list[Stop]) -> None:
    """Stop the components of a part that failed to start, so that it does not run partially."""
    while stops:
        try:
            if stopping := stops.pop()():
                await stopping
        except Exception:  # noqa: BLE001 - logged; a component that was never started may be unable to stop
            LOGGER.exception("Could not stop a part of IoT Bridge (%s)", part)


@callback
def _async_mark_failed(hass: HomeAssistant, entry: IotBridgeConfigEntry, part: str) -> None:
    """Make the entities of a part unavailable, because their states are not updated."""
    if part == ir.HOSTS_NOT_STARTED:
        entry.runtime_data.hosts.is_failed = True
    elif part == ir.ALARMS_NOT_STARTED:
        entry.runtime_data.alarms.is_failed = True
    elif part == ir.POWER_PLANS_NOT_STARTED:
        entry.runtime_data.power_plans.is_failed = entry.runtime_data.schedules.is_failed = True
    for platform in async_get_platforms(hass, DOMAIN):
        for entity in platform.entities.values():
            entity.async_write_ha_state()


async def _async_start_hosts(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(runtime.voice.turns.async_start())
    runtime.device_links.async_start(runtime.hosts.prefixes)
    stops += [runtime.device_links.async_stop, runtime.monitor.async_stop]
    await runtime.monitor.async_start()
    stops.append(await runtime.host_discovery.async_start())
    stops.append(runtime.hosts.async_stop)
    stops.append(hosts_activity.async_start_activity(runtime.hosts))
    stops.append(runtime.waker.async_follow())
    stops.append(runtime.configured_hosts.async_stop)
    runtime.configured_hosts.async_start()
    await runtime.hosts.async_start()


async def _async_start_things(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(runtime.things.async_stop)
    await runtime.things.async_start()


async def _async_start_alarms(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(alarms_activity.async_start_activity(runtime.alarms.hass, runtime.alarms))
    stops.append(runtime.alarms.async_stop)
    await runtime.alarms.async_start()


async def _async_start_power_plans(runtime: Runtime, stops: list[Stop]) -> None:
    stops += [runtime.power_plans.async_stop, runtime.schedules.async_stop]
    await runtime.power_plans.async_start()
    await runtime.schedules.async_start()


async def _async_start_sentences(runtime: Runtime, stops: list[Stop]) -> None:
    stops.append(runtime.sentences.async_stop)
    await runtime.sentences.async_start()


# By the issue that is opened when the part cannot be started.
PARTS = {
    ir.HOSTS_NOT_STARTED: _async_start_hosts,
    ir.THINGS_NOT_STARTED: _async_start_things,
    ir.ALARMS_NOT_STARTED: _async_start_alarms,
    ir.POWER_PLANS_NOT_STARTED: _async_start_power_plans,
    ir.SENTENCES_NOT_STARTED: _async_start_sentences,
}
