"""Texts of the dialogs: formats and problems."""

import gzip

from tests.things.wizard import WEATHER, Wizard


async def test_a_message_that_only_we_can_read_says_so(wizard: Wizard) -> None:
    await wizard.hear("garden/weather", gzip.compress(b"temperature=21.5 humidity=44"))

    assert "Format: **gzip+key-value pairs**\n" in wizard.text
    assert "Values read by: IoT Bridge\n" in wizard.text


async def test_what_could_not_be_understood_is_said_in_words(wizard: Wizard) -> None:
    await wizard.start("topic")
    await wizard.submit(topic="garden/#")
    await wizard.kit.receive("garden/weather", WEATHER)
    await wizard.kit.receive("garden/noise", b"\x00\xff\xfe\x01")
    await wizard.wait(3)
    await wizard.submit()

    assert "- Problems: \n  - The message is binary, but not in a supported format" in wizard.text
