"""Home Assistant's rules for entities: MQTT discovery silently drops a component that violates them."""

from collections.abc import Callable, Collection, Iterable

from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.event import EventDeviceClass
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    NON_NUMERIC_DEVICE_CLASSES,
    STATE_CLASS_UNITS,
    SensorDeviceClass,
)
from homeassistant.components.switch.const import SwitchDeviceClass

from ...topic_filters import is_topic
from ..model.message import Path, Value
from ..model.profile import Channel
from ..model.topic_matching import count_blanks

DEVICE_CLASSES: dict[str, set[str]] = {
    "sensor": {str(kind) for kind in SensorDeviceClass},
    "binary_sensor": {str(kind) for kind in BinarySensorDeviceClass},
    "switch": {str(kind) for kind in SwitchDeviceClass},
    "event": {str(kind) for kind in EventDeviceClass},
    "device_tracker": set(),
}


def _plain(units: Iterable[object]) -> set[str | None]:
    return {None if unit is None else str(unit) for unit in units}


_UNITS = {str(kind): _plain(units) for kind, units in DEVICE_CLASS_UNITS.items()}
_STATE_CLASS_UNITS = {str(kind): _plain(units) for kind, units in STATE_CLASS_UNITS.items()}
_STATE_CLASSES = {str(kind): set(allowed) for kind, allowed in DEVICE_CLASS_STATE_CLASSES.items()}
_SHOWN = 12
_MAX_UNIT = 64


class ChannelError(ValueError):
    """Channel that cannot become an entity; ``key`` and ``placeholders`` select the sentence for the user."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """``key`` is one of the error keys in the translations of the flow."""
        super().__init__(key, placeholders)
        self.key = key
        self.placeholders = placeholders


def blanks_of(topic_filter: str, depth: int, devices: Collection[str], device_member: Path | None) -> int | None:
    """Return the number of ``+`` a command topic needs; None if the topics do not distinguish several devices."""
    count = count_blanks(topic_filter, depth)
    return None if device_member is not None or (count == 0 and len(devices) > 1) else count


def check(channel: Channel, value: Value, blanks: int | None) -> None:
    """Raise ChannelError if Home Assistant would not accept the channel.

    ``value`` is the current value, None if it is unknown; ``blanks`` is that of ``blanks_of``. A disabled channel
    creates no entity, so it is not checked.
    """
    if not channel.enabled:
        return
    if len(channel.unit or "") > _MAX_UNIT:
        raise ChannelError("unit_long", channel=channel.name)
    if channel.device_class and channel.device_class not in DEVICE_CLASSES[channel.platform]:
        raise ChannelError(
            "device_class_invalid",
            channel=channel.name,
            kind=channel.device_class,
            platform=channel.platform,
        )
    if channel.entity_category == "config" and channel.platform in {"sensor", "binary_sensor"}:
        raise ChannelError("category_invalid", channel=channel.name)
    _CHECKS[channel.platform](channel, value)
    if channel.platform == "switch":
        _command_topic(channel, blanks)


def _sensor(channel: Channel, value: Value) -> None:
    _unit(channel)
    _state_class(channel)
    number = channel.unit or channel.state_class or channel.precision is not None
    if number and value is not None and not _is_number(value):
        raise ChannelError("not_a_number", channel=channel.name, value=str(value))


def _unit(channel: Channel) -> None:
    if channel.device_class in NON_NUMERIC_DEVICE_CLASSES and channel.unit:
        raise ChannelError("unit_not_wanted", channel=channel.name, kind=channel.device_class, unit=channel.unit)
    for kind, allowed_units in ((channel.device_class, _UNITS), (channel.state_class, _STATE_CLASS_UNITS)):
        units = allowed_units.get(kind or "")
        if kind is None or units is None or channel.unit in units:
            continue
        if channel.unit is None:
            raise ChannelError("unit_missing", channel=channel.name, kind=kind, units=_listed(units))
        if units == {None}:
            raise ChannelError("unit_not_wanted", channel=channel.name, kind=kind, unit=channel.unit)
        raise ChannelError("unit_invalid", channel=channel.name, kind=kind, unit=channel.unit, units=_listed(units))


def _state_class(channel: Channel) -> None:
    if channel.state_class is None or channel.device_class is None:
        return
    allowed = _STATE_CLASSES.get(channel.device_class)
    if allowed is None or channel.state_class in allowed:
        return
    names = {"channel": channel.name, "state_class": channel.state_class, "kind": channel.device_class}
    if not allowed:
        raise ChannelError("state_class_not_wanted", **names)
    raise ChannelError("state_class_invalid", **names, state_classes=_listed(allowed))


def _binary_sensor(channel: Channel, _value: Value) -> None:
    if channel.on is None or channel.off is None or channel.on == channel.off:
        raise ChannelError("on_and_off", channel=channel.name)


def _switch(channel: Channel, value: Value) -> None:
    _binary_sensor(channel, value)
    if channel.command_topic is None or not is_topic(channel.command_topic.replace("+", "x")):
        raise ChannelError("command_topic_invalid", channel=channel.name)


def _command_topic(channel: Channel, blanks: int | None) -> None:
    plus_count = (channel.command_topic or "").split("/").count("+")
    if blanks is None:
        raise ChannelError("command_topic_shared", channel=channel.name)
    if plus_count > blanks:
        raise ChannelError("command_topic_plus", channel=channel.name)
    if plus_count < blanks:
        raise ChannelError("command_topic_family", channel=channel.name)


def _event(channel: Channel, _value: Value) -> None:
    if not channel.event_types:
        raise ChannelError("no_event_types", channel=channel.name)


def _device_tracker(channel: Channel, _value: Value) -> None:
    if "longitude" not in dict(channel.companions):
        raise ChannelError("not_a_position", channel=channel.name)


_CHECKS: dict[str, Callable[[Channel, Value], None]] = {
    "sensor": _sensor,
    "binary_sensor": _binary_sensor,
    "switch": _switch,
    "event": _event,
    "device_tracker": _device_tracker,
}


def _is_number(value: Value) -> bool:
    if isinstance(value, bool | tuple):
        return False
    try:
        float(value or 0)
    except ValueError:
        return False
    return True


def _listed(names: Collection[str | None]) -> str:
    shown = sorted((str(name) for name in names if name), key=str.casefold)
    return ", ".join(shown[:_SHOWN]) + (" …" if len(shown) > _SHOWN else "")
