"""Open questions before power commands: pure. Only the user's own next message answers one."""

from collections.abc import Iterable
from dataclasses import dataclass, field
import re

from ...protocol.topics import HostKey

ANSWER_WITHIN_S = 30.0
# Conversations are closed after minutes; those that never answer must not be able to fill the memory.
MAX_QUESTIONS = 100
# As in the sentences of IotBridgeAnswerYes.
_YES = re.compile(
    r"(yes|yeah|yep|sure|confirm)( please| do it| i am sure| i m sure| go ahead)?|do it|go ahead|i am sure|i m sure"
    r"|sì( certo| fallo| procedi| va bene| grazie| per favore)?|certo|fallo|procedi|confermo|conferma"
    r"|oui( merci| bien sûr| s il (te|vous) plaît)?|(oui )?(vas y|allez y|fais le|faites le)|(je )?confirme"
)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Turn of a conversation: one message of a user, with all that an agent does about it."""

    conversation_id: str
    user_id: str | None
    context_id: str
    number: int
    """Position in the conversation."""
    preceding: int | None
    """Position of the user's message before this one; None for the first."""
    utterance: str
    """Message of the user."""
    previous: str
    """Message of the assistant right before it."""
    is_of_person: bool
    """False for a message that a script or an automation sent."""

    def is_same(self, other: Turn) -> bool:
        """Return whether both are the same turn, by all that identifies one."""
        return self.context_id == other.context_id or self.number == other.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Question before a power command; ``at`` is in seconds of a monotonic clock."""

    turn: Turn
    at: float
    key: HostKey
    command: str
    host: str
    text: str
    is_repeated_by_model: bool = False
    """True if a language model asks it, at the end of a message of its own."""

    def is_asked_in(self, message: str) -> bool:
        """Return whether a message of the assistant asks this question."""
        if not self.is_repeated_by_model:
            return message == self.text
        _, text, rest = _plain(message).rpartition(_plain(self.text))
        return bool(text) and not _words(rest)


@dataclass(slots=True)
class Questions:
    """Open questions, at most one for each conversation."""

    _open: dict[str, Question] = field(default_factory=dict)

    def ask(self, question: Question) -> None:
        """Add a question; it replaces an earlier one of the conversation."""
        self._open.pop(question.turn.conversation_id, None)
        self._open[question.turn.conversation_id] = question
        if len(self._open) > MAX_QUESTIONS:
            del self._open[next(iter(self._open))]

    def answer(self, turn: Turn, now: float) -> Question | None:
        """Return the question that a turn may answer, which is closed by it; None where there is none.

        The same turn, another user and a script leave it open. Any other turn closes it, and only the very next one
        answers it.
        """
        question = self._open.get(turn.conversation_id)
        if question is None or turn.is_same(question.turn):
            return None
        if not turn.is_of_person or turn.user_id != question.turn.user_id:
            return None
        del self._open[turn.conversation_id]
        is_in_time = now - question.at <= ANSWER_WITHIN_S
        is_next = turn.preceding == question.turn.number
        return question if is_in_time and is_next and question.is_asked_in(turn.previous) else None


def is_yes(utterance: str, language: str | None) -> bool:
    """Return whether a message is a plain yes and nothing else, in one of the languages of the sentences."""
    text = " ".join(_words(utterance))
    if not (language or "").startswith("fr"):
        # Written without its accent; in French, this is "if".
        text = re.sub(r"^si\b", "sì", text)
    return _YES.fullmatch(text) is not None and not utterance.rstrip().endswith("?")


def _plain(text: str) -> str:
    """Return a text in lower case, with single spaces."""
    return " ".join(text.casefold().split())


def _words(text: str) -> list[str]:
    words: Iterable[str] = _WORD.findall(text.casefold())
    return list(words)
