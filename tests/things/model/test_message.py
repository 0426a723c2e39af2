"""Metadata of devices, and errors with the problem for the user."""

from custom_components.iotbridge.things.model.message import DecodeError, DeviceMetadata, Problem, ProblemKind


def test_known_metadata_take_precedence() -> None:
    corrected, stated = DeviceMetadata(name="Hall", model=None), DeviceMetadata(name="esp-01", model="W1")

    assert corrected.or_else(stated) == DeviceMetadata(name="Hall", model="W1")
    assert stated.or_else(corrected) == stated


def test_an_error_of_decoding_is_the_problem_with_its_words() -> None:
    error = DecodeError(ProblemKind.TOO_LARGE, most="64")

    assert error.problem == Problem(ProblemKind.TOO_LARGE, (("most", "64"),))
