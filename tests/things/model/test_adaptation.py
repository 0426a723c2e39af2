"""Profiles of devices that write their values in another way than when they were learned."""

from dataclasses import replace

from custom_components.iotbridge.things.model.adaptation import adapted
from custom_components.iotbridge.things.model.mapping import Update
from custom_components.iotbridge.things.model.message import DeviceMetadata
from tests.things.attic import CLICK, DOOR, MODE, TEMPERATURE, profile

AS_LEARNED = Update("attic", DeviceMetadata(), values={"temperature": 21.5})


def test_a_profile_stays_as_it_is_while_values_are_written_as_learned() -> None:
    learned = profile(TEMPERATURE, DOOR)

    assert adapted(learned, [AS_LEARNED]) is learned


def test_values_that_core_cannot_read_are_published() -> None:
    learned = profile(TEMPERATURE, DOOR)
    unreadable = replace(AS_LEARNED, is_readable_by_core=False)

    assert adapted(learned, [AS_LEARNED, unreadable]) == replace(learned, exact=False)
    assert adapted(learned, [replace(unreadable, values={})]) is learned, "nothing of it is shown"
    with_event = profile(TEMPERATURE, CLICK)
    assert adapted(with_event, [unreadable]) is with_event, "it is published anyway"


def test_a_decimal_comma_holds_for_all_numbers_of_a_device() -> None:
    found = adapted(profile(TEMPERATURE, DOOR, MODE), [replace(AS_LEARNED, has_decimal_comma=True)])

    assert [channel.decimal_comma for channel in found.channels] == [True, False, MODE.is_number]
