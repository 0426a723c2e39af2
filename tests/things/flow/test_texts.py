"""Texts of the dialogs: formats and problems."""

import gzip

from tests.things.wizard import WEATHER, Wizard


async def test_the_format_of_a_decoded_message_is_shown(wizard: Wizard) -> None:
    await wizard.learn_from("garden/weather", gzip.compress(b"temperature=21.5 humidity=44"))

    assert "Format: **gzip+key-value pairs**\n" in wizard.text
    assert "Values read by: IoT Bridge\n" in wizard.text


async def test_problems_are_shown_as_sentences(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/#")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.kit.receive("garden/noise", b"\x00\xff\xfe\x01")
    await wizard.wait(3)
    await wizard.submit()

    assert "- Problems: \n  - The message is binary, but not in a supported format" in wizard.text
