"""Channels as the items of a form, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.components.sensor.const import AMBIGUOUS_UNITS, DEVICE_CLASS_UNITS
from homeassistant.helpers import selector

from ..model.message import Value
from ..model.profile import Channel, LearnedDevice, Reading
from .channel_validation import ChannelError, check
from .texts import ThingTexts

type Item = dict[str, Any]

# A bare value has an empty key; a form cannot choose nothing.
WHOLE = "."
_MAX_TEXT = 60
_TEXTS = ("on", "off", "command_topic", "command_on", "command_off")


@dataclass(frozen=True, slots=True)
class ChannelValue:
    """Current reading of a channel in a form; ``new`` marks a channel that the user has not seen before."""

    reading: Reading
    new: bool = False


def union(devices: Iterable[LearnedDevice]) -> dict[str, Reading]:
    """Return the readings of all devices together, by key: the first with a value counts.

    A channel that is not the same switch for all of them is only seen.
    """
    found: dict[str, Reading] = {}
    commands: dict[str, set[str | None]] = {}
    for device in devices:
        for reading in device.readings:
            key = reading.channel.key
            commands.setdefault(key, set()).add(reading.channel.command_topic)
            known = found.get(key)
            if known is None or known.value is None:
                found[key] = reading
    return {
        key: replace(reading, channel=reading.channel.as_read_only())
        if len(commands[key]) > 1 and reading.channel.platform == "switch"
        else reading
        for key, reading in found.items()
    }


def channel_selector(words: ThingTexts, keys: Mapping[str, str]) -> selector.ObjectSelector:
    """Return the list of channels; ``keys`` are the places a value may come from, with what to call them."""
    text = selector.TextSelector()
    fields: dict[str, selector.Selector[Any]] = {
        "name": text,
        "now": text,
        "enabled": selector.BooleanSelector(),
        "platform": _choice(words.platforms, sort=False),
        "device_class": _choice(words.device_classes),
        "unit": selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=_units(), custom_value=True, mode=selector.SelectSelectorMode.DROPDOWN
            )
        ),
        "state_class": _choice(words.state_classes, sort=False),
        "precision": _number(min=0, max=6, step=1),
        "scale": _number(step="any"),
        "category": _choice({kind: words.own[kind] for kind in ("diagnostic", "config")}, sort=False),
        "on": text,
        "off": text,
        "event_types": selector.TextSelector(selector.TextSelectorConfig(multiple=True)),
        "command_topic": text,
        "command_on": text,
        "command_off": text,
        "key": _choice(keys),
    }
    required = {"name", "platform", "key"}
    return selector.ObjectSelector(
        selector.ObjectSelectorConfig(
            multiple=True,
            label_field="name",
            description_field="now",
            translation_key="channels",
            fields={
                name: selector.ObjectSelectorField(selector=kind.serialize()["selector"], required=name in required)
                | ({"default": DEFAULTS[name]} if name in DEFAULTS else {})
                for name, kind in fields.items()
            },
        )
    )


DEFAULTS: dict[str, Any] = {"enabled": True, "platform": "sensor"}


def key_choices(readings: Mapping[str, Reading], channels: Iterable[Channel], words: ThingTexts) -> dict[str, str]:
    """Return the places a channel may come from: all that were heard, and those of the channels there are."""
    choices = {form_key(key): _label(key, spoken(reading.value, words)) for key, reading in readings.items()}
    for channel in channels:
        choices.setdefault(form_key(channel.key), _label(channel.key, ""))
    return choices


def form_key(key: str) -> str:
    """Return a key as a form has it."""
    return key or WHOLE


def to_item(channel: Channel, words: ThingTexts, shown: ChannelValue | None) -> Item:
    """Return a channel as an item of the form."""
    item: Item = {
        "name": channel.name,
        "now": now(channel, words, shown),
        "enabled": channel.enabled,
        "platform": channel.platform,
        "device_class": channel.device_class,
        "unit": channel.unit,
        "state_class": channel.state_class,
        "precision": channel.precision,
        "scale": channel.scale if channel.scale != 1 else None,
        "category": channel.entity_category,
        "event_types": list(channel.event_types) or None,
        "key": form_key(channel.key),
    }
    if channel.platform in {"binary_sensor", "switch"}:
        item |= {"on": channel.on, "off": channel.off}
    if channel.platform == "switch":
        item |= {name: getattr(channel, name) for name in ("command_topic", "command_on", "command_off")}
    return {name: value for name, value in item.items() if value is not None}


def now(channel: Channel, words: ThingTexts, shown: ChannelValue | None) -> str:
    """Return the line below a channel's name: what is special, what it says now, what it is, where it is found."""
    parts = []
    if shown is not None and shown.new:
        parts.append(words.own["new"])
    if not channel.enabled:
        parts.append(words.own["disabled"])
    parts.append(with_unit(shown.reading.value if shown else None, channel, words))
    kind = words.device_classes.get(channel.device_class or "")
    if channel.platform != "sensor":
        kind = f"{words.platforms[channel.platform]} ({kind})" if kind else words.platforms[channel.platform]
    return " · ".join(part for part in (*parts, kind, channel.key) if part)


