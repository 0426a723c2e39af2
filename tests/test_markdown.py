"""Untrusted texts stay text where the frontend shows markdown: no link, no picture, no HTML."""

import json
import re

from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.iotbridge.issues import HOST_FLOODING, Issues
from custom_components.iotbridge.markdown import escaped, in_code
from custom_components.iotbridge.things.model.message import DeviceMetadata
from custom_components.iotbridge.things.model.profile import Channel, Profile
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .things.conftest import wizard
from .things.wizard import Wizard

__all__ = ["wizard"]
from .kit import Kit, learn

EVIL = "[Update now](https://evil.example/x) ![](https://evil.example/p.png)"
ALIVE = re.compile(r"\]\(|\]\[|!\[|<[a-z/!]|://|www\.|`|\*|@", re.IGNORECASE)


def alive(text: str) -> list[str]:
    """Return the markup that is left after everything escaped was removed."""
    return ALIVE.findall(re.sub(r"\\[!-/:-@\[-`{-~]", "·", text))


@pytest.mark.parametrize(
    "text",
    [
        EVIL,
        "<img src=https://evil.example/p.png>",
        "<https://evil.example>",
        "see https://evil.example or WWW.evil.example or mail@evil.example",
        "[a][b]\n\n[b]: https://evil.example",
        r"\[a\](https://evil.example)",
        "`code` **bold** ~~gone~~",
        "# heading\n- list\n| table |",
    ],
)
def test_markup_is_text(text: str) -> None:
    assert not alive(escaped(text))
    assert "\n" not in escaped(text)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped(text)) == " ".join(text.split())


@given(st.text(max_size=60))
def test_no_text_is_markup(text: str) -> None:
    assert not alive(escaped(text))
    assert "`" not in in_code(text)


@pytest.mark.parametrize(
    "text", ["Küche (oben)", "attic_temperature", "nas.lan", "21.5 °C", "ENERGY.Total", "a/+/b", "Oh!", "1 now (Attic)"]
)
def test_an_ordinary_name_stays_as_it_is(text: str) -> None:
    assert escaped(text) == text


async def test_a_device_cannot_put_a_link_into_a_repair(hass: HomeAssistant, kit: Kit, entry: MockConfigEntry) -> None:
    channel = Channel(name="Temperature", path=("temperature_C",), state_class="measurement")
    devices = {"Acme-1": DeviceMetadata(name="Acme")}
    profile = Profile(topic="rtl_433/+/events", depth=0, channels=(channel,), devices=devices)
    learn(hass, entry, profile)
    await hass.async_block_till_done()

    await kit.receive("rtl_433/pi/events", json.dumps({"model": EVIL, "id": 7, "temperature_C": 21}))
    await kit.receive("rtl_433/pi/events", json.dumps({"model": "Acme", "id": 1, "temperature_C": 21, EVIL: 5}))
    await kit.wait(70)

    issues = {issue.translation_key: issue for issue in ir.async_get(hass).issues.values()}
    assert issues.keys() >= {"new_devices"}
    for issue in issues.values():
        for key, text in (issue.translation_placeholders or {}).items():
            assert key.endswith("_plain") or not alive(text), key


async def test_titles_are_plain_text_and_get_names_as_they_are(hass: HomeAssistant) -> None:
    Issues(hass).async_set(HOST_FLOODING, "x", True, host="nas [attic] *2*")

    (issue,) = ir.async_get(hass).issues.values()
    assert issue.translation_placeholders == {
        "host": "nas \\[attic\\] \\*2\\*",
        "host_plain": "nas [attic] *2*",
    }


async def test_a_message_cannot_put_a_link_into_the_wizard(wizard: Wizard) -> None:
    await wizard.start("paste")
    await wizard.submit(topic=f"`{EVIL}`", payload=json.dumps({"temperature": 21.5, EVIL: [{"x": "y" * 300}]}))
    assert wizard.step == "device"
    assert EVIL in wizard.text.replace("'", "").replace("\\", "")

    outside = re.sub(r"`[^`]*`|\*\*", "", wizard.text)
    assert not alive(outside)
