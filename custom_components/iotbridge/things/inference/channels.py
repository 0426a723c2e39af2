"""Proposals: a value becomes a channel, or none. Pure."""

from dataclasses import replace

from ..model.profile import Channel
from ..vocabulary.names import display_names
from ..vocabulary.names.nouns import NOUNS
from ..vocabulary.quantities import QUANTITIES
from ..vocabulary.states.binary_words import SWITCHED
from .candidates.candidate import Place
from .interpretation import Context, Interpretation
from .naming import NameHints, name_of
from .passes import interpret
from .precision import precision_of
from .states.binary import BinaryValue, command
from .states.binary_rules import answer_of
from .states.event_rules import event_types, is_event
from .units.conditions import Case
from .visibility.conditions import AnswerCase, PlaceCase
from .visibility.rules import ANSWER_RULES, NUMBER_RULES, PLACE_RULES, TEXT_RULES, Visibility, VisibilityRule


def propose(candidate: Place, context: Context) -> Channel | None:
    """Propose a channel for a value; None where it is no reading."""
    channel = channel_of(candidate, context)
    rule = PLACE_RULES.first(PlaceCase(channel.device_class, candidate, context)) if channel is not None else None
    if channel is None or rule is None:
        return channel
    return None if rule.shown is Visibility.NOT_AT_ALL else replace(channel, enabled=False)


def channel_of(candidate: Place, context: Context) -> Channel | None:
    """Propose a channel for a value, as if it stood alone."""
    if is_event(candidate):
        return event_channel(candidate)
    answer = answer_of(candidate)
    if answer is not None:
        return answer_channel(candidate, answer, context)
    if candidate.text is not None:
        return text_channel(candidate, context)
    return number_channel(candidate, context)


def event_channel(candidate: Place) -> Channel:
    """Propose an event."""
    return Channel(
        name=name_of(candidate, NameHints()),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        platform="event",
        event_types=event_types(candidate),
        enabled=not candidate.field.technical,
    )


def answer_channel(candidate: Place, answer: BinaryValue, context: Context) -> Channel | None:
    """Propose a binary sensor, or a switch where the device's maker says how to switch it."""
    told = command(candidate, context)
    enabled = is_on(ANSWER_RULES.first(AnswerCase(answer, told, candidate, context)))
    if enabled is None:
        return None
    channel = Channel(
        name=name_of(candidate, NameHints(name=answer.kind.title)),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        platform="binary_sensor",
        device_class=answer.device_class,
        entity_category="diagnostic" if answer.kind.diagnostic or candidate.field.technical else None,
        enabled=enabled,
        on=answer.on,
        off=answer.off,
    )
    if told is None or answer.on.lower() not in SWITCHED:
        return channel
    return replace(channel, platform="switch", device_class=None, command_topic=told.topic, command_on=told.on,
                   command_off=told.off)  # fmt: skip


def text_channel(candidate: Place, context: Context) -> Channel | None:
    """Propose a sensor of text; None for an identity, a time, or nothing to read."""
    enabled = is_on(TEXT_RULES.first(Case(Interpretation(), candidate, context)))
    if enabled is None:
        return None
    return Channel(
        name=name_of(candidate, NameHints()), path=candidate.field.path, subtopic=candidate.subtopic, enabled=enabled
    )


def number_channel(candidate: Place, context: Context) -> Channel | None:
    """Propose a sensor of a number, or of nothing yet; None for an identity or a time."""
    interpretation = interpret(candidate, context)
    enabled = is_on(NUMBER_RULES.first(Case(interpretation, candidate, context)))
    if enabled is None:
        return None
    device_class = media_class(interpretation, context)
    technical = interpretation.row.diagnostic or candidate.field.technical or interpretation.role == "internal"
    return Channel(
        name=name_of(candidate, said_of(interpretation)),
        path=candidate.field.path,
        subtopic=candidate.subtopic,
        unit=interpretation.unit,
        device_class=device_class,
        state_class=state_class_of(candidate, interpretation, device_class),
        entity_category="diagnostic" if technical else None,
        precision=precision_of(device_class, interpretation.unit, candidate.number),
        scale=interpretation.scale * candidate.factor,
        enabled=enabled,
    )


def is_on[Subject](rule: VisibilityRule[Subject] | None) -> bool | None:
    """Return whether a value is on; None where it is not shown at all."""
    return None if rule is None or rule.shown is Visibility.NOT_AT_ALL else rule.shown is Visibility.ON


def said_of(interpretation: Interpretation) -> NameHints:
    """Return the words that an interpretation adds to a name."""
    quantity = interpretation.quantity
    noun = NOUNS.get(quantity or "", quantity) if quantity != "solar" else None
    letter = interpretation.phrase is not None and len(interpretation.phrase) == 1
    return NameHints(
        name=interpretation.name,
        title=interpretation.row.title or (noun if letter else None),
        phrase=interpretation.phrase,
        noun=noun,
        unit=interpretation.unit,
    )


def media_class(interpretation: Interpretation, context: Context) -> str | None:
    """Return the device class, a volume's decided by what the meter counts."""
    if interpretation.quantity == "volume" and context.media in ("water", "gas"):
        return QUANTITIES[context.media].device_class
    return interpretation.row.device_class


def state_class_of(candidate: Place, interpretation: Interpretation, device_class: str | None) -> str | None:
    """Return how a reading is counted: a meter's value of yesterday is not."""
    usual = interpretation.row.state_class
    if usual == "total_increasing" and has_qualifier(candidate, display_names.OVER):
        return None
    if device_class == "energy" and candidate.number is not None and candidate.number < 0:
        return "total"
    if usual == "total_increasing" and has_qualifier(candidate, display_names.STATISTICS):
        return "measurement" if interpretation.row.device_class is None else None
    return usual


def has_qualifier(candidate: Place, words: frozenset[str]) -> bool:
    """Return whether one of these words stands in the key, or right above it."""
    return any(not words.isdisjoint(level) for level in candidate.levels[:2])
