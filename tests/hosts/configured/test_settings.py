"""Settings of configured hosts, as their subentry has them."""

from typing import Any

import pytest

from custom_components.iotbridge.hosts.configured.settings import HostSettings

DATA: dict[str, Any] = {"macs": ["a8:a1:59:00:00:09"], "via": "pi", "entity_id": "binary_sensor.nas", "version": 1}


def test_settings_are_read_and_written() -> None:
    settings = HostSettings.from_dict(DATA)

    assert (settings.macs, settings.wake.via, settings.on_states) == (("a8:a1:59:00:00:09",), "pi", ("on", "home"))
    assert HostSettings.from_dict(settings.as_dict()) == settings


@pytest.mark.parametrize("changes", [{"macs": "a8:a1:59:00:00:09"}, {"address_port": "22"}, {"on_states": [1]}])
def test_values_of_another_type_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        HostSettings.from_dict(DATA | changes)


@pytest.mark.parametrize(
    ("changes", "has_proof"), [({}, True), ({"entity_id": ""}, False), ({"entity_id": "", "address": "nas"}, True)]
)
def test_an_entity_or_an_address_is_a_proof(changes: dict[str, Any], has_proof: bool) -> None:
    assert HostSettings.from_dict(DATA | changes).has_proof is has_proof
