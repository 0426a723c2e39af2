"""Values of the forms: durations, texts, and what is wrong with them."""

from typing import Any

import pytest

from custom_components.iotbridge.forms import LONGEST_S, FieldError, duration, seconds, text


@pytest.mark.parametrize("total_s", [0, 59, 60, 3600, 86399, 86400, 90061, LONGEST_S])
def test_a_duration_is_read_as_it_was_suggested(total_s: float) -> None:
    assert seconds({"hold": duration(total_s)}, "hold") == total_s


def test_an_empty_duration_is_none_where_that_is_allowed() -> None:
    assert seconds({}, "hold") == seconds({"hold": None}, "hold") == 0
    with pytest.raises(FieldError) as caught:
        seconds({}, "hold", least=1)
    assert (caught.value.field, caught.value.key) == ("hold", "duration_missing")


def test_a_duration_of_more_than_a_year_is_refused() -> None:
    with pytest.raises(FieldError) as caught:
        seconds({"hold": {"days": 366}}, "hold")
    assert caught.value.key == "duration_long"


@pytest.mark.parametrize(("user_input", "value"), [({"name": " Attic "}, "Attic"), ({"name": None}, ""), ({}, "")])
def test_a_text_has_no_spaces_around_it(user_input: dict[str, Any], value: str) -> None:
    assert text(user_input, "name") == value
