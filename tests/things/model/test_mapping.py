"""Mapping of decoded messages to the channels of a profile, and identifiers of devices."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.iotbridge.things.model.mapping import (
    ProfileReader,
    Update,
    identity_and_subtopic,
    position,
    slug,
    thing_uid,
)
from custom_components.iotbridge.things.model.message import (
    Decoded,
    DeviceMetadata,
    Field,
    Path,
    Report,
    Scalar,
    Value,
)
from custom_components.iotbridge.things.model.profile import Channel, Profile, key_of
from custom_components.iotbridge.things.model.topic_matching import TopicMatch

PLACE = TopicMatch("attic/weather", "attic/weather", "")
TEMPERATURE = Channel(name="Temperature", path=("temperature",), state_class="measurement", scale=0.1)
LOCATION = Channel(
    name="Location",
    path=("lat",),
    platform="device_tracker",
    companions=(("longitude", ("lon",)), ("accuracy", ("acc",))),
)


def update(*channels: Channel, place: TopicMatch = PLACE, exact: bool = True, **members: Scalar) -> Update:
    """Return the update of one message with these members."""
    profile = Profile(topic="attic/#", depth=2, channels=channels, devices={})
    report = Report(fields=tuple(Field(path=(name,), value=value) for name, value in members.items()))
    (found,) = ProfileReader(profile).read(place, Decoded(format="json", reports=(report,), exact=exact))
    return found


def test_values_are_those_of_the_channels_and_all_keys_are_known() -> None:
    found = update(TEMPERATURE, temperature=215, humidity=40)

    assert (found.values, found.keys, found.broken) == ({"temperature": 21.5}, {"temperature", "humidity"}, [])


def test_a_disabled_channel_is_not_read() -> None:
    off = Channel(name="Humidity", path=("humidity",), enabled=False)

    assert update(off, humidity=40).values == {}


def test_a_channel_is_of_one_subtopic() -> None:
    below = Channel(name="Temperature", path=("temperature",), subtopic="state")

    assert update(below, temperature=20).values == {}
    found = update(below, place=TopicMatch("attic/weather", "attic/weather", "state"), temperature="20")
    assert found.values == {"state:temperature": "20"}


def test_a_value_that_the_channel_does_not_expect_is_broken() -> None:
    found = update(TEMPERATURE, temperature="warm")

    assert (found.values, found.broken) == ({}, ["temperature"])


def test_a_position_has_its_companions() -> None:
    found = update(LOCATION, lat=48.5, lon="2.25", acc=5, alt=100)

    assert (found.values, found.companions) == ({"lat": (48.5, 2.25)}, {"lat": {"accuracy": 5.0}})


@pytest.mark.parametrize(
    ("value", "exact", "is_readable"), [(215, True, True), (215, False, False), ("21,5", True, False)]
)
def test_core_finds_the_same_in_plain_numbers_of_an_exact_message(
    value: Scalar, exact: bool, is_readable: bool
) -> None:
    assert update(TEMPERATURE, exact=exact, temperature=value).is_readable_by_core is is_readable


WATTS = Channel(name="Power", path=("power",), unit="W", stated_unit="W", unit_path=("power_unit",))


@pytest.mark.parametrize(
    ("unit", "values", "broken", "is_readable"),
    [
        ("W", {"power": 8}, [], True),
        ("kW", {"power": 8000.0}, [], False),
        ("A", {"power": None}, ["power"], False),
        (None, {"power": 8}, [], True),
        (1, {"power": 8}, [], True),
    ],
)
def test_a_value_is_in_the_unit_that_its_message_states(
    unit: Scalar, values: dict[str, Value], broken: list[str], is_readable: bool
) -> None:
    found = update(WATTS, power=8, power_unit=unit)

    assert (found.values, found.broken, found.is_readable_by_core) == (values, broken, is_readable)


@pytest.mark.parametrize("path", [("power",), ()])
def test_a_number_that_becomes_an_object_is_read_by_its_channel(path: Path) -> None:
    channel = Channel(name="Power", path=path, unit="W")
    members: dict[str, Scalar] = {"value": 1.25, "unit": "kW", "quality": 3}
    fields = tuple(Field(path=(*path, name), value=value) for name, value in members.items())
    profile = Profile(topic="attic/#", depth=2, channels=(channel,), devices={})
    decoded = Decoded(format="json", reports=(Report(fields=fields),), exact=True)
    (found,) = ProfileReader(profile).read(PLACE, decoded)

    assert (found.values, found.is_readable_by_core) == ({channel.key: 1250.0}, False)
    assert found.keys == {channel.key, *(key_of("", (*path, name)) for name in ("unit", "quality"))}


def test_a_unit_that_the_format_states_is_converted() -> None:
    channel = Channel(name="Power", path=("power",), unit="W", stated_unit="W")
    report = Report(fields=(Field(path=("power",), value=1.25, unit="kW"),))
    profile = Profile(topic="attic/#", depth=2, channels=(channel,), devices={})
    (found,) = ProfileReader(profile).read(PLACE, Decoded(format="senml", reports=(report,)))

    assert found.values == {"power": 1250.0}


def records(channel: Channel) -> Update:
    """Return the update of a record that is addressed by its identity."""
    profile = Profile(topic="attic/#", depth=2, channels=(channel,), devices={})
    field = Field(path=("disks", "sda", "temp"), raw_path=("disks", 1, "temp"), value=40)
    decoded = Decoded(format="json", reports=(Report(fields=(field,)),), exact=True)
    (found,) = ProfileReader(profile).read(PLACE, decoded)
    return found


def test_a_record_is_read_by_its_identity_which_core_cannot() -> None:
    found = records(Channel(name="sda", path=("disks", "sda", "temp"), unit="°C"))

    assert (found.values, found.keys, found.is_readable_by_core) == ({"disks.sda.temp": 40}, {"disks.sda.temp"}, False)


def test_a_channel_that_was_saved_by_position_is_read_by_position() -> None:
    found = records(Channel(name="sda", path=("disks", 1, "temp"), unit="°C"))

    assert (found.values, found.is_readable_by_core) == ({"disks[1].temp": 40}, True)
    assert found.keys == {"disks[1].temp", "disks.sda.temp"}


def test_the_companions_of_a_position_are_found_by_position_too() -> None:
    fields = tuple(
        Field(path=("points", "gps", key), raw_path=("points", 0, key), value=value)
        for key, value in (("lat", 48.5), ("lon", 2.25))
    )
    channel = replace(LOCATION, path=("points", 0, "lat"), companions=(("longitude", ("points", 0, "lon")),))
    profile = Profile(topic="attic/#", depth=2, channels=(channel,), devices={})
    (found,) = ProfileReader(profile).read(PLACE, Decoded(format="json", reports=(Report(fields=fields),)))

    assert found.values == {"points[0].lat": (48.5, 2.25)}


@pytest.mark.parametrize(("latitude", "longitude"), [(None, 2.25), (48.5, None), (0, 0), ("0.0", "0.0")])
def test_a_receiver_without_a_fix_has_no_position(latitude: Scalar, longitude: Scalar) -> None:
    assert position(latitude, longitude) is None


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 2.25), (48.5, -181), (True, 2.25), ("north", 2.25)])
def test_invalid_coordinates_are_not_a_position(latitude: Scalar, longitude: Scalar) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any sentence will do, the value only counts as broken
        position(latitude, longitude)


def test_an_identity_in_the_message_takes_precedence_over_the_topic() -> None:
    place = TopicMatch("gate", "gate", "up")

    assert identity_and_subtopic(place, Report(fields=(), identity="0001", metadata=DeviceMetadata())) == ("0001", "")
    assert identity_and_subtopic(place, Report(fields=())) == ("gate", "up")


@given(st.text(max_size=60), st.text(max_size=60))
def test_ids_are_plain_and_differ_where_the_names_do(left: str, right: str) -> None:
    assert slug(left).replace("_", "").isascii()
    assert slug(left).replace("_", "").isalnum()
    assert (slug(left) == slug(right)) is (left == right)
    assert thing_uid("t", left) != thing_uid("t", right) or left == right
