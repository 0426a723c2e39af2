"""State of hosts as sentences."""

import pytest

from custom_components.iotbridge.hosts.inventory import Host, PowerState
from custom_components.iotbridge.hosts.voice.status import down_sentence, spoken_readings, status_sentence
from custom_components.iotbridge.protocol.messages import Reading
from custom_components.iotbridge.protocol.topics import HostKey
from custom_components.iotbridge.sentences.speech import Speech

from ...test_translations import load

SPEECH = Speech(load()["selector"]["voice"]["options"])


def host(power: PowerState | None, **readings: Reading) -> Host:
    return Host(HostKey("iotbridge", "nas"), power=power, readings=readings)


@pytest.mark.parametrize(
    ("readings", "spoken"),
    [
        ({}, {}),
        ({"cpu_percent": 12.5, "memory_percent": 3}, {"cpu": 12, "memory": 3}),
        ({"disk_percent": 20.0, "disk_percent_data": 90.9, "disk_free": 5}, {"disk": 91}),
        ({"updates_pending": 0}, {}),
        ({"updates_pending": 3}, {"updates": 3}),
        ({"cpu_percent": "hot", "memory_percent": True, "disk_percent": None}, {}),
    ],
)
def test_the_readings_that_matter(readings: dict[str, Reading], spoken: dict[str, int]) -> None:
    assert spoken_readings(readings) == spoken


@pytest.mark.parametrize("power", [*PowerState, None])
def test_every_power_state_has_its_word(power: PowerState | None) -> None:
    sentence = status_sentence(host(power, cpu_percent=5), "Nas", SPEECH)
    assert sentence.startswith("Nas is ")
    assert ("CPU" in sentence) is (power is PowerState.ON), "old readings say nothing about a host that is off"


def test_hosts_that_are_not_on_are_listed() -> None:
    on, off, unknown = host(PowerState.ON), host(PowerState.OFF), host(None)
    assert down_sentence([], SPEECH) == down_sentence([(unknown, "x")], SPEECH) == "There are no hosts."
    assert down_sentence([(on, "a")], SPEECH) == "All hosts are on."
    assert down_sentence([(on, "a"), (off, "b"), (unknown, "x")], SPEECH) == "Not on: b (off)."
