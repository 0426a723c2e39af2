"""World of a plan: what the states of Home Assistant prove about its steps, and about its UPS."""

from collections.abc import Iterable
import math

from homeassistant.const import ATTR_DEVICE_CLASS, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform, UnitOfTime
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.util.unit_conversion import DurationConverter

from ..engine.draft import World
from ..engine.plan import Plan, Proof, Step, Ups
from ..engine.power import PowerReading, is_binary_on_battery, is_on_battery
from .hosts import async_host, async_power

# A host that was told to shut down and sleeps instead still needs the battery.
HOST_OFF = {"shutdown": frozenset({"off"}), "suspend": frozenset({"off", "suspended"})}
HOST_ON, HOST_ASLEEP = "on", "suspended"
HOST_UNKNOWN = (None, STATE_UNKNOWN, STATE_UNAVAILABLE)


@callback
def async_world(hass: HomeAssistant, plan: Plan) -> World:
    """Return the world of a plan, now."""
    powers = {step.key: async_power(hass, async_host(hass, step.device_id)) for step in plan.steps if step.is_host}
    on = {step.key for step in plan.steps if _async_is_on(hass, step, powers.get(step.key))}
    off = {step.key for step in plan.steps if _async_is_off(hass, step, powers.get(step.key))} - on
    members = {device_id for cluster in plan.clusters for device_id in cluster.devices}
    member_powers = {device_id: async_power(hass, async_host(hass, device_id)) for device_id in members}
    return World(
        off=frozenset(off),
        on=frozenset(on),
        hosts_on=frozenset(key for key, power in powers.items() if power == HOST_ON),
        asleep=frozenset(key for key, power in powers.items() if power == HOST_ASLEEP),
        devices_on=frozenset(device_id for device_id, power in member_powers.items() if power == HOST_ON),
        devices_unknown=frozenset(device_id for device_id, power in member_powers.items() if power in HOST_UNKNOWN),
        power=None if plan.ups is None else _async_reading(hass, plan.ups),
    )


@callback
def async_entities(hass: HomeAssistant, plan: Plan) -> set[str]:
    """Return the entities on which the world of a plan depends."""
    devices = {step.device_id for step in plan.steps if step.is_host}
    devices |= {device_id for cluster in plan.clusters for device_id in cluster.devices}
    hosts = (host.power_entity for device_id in devices if (host := async_host(hass, device_id)))
    proofs = (proof.entity_id for step in plan.steps for proof in (*step.off_proofs, *step.on_proofs))
    ups = plan.ups
    of_ups = (ups.entity_id, ups.battery_entity_id, ups.runtime_entity_id) if ups else ()
    return {entity_id for entity_id in (*hosts, *proofs, *of_ups) if entity_id}


@callback
def _async_is_off(hass: HomeAssistant, step: Step, power: str | None) -> bool:
    if step.is_host and power not in HOST_OFF[step.command]:
        return False
    return (step.is_host or bool(step.off_proofs)) and _async_all(hass, step.off_proofs)


@callback
def _async_is_on(hass: HomeAssistant, step: Step, power: str | None) -> bool:
    if step.is_host and power != HOST_ON:
        return False
    return (step.is_host or bool(step.on_proofs)) and _async_all(hass, step.on_proofs)


@callback
def _async_all(hass: HomeAssistant, proofs: Iterable[Proof]) -> bool:
    return all(_is_proven(hass.states.get(proof.entity_id), proof) for proof in proofs)


def _is_proven(state: State | None, proof: Proof) -> bool:
    if state is None:
        return False
    if proof.below is None:
        return state.state in proof.states
    value = _number(state)
    return value is not None and value < proof.below


@callback
def _async_reading(hass: HomeAssistant, ups: Ups) -> PowerReading:
    status = async_status(hass, ups)
    runtime = hass.states.get(ups.runtime_entity_id) if ups.runtime_entity_id else None
    return PowerReading(
        is_on_battery=reads_on_battery(ups, status) if status else None,
        battery=_number(hass.states.get(ups.battery_entity_id)) if ups.battery_entity_id else None,
        runtime_s=_seconds(runtime),
    )


@callback
def async_status(hass: HomeAssistant, ups: Ups) -> State | None:
    """Return the status of a UPS; None while it is unavailable or unknown."""
    status = hass.states.get(ups.entity_id)
    return status if status and status.state not in (STATE_UNAVAILABLE, STATE_UNKNOWN, "") else None


def reads_on_battery(ups: Ups, status: State) -> bool | None:
    """Return whether a status means that the UPS is on battery; None if it is not understood."""
    if status.domain == Platform.BINARY_SENSOR:
        return is_binary_on_battery(ups, status.state, status.attributes.get(ATTR_DEVICE_CLASS))
    return is_on_battery(ups, status.state)


def _number(state: State | None) -> float | None:
    """Return the number of a state; None for one that is no number, unavailable or unknown."""
    try:
        value = float(state.state) if state else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _seconds(state: State | None) -> float | None:
    """Return a duration in seconds, from the unit of its entity."""
    value = _number(state)
    unit = state.attributes.get("unit_of_measurement") if state else None
    if value is None or unit not in DurationConverter.VALID_UNITS:
        return value
    return DurationConverter.convert(value, unit, UnitOfTime.SECONDS)
