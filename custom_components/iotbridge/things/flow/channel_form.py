"""Channels in forms: their labels in a list, and the fields of each kind of entity."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import voluptuous as vol

from homeassistant.components.sensor.const import AMBIGUOUS_UNITS, DEVICE_CLASS_UNITS
from homeassistant.helpers import selector

from ...forms import TEXT
from ..model.message import Value
from ..model.profile import CHANNEL_DEFAULTS, RECEIVED, Channel, LearnedDevice, Reading
from .channel_validation import DEVICE_CLASSES, ChannelError, check
from .texts import ThingTexts

type Item = Mapping[str, Any]

# A bare value has an empty key, which cannot be selected in a form.
WHOLE = "."
_MAX_TEXT = 60
# Fields of each kind of entity, in their order.
FIELDS = {
    "sensor": ("name", "device_class", "unit", "state_class", "precision", "scale", "category"),
    "binary_sensor": ("name", "device_class", "on", "off", "category"),
    "switch": ("name", "device_class", "on", "off", "command_topic", "command_on", "command_off", "category"),
    "event": ("name", "device_class", "event_types", "category"),
    "device_tracker": ("name", "category"),
}
# Kinds that Home Assistant does not accept with the category "config".
_READ_ONLY = ("sensor", "binary_sensor")
_MEMBERS = {"category": "entity_category"}


def union(devices: Iterable[LearnedDevice]) -> dict[str, Reading]:
    """Return the readings of all devices by key; the first one with a value is used.

    A channel that is not the same switch for all devices becomes read-only.
    """
    devices = tuple(devices)
    commands: dict[str, set[str | None]] = {}
    for device in devices:
        for reading in device.readings:
            commands.setdefault(reading.channel.key, set()).add(reading.channel.command_topic)
    readings = _by_key(reading for device in devices for reading in device.readings)
    return {
        key: replace(reading, channel=reading.channel.as_read_only())
        if len(commands[key]) > 1 and reading.channel.platform == "switch"
        else reading
        for key, reading in readings.items()
    }


def unproposed_of(devices: Iterable[LearnedDevice], keys: Collection[str]) -> dict[str, Reading]:
    """Return the values of all devices that are not proposed, by key, other than these keys."""
    return _by_key(reading for device in devices for reading in device.unproposed if reading.channel.key not in keys)


def _by_key(readings: Iterable[Reading]) -> dict[str, Reading]:
    """Return readings by key; of several, the first one with a value."""
    by_key: dict[str, Reading] = {}
    for reading in readings:
        first = by_key.get(reading.channel.key)
        if first is None or first.value is None:
            by_key[reading.channel.key] = replace(reading, channel=with_unit_of_core(reading.channel))
    return by_key


def with_unit_of_core(channel: Channel) -> Channel:
    """Return a channel with its unit as Home Assistant writes it: of the two signs for micro, it accepts one."""
    return replace(channel, unit=AMBIGUOUS_UNITS.get(channel.unit, channel.unit)) if channel.unit else channel


def form_key(key: str) -> str:
    """Return a key in the format of the form."""
    return key or WHOLE


# ---------------------------------------------------------------- labels


def label(channel: Channel, value: Value, texts: ThingTexts, *, new: bool) -> str:
    """Return a channel as a line of a list: its name, whether it is new, its value, its class and its place."""
    kind = texts.device_classes.get(channel.device_class or "")
    if channel.platform != "sensor":
        kind = f"{texts.platforms[channel.platform]} ({kind})" if kind else texts.platforms[channel.platform]
    parts = (texts.own["new"] if new else None, format_with_unit(value, channel, texts), kind, channel.key)
    return f"{channel.name}: {' · '.join(part for part in parts if part)}"


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


# ---------------------------------------------------------------- the fields of a kind


def fields_schema(kind: str, texts: ThingTexts) -> vol.Schema:
    """Return the form of a kind of entity."""
    classes = {name: texts.device_classes.get(name, name) for name in DEVICE_CLASSES[kind]}
    categories = ("diagnostic",) if kind in _READ_ONLY else ("diagnostic", "config")
    fields: dict[str, selector.Selector[Any]] = {
        "name": TEXT,
        "device_class": _choice(classes),
        "unit": selector.SelectSelector(
            selector.SelectSelectorConfig(
                options=_units(), custom_value=True, mode=selector.SelectSelectorMode.DROPDOWN
            )
        ),
        "state_class": _choice(texts.state_classes, sort=False),
        "precision": _number(min=0, max=6, step=1),
        "scale": _number(step="any"),
        "event_types": selector.TextSelector(selector.TextSelectorConfig(multiple=True)),
        "category": _choice({name: texts.own[name] for name in categories}, sort=False),
    }
    return vol.Schema(
        {(vol.Required if name == "name" else vol.Optional)(name): fields.get(name, TEXT) for name in FIELDS[kind]}
    )


def to_item(channel: Channel, kind: str, value: Value) -> dict[str, Any]:
    """Return the suggestions for the fields of a kind of entity, which may be another kind than the channel's."""
    if kind != channel.platform:
        types = _event_types(channel, value) if kind == "event" else ()
        channel = replace(_blank(channel, kind), event_types=types)
    item = {name: getattr(channel, _MEMBERS.get(name, name)) for name in FIELDS[kind]}
    if "event_types" in item:
        item["event_types"] = list(channel.event_types)
    if channel.scale == 1:
        item.pop("scale", None)
    return {name: value for name, value in item.items() if value not in (None, [])}


