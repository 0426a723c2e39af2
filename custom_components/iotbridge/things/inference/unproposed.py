"""Values that are not proposed, each as the channel that the user can pick all the same. Pure."""

from dataclasses import replace

from ..model.conversion import quantity_of
from ..model.profile import Channel
from .candidates.candidate import Candidate
from .channels import event_channel, measured_channel, plain_channel
from .interpretation import Context, Interpretation
from .passes import interpret
from .quantities.rules import with_quantity
from .quantities.words import quantity_key
from .roles.rules import EPOCH
from .states.event_rules import is_card
from .units.rules import with_unit


def unproposed_channel(candidate: Candidate, context: Context) -> Channel:
    """Return the disabled channel of a value that is not proposed."""
    if is_card(candidate):
        return replace(event_channel(candidate), enabled=False)
    number = candidate.number
    if number is None and candidate.text is not None:
        number, _ = quantity_of(candidate.text)
    if candidate.field.encoded or number is None or abs(number) >= EPOCH:
        return plain_channel(candidate)
    counted = candidate if candidate.number is not None else replace(candidate, number=number)
    interpretation = interpret(counted, context)
    if interpretation.role == "time":
        interpretation = with_unit(with_quantity(quantity_key(counted), context), counted, context)
    elif interpretation.role == "identity":
        interpretation = Interpretation(role="identity")
    return measured_channel(counted, interpretation, context)
