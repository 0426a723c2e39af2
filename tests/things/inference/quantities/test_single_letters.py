"""Single letters as keys."""

from tests.things.fields import kinds


def test_letters_name_quantities_within_their_group() -> None:
    assert kinds({"t": 21.5, "h": 40}) == {"t": ("°C", "temperature"), "h": ("%", "humidity")}
    assert kinds({"U1": 230, "I1": 3.2, "P": 12}) == {
        "U1": ("V", "voltage"),
        "I1": ("A", "current"),
        "P": ("W", "power"),
    }
    assert kinds({"p": 71, "x": "y"}) == {}
