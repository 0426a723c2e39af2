"""Channels: proposes one for each value that is a reading. Pure."""

from dataclasses import replace

from ..model.message import Path
from ..model.profile import Channel
from ..vocabulary.keys.key_words import WRITTEN_CODES
from ..vocabulary.keys.records import UNITS
from ..vocabulary.names import display_names
from ..vocabulary.quantities import QUANTITIES
from ..vocabulary.states.binary_words import SWITCHED
from ..vocabulary.units.known_units import QUANTITY_OF_UNIT
from .candidates.candidate import Candidate
from .candidates.records import path_beside
from .interpretation import Context, Interpretation
from .naming import name_of
from .passes import interpret
from .precision import precision_of
from .rule_table import TableRule
from .states.binary import BinaryValue, command
from .states.binary_rules import binary_value_of
from .states.event_rules import event_kind, event_types
from .units.conditions import Case
from .visibility.conditions import role_of_binary_value, role_of_text
from .visibility.rules import BINARY_VALUE_RULES, CANDIDATE_RULES, NUMBER_RULES, TEXT_RULES, Visibility


def propose(candidate: Candidate, context: Context) -> Channel | None:
    """Return the proposed channel of a value; None if it is not a reading."""
    if candidate.field.encoded and event_kind(candidate) is None:
        return None
    channel = channel_of(candidate, context)
    if channel is None:
        return None
    rule = CANDIDATE_RULES.first(Case(Interpretation(), candidate, context, channel.device_class))
    if rule is None:
        return channel
    return None if rule.gives is Visibility.NOT_AT_ALL else replace(channel, enabled=False)


def channel_of(candidate: Candidate, context: Context) -> Channel | None:
    """Return the proposed channel of a value without regard to its siblings."""
    if event_kind(candidate) is not None:
        return event_channel(candidate)
    binary_value = binary_value_of(candidate)
    if binary_value is not None:
        return binary_channel(candidate, binary_value, context)
    if candidate.text is not None:
        return text_channel(candidate, context)
    return number_channel(candidate, context)


def event_channel(candidate: Candidate) -> Channel:
    """Return the proposed channel of an event."""
    return replace(
        plain_channel(candidate),
        platform="event",
        event_types=event_types(candidate),
        enabled=not candidate.field.technical,
    )


def plain_channel(candidate: Candidate, *, enabled: bool = False) -> Channel:
    """Return a sensor without unit and class."""
    name = name_of(candidate, Interpretation())
    return Channel(name=name, path=candidate.field.path, subtopic=candidate.subtopic, enabled=enabled)


def binary_channel(candidate: Candidate, binary_value: BinaryValue, context: Context) -> Channel | None:
    """Return a proposed binary sensor, or a switch if a vendor's convention names its command topic."""
    switch_command = command(candidate, context)
    is_known = binary_value.known or binary_value.device_class is not None or switch_command is not None
    interpretation = Interpretation(role=role_of_binary_value(candidate), known=is_known, name=binary_value.kind.title)
    enabled = is_on(BINARY_VALUE_RULES.first(Case(interpretation, candidate, context)))
    if enabled is None:
        return None
    channel = Channel(
        name=name_of(candidate, interpretation),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        platform="binary_sensor",
        device_class=binary_value.device_class,
        entity_category="diagnostic" if binary_value.kind.diagnostic or candidate.field.technical else None,
        enabled=enabled,
        on=binary_value.on,
        off=binary_value.off,
    )
    if switch_command is None or binary_value.on.lower() not in SWITCHED:
        return channel
    return replace(
        channel,
        platform="switch",
        device_class=None,
        command_topic=switch_command.topic,
        command_on=switch_command.on,
        command_off=switch_command.off,
    )


def text_channel(candidate: Candidate, context: Context) -> Channel | None:
    """Return a proposed sensor of text; None for an identity, a time, or a text without meaning."""
    enabled = is_on(TEXT_RULES.first(Case(Interpretation(role=role_of_text(candidate)), candidate, context)))
    return None if enabled is None else plain_channel(candidate, enabled=enabled)


