"""Codes of cards: what a reader hears is an event if its messages have nothing else to show. Pure."""

from collections.abc import Sequence

from ..model.conversion import is_absent, text_of
from ..model.profile import Channel
from ..vocabulary.states.events import MAYBE_OF_A_CARD, OF_A_CARD
from ..vocabulary.text_forms import CARD_CODE
from .candidates.candidate import Candidate
from .channels import event_channel
from .roles.words import role_of


def with_cards(
    proposed: Sequence[tuple[Candidate, Channel]], candidates: Sequence[Candidate]
) -> list[tuple[Candidate, Channel]]:
    """Return the proposals, with an event for each code of a card if none of them is enabled."""
    has_reading = any(channel.enabled for _, channel in proposed)
    cards = [] if has_reading else [candidate for candidate in candidates if is_code_of_a_card(candidate, candidates)]
    rest = [(candidate, channel) for candidate, channel in proposed if candidate not in cards]
    return [*((card, event_channel(card)) for card in cards), *rest]


def is_code_of_a_card(candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Return whether a value is the code of a card: by its key, or because nothing but times is beside it."""
    if not CARD_CODE.fullmatch(text_of(candidate.field.value).strip()):
        return False
    if not OF_A_CARD.isdisjoint(set(candidate.leaf) - MAYBE_OF_A_CARD):
        return True
    others = [other for other in candidates if other is not candidate and not is_absent(other.field.value)]
    return not MAYBE_OF_A_CARD.isdisjoint(candidate.leaf) and all(
        role_of(other.leaf, None) == "time" for other in others
    )