def parse_item(item: Item, kind: str, channel: Channel) -> Channel:
    """Return a channel with the fields of a form; raise ChannelError without a name."""
    texts: dict[str, Any] = {
        name: item.get(name, "").strip() or None
        for name in ("on", "off", "command_topic", "command_on", "command_off", "unit")
        if name in FIELDS[kind]
    }
    for name in ("command_on", "command_off"):
        if name in texts:
            texts[name] = texts[name] or CHANNEL_DEFAULTS[name]
    precision = item.get("precision")
    name = item["name"].strip()
    if not name:
        raise ChannelError("no_name", place=form_key(channel.key))
    changed = replace(
        _blank(channel, kind),
        name=name,
        enabled=True,
        device_class=item.get("device_class"),
        state_class=item.get("state_class"),
        precision=None if precision is None else int(precision),
        scale=float(item.get("scale", 1.0)),
        entity_category=item.get("category"),
        event_types=tuple(stripped for word in item.get("event_types", ()) if (stripped := word.strip())),
        **texts,
    )
    return with_unit_of_core(changed)


def _blank(channel: Channel, kind: str) -> Channel:
    """Return a channel of a kind with only the name, the place and the ids of another one."""
    return Channel(
        name=channel.name,
        path=channel.path,
        subtopic=channel.subtopic,
        platform=kind,
        companions=channel.companions if kind == "device_tracker" else (),
        decimal_comma=channel.decimal_comma,
        stated_unit=channel.stated_unit,
        unit_path=channel.unit_path,
        by_identity=channel.by_identity,
        id_key=channel.id_key,
    )


def _event_types(channel: Channel, value: Value) -> tuple[str, ...]:
    """Return the types of the events that another channel would be: any code for a number or a text with digits."""
    if channel.on and channel.off:
        return channel.on, channel.off
    if value is None:
        return ()
    text = str(value)
    return (RECEIVED, text) if any(letter.isdigit() for letter in text) else (text,)


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


# ---------------------------------------------------------------- validation of all


def check_all(channels: Sequence[Channel], values: Mapping[str, Value], blanks: int | None) -> None:
    """Raise ChannelError for the first channel that Home Assistant would not accept, or that is a duplicate.

    ``values`` are the current ones, by key; ``blanks`` as in ``channel_validation.check``.
    """
    for channel in channels:
        check(channel, values.get(channel.key), blanks)
    check_duplicates(channels)


def check_duplicates(channels: Sequence[Channel]) -> None:
    """Raise ChannelError for the first channel with the place or the name of another one."""
    keys: set[str] = set()
    ids: set[str] = set()
    names: set[str] = set()
    for channel in channels:
        if channel.key in keys or channel.stable_key in ids:
            raise ChannelError("channel_twice", channel=channel.name, place=form_key(channel.key))
        if channel.name.casefold() in names:
            raise ChannelError("name_twice", channel=channel.name)
        keys.add(channel.key)
        ids.add(channel.stable_key)
        names.add(channel.name.casefold())


def with_unique_names(channels: Iterable[Channel], existing: Iterable[Channel]) -> list[Channel]:
    """Return the channels with unique names; if a name is taken, the place of the value is appended."""
    taken = {channel.name.casefold() for channel in existing}
    renamed = []
    for channel in channels:
        new = replace(channel, name=f"{channel.name} ({channel.key})") if channel.name.casefold() in taken else channel
        taken.add(new.name.casefold())
        renamed.append(new)
    return renamed