def number_channel(candidate: Candidate, context: Context) -> Channel | None:
    """Return a proposed sensor of a number, or of a missing value; None for an identity or a time."""
    interpretation = interpret(candidate, context)
    enabled = is_on(NUMBER_RULES.first(Case(interpretation, candidate, context)))
    return None if enabled is None else measured_channel(candidate, interpretation, context, enabled=enabled)


def measured_channel(
    candidate: Candidate, interpretation: Interpretation, context: Context, *, enabled: bool = False
) -> Channel:
    """Return the sensor of an interpreted number."""
    device_class = media_class(interpretation, context)
    stated_unit, unit_path = stated_unit_of(candidate, interpretation, context)
    technical = interpretation.row.diagnostic or candidate.field.technical or interpretation.role == "internal"
    if is_written_code(candidate, interpretation):
        return replace(plain_channel(candidate, enabled=enabled), entity_category="diagnostic" if technical else None)
    return Channel(
        name=name_of(candidate, interpretation),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        unit=interpretation.unit,
        device_class=device_class,
        state_class=state_class_of(candidate, interpretation, device_class),
        entity_category="diagnostic" if technical else None,
        precision=precision_of(device_class, interpretation.unit, candidate.number),
        scale=interpretation.scale * candidate.factor,
        decimal_comma=candidate.decimal_comma,
        stated_unit=stated_unit,
        unit_path=unit_path,
        enabled=enabled,
    )


def stated_unit_of(
    candidate: Candidate, interpretation: Interpretation, context: Context
) -> tuple[str | None, Path | None]:
    """Return the unit that the message states for a value, and its path: for this one, its group, or all values."""
    if candidate.unit is not None or interpretation.certain:
        return candidate.unit, candidate.unit_path
    of_group, quantity = candidate.sibling_group.member(UNITS), QUANTITY_OF_UNIT.get(interpretation.unit or "")
    for stated in (of_group, context.units.get(quantity or "")):
        if stated is not None and interpretation.unit and stated.stated_unit == interpretation.unit:
            return interpretation.unit, path_beside(stated, candidate)
    return None, candidate.unit_path


def is_written_code(candidate: Candidate, interpretation: Interpretation) -> bool:
    """Return whether a text of digits is an identity, a version or a code, whose zeros count: "004211", "1.10"."""
    if not isinstance(candidate.value, str) or interpretation.unit is not None:
        return False
    heads = {word for level in candidate.levels[: min(candidate.depth, 2)] for word in level[-1:]}
    return interpretation.role == "identity" or not WRITTEN_CODES.isdisjoint(heads)


def is_on[Subject](rule: TableRule[Subject, Visibility] | None) -> bool | None:
    """Return whether a value is enabled; None if it is not shown at all."""
    return None if rule is None or rule.gives is Visibility.NOT_AT_ALL else rule.gives is Visibility.ON


def media_class(interpretation: Interpretation, context: Context) -> str | None:
    """Return the device class; for a volume it depends on the medium of the meter."""
    if interpretation.quantity == "volume" and context.media in ("water", "gas"):
        return QUANTITIES[context.media].device_class
    return interpretation.row.device_class


def state_class_of(candidate: Candidate, interpretation: Interpretation, device_class: str | None) -> str | None:
    """Return the state class; a meter's value of yesterday has none."""
    usual = interpretation.row.state_class
    if usual == "total_increasing" and has_qualifier(candidate, display_names.OVER):
        return None
    if device_class == "energy" and candidate.number is not None and candidate.number < 0:
        return "total"
    if usual == "total_increasing" and has_qualifier(candidate, display_names.STATISTICS):
        return "measurement" if interpretation.row.device_class is None else None
    return usual


def has_qualifier(candidate: Candidate, words: frozenset[str]) -> bool:
    """Return whether one of these words is in the key, or right above it."""
    return any(not words.isdisjoint(level) for level in candidate.levels[:2])
