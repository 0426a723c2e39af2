"""Relocation of channels from positions to identities."""

from custom_components.iotbridge.things.model.discovery_config import is_direct
from custom_components.iotbridge.things.model.message import DeviceMetadata, Path
from custom_components.iotbridge.things.model.profile import Channel, Profile, Reading
from custom_components.iotbridge.things.model.relocation import relocate, relocations


def channel(name: str, *path: str | int, device_class: str | None = None, unit: str | None = None) -> Channel:
    return Channel(name=name, path=path, device_class=device_class, unit=unit)


def reading(by_identity: Channel, *raw_path: str | int) -> Reading:
    return Reading(channel=by_identity, value=1, raw_path=raw_path)


def saved(*channels: Channel, dropped: frozenset[str] = frozenset()) -> Profile:
    return Profile(topic="t", depth=0, channels=channels, devices={"t": DeviceMetadata()}, dropped=dropped, exact=True)


def paths(profile: Profile, *readings: Reading) -> dict[Path, Path]:
    """Return the old and new paths of the relocations."""
    return {relocation.channel.path: relocation.relocated.path for relocation in relocations(profile, list(readings))}


AIR = channel("Air temperature", "m", "4097", device_class="temperature", unit="°C")
SOIL = channel("Soil temperature", "m", "4102", device_class="temperature", unit="°C")
BATTERY = channel("Battery", "m", "3000", device_class="battery", unit="%")


def test_the_name_decides_wherever_the_record_is_now() -> None:
    profile = saved(channel("Soil temperature", "m", 0, "value"), channel("Air temperature", "m", 1, "value"))

    assert paths(profile, reading(AIR, "m", 0, "value"), reading(SOIL, "m", 1, "value")) == {
        ("m", 0, "value"): ("m", "4102"),
        ("m", 1, "value"): ("m", "4097"),
    }


def test_of_a_renamed_channel_the_only_record_of_its_class_is_meant() -> None:
    renamed = channel("Cell", "m", 0, "value", device_class="battery", unit="%")

    assert paths(saved(renamed), reading(AIR, "m", 0, "value"), reading(BATTERY, "m", 1, "value")) == {
        ("m", 0, "value"): ("m", "3000")
    }


def test_where_several_records_have_the_class_the_position_decides() -> None:
    renamed = channel("Bed", "m", 1, "value", device_class="temperature", unit="°C")

    assert paths(saved(renamed), reading(AIR, "m", 0, "value"), reading(SOIL, "m", 1, "value")) == {
        ("m", 1, "value"): ("m", "4102")
    }


def test_a_record_of_another_class_is_not_taken_for_the_channels() -> None:
    renamed = channel("Cell", "m", 0, "value", device_class="battery", unit="%")

    assert paths(saved(renamed), reading(AIR, "m", 0, "value")) == {}


def test_another_list_or_another_member_is_none() -> None:
    profile = saved(channel("Air temperature", "m", 0, "value"))

    assert paths(profile, reading(AIR, "other", 0, "value"), reading(SOIL, "m", 0, "min")) == {}


def test_a_channel_by_identity_stays() -> None:
    assert paths(saved(AIR), reading(AIR, "m", 0, "value")) == {}


def test_a_relocated_channel_keeps_its_ids_and_what_was_dropped_stays_dropped() -> None:
    profile = saved(channel("Air temperature", "m", 0, "value"), dropped=frozenset({"m[1].value"}))
    readings = [reading(AIR, "m", 0, "value"), reading(BATTERY, "m", 1, "value")]
    changed = relocate(profile, relocations(profile, readings), readings)
    again = relocate(changed, relocations(changed, readings), readings)

    (air,) = changed.channels
    assert (air.key, air.stable_key, air.name) == ("m.4097", "m[0].value", "Air temperature")
    assert changed.dropped == {"m[1].value", "m.3000"}
    assert (air.by_identity, is_direct(changed), again) == (True, False, changed)


def test_the_companions_of_a_position_move_along() -> None:
    def place(*path: str | int, longitude: Path) -> Channel:
        return Channel(name="Location", path=path, platform="device_tracker", companions=(("longitude", longitude),))

    profile = saved(place("m", 0, "value", longitude=("m", 1, "value")))
    location = reading(place("m", "4198", longitude=("m", "4197")), "m", 1, "value")

    (relocation,) = relocations(profile, [location])
    assert relocation.relocated.companions == (("longitude", ("m", "4197")),)


def test_fields_of_a_channel_by_position_are_decided() -> None:
    profile = saved(channel("Air temperature", "m", 0, "value"), dropped=frozenset({"m[1].value"}))
    readings = [reading(AIR, "m", 0, "value"), reading(BATTERY, "m", 1, "value"), reading(SOIL, "m", 2, "value")]

    assert [profile.is_decided(each) for each in readings] == [True, True, False]


def test_the_former_place_of_a_relocated_channel_is_no_new_field() -> None:
    profile = saved(Channel(name="Air temperature", path=("m", "4097"), id_key="m[0].value"))

    assert profile.is_decided(Reading(channel=channel("Value", "m", 0, "value"), value=1))
    assert not profile.is_decided(reading(SOIL, "m", 0, "value"))
