"""Values of the forms of alarms."""

from custom_components.iotbridge.alarms.flow.fields import filled


def test_fields_without_a_value_are_not_suggested() -> None:
    assert "message" not in filled({"message": "", "name": "Hot"})
    assert filled({"name": "Hot"}) == {"name": "Hot"}
