"""Templates for topics and keys."""

from hypothesis import given, strategies as st
import pytest

from iotbridge_agent.kafka.template import MissingPartError, parse_template


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("fixed", "fixed"),
        ("{topic}", "shop/7//stock"),
        ("{2}-{1}", "7-shop"),
        ("{3}", ""),
        ("a{user.unit}z", "apcsz"),
        ("{user.a.b}", "x"),
    ],
)
def test_parts_come_from_the_message(text: str, rendered: str) -> None:
    template = parse_template(text)
    assert template is not None
    assert template.render("shop/7//stock", [("unit", "pcs"), ("unit", "kg"), ("a.b", "x")]) == rendered
    assert template.is_fixed == (text == "fixed")
    assert template.has_topic == (text == "{topic}")
    assert template.has_properties == ("user" in text)


@pytest.mark.parametrize("text", ["{5}", "{user.none}"])
def test_a_missing_part_is_named(text: str) -> None:
    template = parse_template(f"x{text}")
    assert template is not None
    with pytest.raises(MissingPartError) as caught:
        template.render("shop/7//stock", [("unit", "pcs")])
    assert str(caught.value) == text


@pytest.mark.parametrize("text", ["{", "}", "{0}", "{01}", "{}", "{Topic}", "{user.}", "{user}", "{{1}}", "{1", "{-1}"])
def test_parts_that_are_not_known(text: str) -> None:
    assert parse_template(text) is None


@given(st.text())
def test_any_text_is_a_template_or_none(text: str) -> None:
    template = parse_template(text)
    if template is not None and template.is_fixed:
        assert template.render("t", []) == text