def with_unit(value: Value, channel: Channel, words: ThingTexts) -> str:
    """Return a value and its unit as a person reads them."""
    text = spoken(value, words)
    return f"{text} {channel.unit}" if channel.unit and value is not None else text


def spoken(value: Value, words: ThingTexts) -> str:
    """Return a value as a person reads it."""
    if value is None:
        return words.own["no_value"]
    if isinstance(value, bool):
        return words.own["value_on" if value else "value_off"]
    if isinstance(value, tuple):
        return ", ".join(f"{part:g}" for part in value)
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def read_channels(
    items: Iterable[Item], readings: Mapping[str, Reading], channels: Iterable[Channel], blanks: int | None
) -> tuple[Channel, ...]:
    """Return the channels of a form; raise ChannelError for the first that Home Assistant would not take.

    ``readings`` and ``channels`` are what the form was made of: an item is found there by its key. ``blanks`` as in
    ``rules.check``.
    """
    known = {form_key(key): reading.channel for key, reading in readings.items()}
    known |= {form_key(channel.key): channel for channel in channels}
    values = {key: reading.value for key, reading in readings.items()}
    made: list[Channel] = []
    for item in items:
        channel = _from_item(item, known[item["key"]])
        if not channel.name:
            raise ChannelError("no_name", place=item["key"])
        made.append(channel)
    check_all(made, values, blanks)
    return tuple(made)


def check_all(channels: Sequence[Channel], values: Mapping[str, Value], blanks: int | None) -> None:
    """Raise ChannelError for the first channel that Home Assistant would not take, or that is there twice.

    ``values`` are those of now, by key.
    """
    for channel in channels:
        check(channel, values.get(channel.key), blanks)
    check_twins(channels)


def named_apart(channels: Iterable[Channel], there: Iterable[Channel]) -> list[Channel]:
    """Return channels with names that nothing else has; where one is taken, the place of the value tells them apart."""
    taken = {channel.name.casefold() for channel in there}
    apart = []
    for channel in channels:
        new = replace(channel, name=f"{channel.name} ({channel.key})") if channel.name.casefold() in taken else channel
        taken.add(new.name.casefold())
        apart.append(new)
    return apart


def _from_item(item: Item, base: Channel) -> Channel:
    unit = _text(item, "unit")
    precision = item.get("precision")
    texts = {name: _text(item, name) for name in _TEXTS}
    texts["command_on"] = texts["command_on"] or base.command_on
    texts["command_off"] = texts["command_off"] or base.command_off
    return replace(
        base,
        name=item["name"].strip(),
        enabled=item.get("enabled", True),
        platform=item["platform"],
        device_class=item.get("device_class"),
        unit=AMBIGUOUS_UNITS.get(unit, unit),
        state_class=item.get("state_class"),
        precision=None if precision is None else int(precision),
        scale=float(item.get("scale", 1.0)),
        entity_category=item.get("category"),
        event_types=tuple(stripped for kind in item.get("event_types", ()) if (stripped := kind.strip())),
        **texts,  # type: ignore[arg-type]
    )


def _text(item: Item, name: str) -> str | None:
    return item.get(name, "").strip() or None


def check_twins(channels: Sequence[Channel]) -> None:
    """Raise ChannelError for the first channel whose place or name another one has."""
    keys: set[str] = set()
    names: set[str] = set()
    for channel in channels:
        if channel.key in keys:
            raise ChannelError("channel_twice", channel=channel.name, place=form_key(channel.key))
        if channel.name.casefold() in names:
            raise ChannelError("name_twice", channel=channel.name)
        keys.add(channel.key)
        names.add(channel.name.casefold())


def _label(key: str, value: str) -> str:
    return " = ".join(part for part in (key, value) if part) or WHOLE


def _units() -> list[str]:
    units = {str(unit) for found in DEVICE_CLASS_UNITS.values() for unit in found if unit is not None}
    return sorted(units, key=str.casefold)


def _choice(labels: Mapping[str, str], *, sort: bool = True) -> selector.SelectSelector:
    options = [selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(options=options, mode=selector.SelectSelectorMode.DROPDOWN, sort=sort)
    )


def _number(**limits: Any) -> selector.NumberSelector:
    config = {"mode": selector.NumberSelectorMode.BOX, **limits}
    return selector.NumberSelector(config)  # type: ignore[arg-type]
