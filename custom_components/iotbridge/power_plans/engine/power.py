"""Power of a UPS: what its entities say now, since when, and the thresholds that follow. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
import re

from .plan import Stage, Ups

# A UPS that was on battery and has been unavailable for this long is taken for empty, as upsmon of NUT does; so is one
# whose charge or runtime is unknown for this long, where a limit needs it.
UPS_LOST_S = 60.0

_LOST = ("commlost", "off", "offline", "wait")
_BINARY = frozenset({"on", "off"})
# State of a binary sensor while there is no mains power, by its device class.
_CLASSES = {"power": frozenset({"off"}), "plug": frozenset({"off"}), "problem": frozenset({"on"})}


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerReading:
    """Reading of a UPS; None is unknown, which is neither a power cut nor the return of the power."""

    is_on_battery: bool | None = None
    battery: float | None = None
    runtime_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerHistory:
    """Last known state of the UPS, on battery or not, and since when; times in seconds since 1970."""

    is_on_battery: bool | None = None
    since: float = 0.0
    on_battery_before_s: float = 0.0
    """Seconds on battery until the power was back for a moment only; a battery that was used is not full at once."""
    unknown_since: float | None = None
    battery_unknown_since: float | None = None
    """Since when the charge is unknown while the UPS is on battery."""
    runtime_unknown_since: float | None = None
    """Since when the runtime is unknown while the UPS is on battery."""


def is_on_battery(ups: Ups, state: str) -> bool | None:
    """Return whether a state has a word of the UPS on battery, or on mains; None for neither.

    NUT has ``OB DISCHRG LB`` or ``On Battery, Battery Discharging``, apcupsd ``ONBATT LOWBATT``. A UPS that lost its
    monitor or switched its outlets off may keep its last word beside that.
    """
    if _has_word(ups.on_battery, state):
        return True
    return False if _has_word(ups.on_mains, state) and not _has_word(_LOST, state) else None


def is_binary_on_battery(ups: Ups, state: str, device_class: str | None) -> bool | None:
    """Return the same for a binary sensor: the other of its states is mains.

    Without ``on`` or ``off`` among the words, its device class says which is which.
    """
    battery, mains = (_BINARY & {word.strip().casefold() for word in words} for words in (ups.on_battery, ups.on_mains))
    battery = battery or (_BINARY - mains if mains else _CLASSES.get(device_class or "", frozenset()))
    return state in battery if len(battery) == 1 and state in _BINARY else None


def _has_word(words: Iterable[str], state: str) -> bool:
    """Return whether a state has one of the words in it, not as a part of another word."""
    text = state.casefold()
    escaped = (re.escape(word.strip().casefold()) for word in words if word.strip())
    return any(re.search(rf"(?<!\w){word}(?!\w)", text) for word in escaped)


def updated(history: PowerHistory, reading: PowerReading | None, now: float, steady_s: float = 0.0) -> PowerHistory:
    """Return the history with a reading; an unknown one in between changes nothing but its own time.

    A power cut goes on where the power was back for less than ``steady_s``.
    """
    reading = reading or PowerReading()
    if reading.is_on_battery is None:
        changed = replace(history, unknown_since=now if history.unknown_since is None else history.unknown_since)
    elif reading.is_on_battery == history.is_on_battery:
        # The clock may have been set back while Home Assistant was off.
        changed = replace(history, unknown_since=None, since=min(history.since, now))
    else:
        before_s = 0.0
        if history.is_on_battery:
            before_s = history.on_battery_before_s + max(now - history.since, 0.0)
        elif now < history.since + steady_s:
            before_s = history.on_battery_before_s
        changed = PowerHistory(is_on_battery=reading.is_on_battery, since=now, on_battery_before_s=before_s)

    def unknown_since(value: float | None, before: float | None) -> float | None:
        if value is not None or not changed.is_on_battery:
            return None
        return now if before is None else min(before, now)

    return replace(
        changed,
        battery_unknown_since=unknown_since(reading.battery, changed.battery_unknown_since),
        runtime_unknown_since=unknown_since(reading.runtime_s, changed.runtime_unknown_since),
    )


def begins_at(ups: Ups, history: PowerHistory, reading: PowerReading | None) -> float | None:
    """Return when a plan begins because of its UPS, now or later; None while nothing points to it."""
    if reading is None or not reading.is_on_battery:
        return None
    stage = Stage(on_battery_s=ups.on_battery_s, battery_below=ups.battery_below, runtime_below_s=ups.runtime_below_s)
    return _reached_at(stage, history, reading)


def stage_at(stage: Stage, history: PowerHistory, reading: PowerReading | None) -> float | None:
    """Return when a step of a plan that runs on battery may begin; None while nothing points to it."""
    if stage.is_immediate:
        return history.since
    reached = _reached_at(stage, history, reading or PowerReading())
    lost = None if history.unknown_since is None else history.unknown_since + UPS_LOST_S
    return min((at for at in (reached, lost) if at is not None), default=None)


def is_charged(ups: Ups, reading: PowerReading | None) -> bool:
    """Return whether the battery is charged enough to start machines; a charge that is unknown is not enough."""
    if not ups.battery_at_least:
        return True
    return reading is not None and reading.battery is not None and reading.battery >= ups.battery_at_least


def steady_at(ups: Ups, history: PowerHistory) -> float | None:
    """Return when the power will have been back for long enough; None while it is not back, or unknown."""
    if history.is_on_battery is not False or history.unknown_since is not None:
        return None
    return history.since + ups.steady_s


def _reached_at(stage: Stage, history: PowerHistory, reading: PowerReading) -> float | None:
    """Return when the first threshold is reached; a value that stays unknown is taken for one that is too low."""
    thresholds = (
        (stage.battery_below, reading.battery, history.battery_unknown_since),
        (stage.runtime_below_s, reading.runtime_s, history.runtime_unknown_since),
    )
    began_at = history.since - history.on_battery_before_s
    times = [] if stage.on_battery_s is None else [began_at + stage.on_battery_s]
    for limit, value, unknown_since in thresholds:
        if limit is None:
            continue
        if value is not None and value < limit:
            times.append(history.since)
        elif value is None and unknown_since is not None:
            times.append(unknown_since + UPS_LOST_S)
    return min(times, default=None)
