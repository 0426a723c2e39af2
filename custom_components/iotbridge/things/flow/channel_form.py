"""Channels as items of a form, and parsing of the items."""

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

# A bare value has an empty key, which cannot be selected in a form.
WHOLE = "."
_MAX_TEXT = 60
_TEXTS = ("on", "off", "command_topic", "command_on", "command_off")


@dataclass(frozen=True, slots=True)
class ChannelValue:
    """Current reading of a channel in a form; ``new`` marks a channel that the user has not seen before."""

    reading: Reading
    new: bool = False


def union(devices: Iterable[LearnedDevice]) -> dict[str, Reading]:
    """Return the readings of all devices by key; the first one with a value is used.

    A channel that is not the same switch for all devices becomes read-only.
    """
    readings: dict[str, Reading] = {}
    commands: dict[str, set[str | None]] = {}
    for device in devices:
        for reading in device.readings:
            key = reading.channel.key
            commands.setdefault(key, set()).add(reading.channel.command_topic)
            first = readings.get(key)
            if first is None or first.value is None:
                readings[key] = reading
    return {
        key: replace(reading, channel=reading.channel.as_read_only())
        if len(commands[key]) > 1 and reading.channel.platform == "switch"
        else reading
        for key, reading in readings.items()
    }


def channel_selector(texts: ThingTexts, keys: Mapping[str, str]) -> selector.ObjectSelector:
    """Return the selector of channels; ``keys`` are the places of values, with their labels."""
    text = selector.TextSelector()
    fields: dict[str, selector.Selector[Any]] = {
        "name": text,
        "now": text,
        "enabled": selector.BooleanSelector(),
        "platform": _choice(texts.platforms, sort=False),
        "device_class": _choice(texts.device_classes),
        "unit": selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=_units(), custom_value=True, mode=selector.SelectSelectorMode.DROPDOWN
            )
        ),
        "state_class": _choice(texts.state_classes, sort=False),
        "precision": _number(min=0, max=6, step=1),
        "scale": _number(step="any"),
        "category": _choice({kind: texts.own[kind] for kind in ("diagnostic", "config")}, sort=False),
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


def key_choices(readings: Mapping[str, Reading], channels: Iterable[Channel], texts: ThingTexts) -> dict[str, str]:
    """Return the places of values with their labels: all in the readings, and those of the existing channels."""
    choices = {form_key(key): _label(key, format_value(reading.value, texts)) for key, reading in readings.items()}
    for channel in channels:
        choices.setdefault(form_key(channel.key), _label(channel.key, ""))
    return choices


def form_key(key: str) -> str:
    """Return a key in the format of the form."""
    return key or WHOLE


def to_item(channel: Channel, texts: ThingTexts, shown: ChannelValue | None) -> Item:
    """Return the form item of a channel."""
    item: Item = {
        "name": channel.name,
        "now": description(channel, texts, shown),
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


def description(channel: Channel, texts: ThingTexts, shown: ChannelValue | None) -> str:
    """Return the line below a channel's name: whether it is new, its value, its class and its place."""
    parts = []
    if shown is not None and shown.new:
        parts.append(texts.own["new"])
    if not channel.enabled:
        parts.append(texts.own["disabled"])
    parts.append(format_with_unit(shown.reading.value if shown else None, channel, texts))
    kind = texts.device_classes.get(channel.device_class or "")
    if channel.platform != "sensor":
        kind = f"{texts.platforms[channel.platform]} ({kind})" if kind else texts.platforms[channel.platform]
    return " · ".join(part for part in (*parts, kind, channel.key) if part)


def format_with_unit(value: Value, channel: Channel, texts: ThingTexts) -> str:
    """Return a value and its unit for display."""
    text = format_value(value, texts)
    return f"{text} {channel.unit}" if channel.unit and value is not None else text


def format_value(value: Value, texts: ThingTexts) -> str:
    """Return a value for display."""
    if value is None:
        return texts.own["no_value"]
    if isinstance(value, bool):
        return texts.own["value_on" if value else "value_off"]
    if isinstance(value, tuple):
        return ", ".join(f"{part:g}" for part in value)
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def parse_channels(
    items: Iterable[Item], readings: Mapping[str, Reading], channels: Iterable[Channel], blanks: int | None
) -> tuple[Channel, ...]:
    """Return the channels of a form; raise ChannelError for the first one that Home Assistant would not accept.

    ``readings`` and ``channels`` are those the form was built from: an item is looked up there by its key. ``blanks``
    as in ``channel_validation.check``.
    """
    known = {form_key(key): reading.channel for key, reading in readings.items()}
    known |= {form_key(channel.key): channel for channel in channels}
    values = {key: reading.value for key, reading in readings.items()}
    parsed: list[Channel] = []
    for item in items:
        channel = _from_item(item, known[item["key"]])
        if not channel.name:
            raise ChannelError("no_name", place=item["key"])
        parsed.append(channel)
    check_all(parsed, values, blanks)
    return tuple(parsed)


def check_all(channels: Sequence[Channel], values: Mapping[str, Value], blanks: int | None) -> None:
    """Raise ChannelError for the first channel that Home Assistant would not accept, or that is a duplicate.

    ``values`` are the current ones, by key.
    """
    for channel in channels:
        check(channel, values.get(channel.key), blanks)
    check_duplicates(channels)


def with_unique_names(channels: Iterable[Channel], existing: Iterable[Channel]) -> list[Channel]:
    """Return the channels with unique names; if a name is taken, the place of the value is appended."""
    taken = {channel.name.casefold() for channel in existing}
    renamed = []
    for channel in channels:
        new = replace(channel, name=f"{channel.name} ({channel.key})") if channel.name.casefold() in taken else channel
        taken.add(new.name.casefold())
        renamed.append(new)
    return renamed


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


def check_duplicates(channels: Sequence[Channel]) -> None:
    """Raise ChannelError for the first channel with the place or the name of another one."""
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
    units = {str(unit) for units_of_class in DEVICE_CLASS_UNITS.values() for unit in units_of_class if unit is not None}
    return sorted(units, key=str.casefold)


def _choice(labels: Mapping[str, str], *, sort: bool = True) -> selector.SelectSelector:
    options = [selector.SelectOptionDict(value=value, label=label) for value, label in labels.items()]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(options=options, mode=selector.SelectSelectorMode.DROPDOWN, sort=sort)
    )


def _number(**limits: Any) -> selector.NumberSelector:
    config = {"mode": selector.NumberSelectorMode.BOX, **limits}
    return selector.NumberSelector(config)  # type: ignore[arg-type]
