"""Questions before power commands: pure, driven by turns and the time."""

from dataclasses import replace

import pytest

from custom_components.iotbridge.hosts.voice.questions import MAX_QUESTIONS, Question, Questions, Turn, is_yes
from custom_components.iotbridge.protocol.topics import HostKey

ASKED = Turn(
    conversation_id="c1",
    user_id="anna",
    context_id="x1",
    number=1,
    preceding=None,
    utterance="reboot the nas",
    previous="",
    is_of_person=True,
)
QUESTION = Question(
    turn=ASKED, at=100.0, key=HostKey("iotbridge", "nas"), command="reboot", host="Nas", text="Reboot Nas?"
)
ANSWER = replace(ASKED, context_id="x2", number=5, preceding=1, utterance="yes", previous="Reboot Nas?")


@pytest.fixture
def questions() -> Questions:
    """Return an open question."""
    questions = Questions()
    questions.ask(QUESTION)
    return questions


def test_the_next_turn_of_the_same_user_answers_it_once(questions: Questions) -> None:
    assert questions.answer(ANSWER, 130.0) == QUESTION
    assert questions.answer(replace(ANSWER, context_id="x3", number=9), 130.0) is None


@pytest.mark.parametrize(
    "turn",
    [
        ASKED,
        replace(ANSWER, context_id="x1"),
        replace(ANSWER, number=1),
        replace(ANSWER, user_id="bob"),
        replace(ANSWER, user_id=None),
        replace(ANSWER, is_of_person=False),
        replace(ANSWER, conversation_id="c2"),
    ],
)
def test_the_same_turn_another_person_and_a_script_leave_it_open(questions: Questions, turn: Turn) -> None:
    assert questions.answer(turn, 101.0) is None
    assert questions.answer(ANSWER, 101.0) == QUESTION


@pytest.mark.parametrize(
    ("turn", "now"),
    [
        (ANSWER, 130.1),
        (replace(ANSWER, previous="It is 20 °C."), 101.0),
        (replace(ANSWER, previous=""), 101.0),
        (replace(ANSWER, preceding=3), 101.0),
        (replace(ANSWER, preceding=None), 101.0),
    ],
)
def test_too_late_or_after_something_else_closes_it(questions: Questions, turn: Turn, now: float) -> None:
    assert questions.answer(turn, now) is None
    assert questions.answer(replace(ANSWER, context_id="x3", number=9), 101.0) is None


def test_a_model_repeats_the_question_at_the_end_of_its_message() -> None:
    asked = replace(QUESTION, is_repeated_by_model=True)
    for message, is_asked in (
        ("Very well. **Reboot nas?**", True),
        ("The upcoming nas is old. Shall I turn on the light?", False),
        ("Shut down Nas?", False),
        ("Reboot Nas? No. Shall I turn on the light?", False),
    ):
        questions = Questions()
        questions.ask(asked)
        assert (questions.answer(replace(ANSWER, previous=message), 101.0) is not None) is is_asked


def test_a_second_question_replaces_the_first_and_there_are_not_too_many(questions: Questions) -> None:
    second = replace(QUESTION, command="shutdown", text="Shut down Nas?")
    questions.ask(second)
    assert questions.answer(replace(ANSWER, previous="Shut down Nas?"), 101.0) == second

    questions.ask(QUESTION)
    for number in range(MAX_QUESTIONS):
        questions.ask(replace(QUESTION, turn=replace(ASKED, conversation_id=f"other {number}")))
    assert questions.answer(ANSWER, 101.0) is None


@pytest.mark.parametrize(
    "text",
    [
        "yes", "Yes!", "yes, please", "Yes, go ahead.", "I'm sure", "do it", "sì", "si", "Sì, procedi", "oui",
        "Oui, s'il te plaît.", "Vas-y !",
    ],
)  # fmt: skip
def test_a_plain_yes(text: str) -> None:
    assert is_yes(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "yes?", "yes, but not now", "yes and no", "yes, the other one", "yes tomorrow", "don't", "yesterday",
        "wait, yes", "please", "sì, ma dopo", "si riavvia da solo?", "no, sì", "oui mais pas maintenant", "reboot",
        "Yes, reboot the NAS.", "the user said yes", "yes yes yes yes yes yes yes yes yes",
    ],
)  # fmt: skip
def test_no_plain_yes(text: str) -> None:
    assert not is_yes(text, "en")


def test_si_is_no_yes_in_french() -> None:
    assert is_yes("si", "it")
    assert not is_yes("si", "fr-FR")
