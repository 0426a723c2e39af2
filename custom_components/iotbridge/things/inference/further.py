"""Further values: those that are not proposed, with the channel that each would be if the user wants it. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from ..model.conversion import quantity_of
from ..model.profile import Channel
from .candidates.candidate import Candidate
from .channels import channel_of, event_channel, measured_channel, plain_channel
from .interpretation import Context, Interpretation
from .passes import interpret
from .quantities.rules import with_quantity
from .quantities.words import quantity_key
from .roles.rules import EPOCH
from .states.event_rules import is_card
from .units.rules import with_unit

MAX_FURTHER = 300


def further(
    candidates: Iterable[Candidate],
    proposed: Iterable[tuple[Candidate, Channel]],
    rejected: Collection[Candidate],
    context: Context,
) -> list[tuple[Candidate, Channel]]:
    """Return the candidates that are not proposed, with their channels; ``rejected`` ones are no readings."""
    used = {candidate for candidate, _ in proposed}
    rest = [candidate for candidate in candidates if candidate not in used][:MAX_FURTHER]
    return [
        (candidate, replace(further_channel(candidate, context, is_rejected=candidate in rejected), enabled=False))
        for candidate in rest
    ]


def further_channel(candidate: Candidate, context: Context, *, is_rejected: bool) -> Channel:
    """Return the channel of a value that is not proposed: with its unit if its words name one."""
    if is_card(candidate):
        return event_channel(candidate)
    if candidate.field.encoded:
        return plain_channel(candidate)
    channel = None if is_rejected else channel_of(candidate, context)
    return channel or unproposed_channel(candidate, context)


def unproposed_channel(candidate: Candidate, context: Context) -> Channel:
    """Return the sensor of an identity, a time, or a text; a number with leading zeros is one all the same."""
    number = candidate.number
    if number is None and candidate.text is not None:
        number, _ = quantity_of(candidate.text)
    if number is None or abs(number) >= EPOCH:
        return plain_channel(candidate)
    counted = replace(candidate, number=number)
    interpretation = interpret(counted, context)
    if interpretation.role == "time":
        interpretation = with_unit(with_quantity(quantity_key(counted), context), counted, context)
    elif interpretation.role == "identity":
        interpretation = Interpretation(role="identity")
    return measured_channel(counted, interpretation, context)
