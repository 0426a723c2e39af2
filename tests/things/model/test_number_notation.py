"""Notations of numbers in texts."""

import pytest

from custom_components.iotbridge.things.model.number_notation import NOTATIONS, Notation, has_decimal_comma, number_of


@pytest.mark.parametrize("notation", NOTATIONS, ids=lambda notation: notation.example)
def test_every_notation_has_an_example(notation: Notation) -> None:
    assert number_of(notation.example) == notation.value
    assert number_of(f"-{notation.example}") == -notation.value
    assert has_decimal_comma(notation.example) is notation.has_decimal_comma


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5),
        ("5.0", 5.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+3", 3),
        ("0041", 41),
        ("052.70", 52.7),
        ("-3,25", -3.25),
        ("\u22123,25", -3.25),
        ("0,234", 0.234),
        ("1234,567", 1234.567),
        ("12.345,67", 12345.67),
        ("1,5e3", 1500.0),
    ],
)
def test_numbers_in_texts(text: str, number: float) -> None:
    assert number_of(text) == number
    assert type(number_of(text)) is type(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x10",
        "1_000",
        "٣",
        "1e999",
        "1,234",
        "1,2,3",
        "1,234,567",
        "12.34,5",
        "1.2345,6",
        "0.123,4",
        "1.234.567",
        "1.2.3",
        "12 34",
        "1 234",
        "12:30",
        "21.11.2026",
        "40,",
        ",5",
        "1.234,56 kWh",
    ],
)
def test_texts_that_are_not_one_number(text: str) -> None:
    assert number_of(text) is None


def test_an_ambiguous_comma_comes_before_decimals_if_the_device_writes_them_so() -> None:
    assert number_of("1,234", decimal_comma=True) == 1.234
    assert number_of("1,234.5", decimal_comma=True) == 1234.5
    assert not has_decimal_comma("1,234")
