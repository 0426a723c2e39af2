"""Selection of the processor's probe, and values that are not temperatures."""

from pathlib import Path

from collecting import readings, values, write
import pytest

from iotbridge_agent.collectors.temperature import Temperature
from iotbridge_agent.config import CollectorConfig
from iotbridge_agent.errors import NoDataError


def chip(root: Path, number: int, name: str, device: str | None, **files: str) -> None:
    """Add a chip; ``temp1="41000"``, ``temp1_label="Core 0"``."""
    folder = f"sys/class/hwmon/hwmon{number}"
    named = {key if "_" in key else f"{key}_input": text for key, text in files.items()}
    write(root, {f"{folder}/name": f"{name}\n", **{f"{folder}/{key}": f"{text}\n" for key, text in named.items()}})
    if device:
        (root / "sys/devices" / device).mkdir(parents=True, exist_ok=True)
        (root / folder / "device").symlink_to(root / "sys/devices" / device)


def temperature(root: Path, **settings: tuple[str, ...]) -> Temperature:
    return Temperature(CollectorConfig(**settings), root)  # type: ignore[arg-type]


def intel(root: Path) -> None:
    chip(
        root,
        3,
        "coretemp",
        "coretemp.0",
        temp1="51500",
        temp1_label="Package id 0",
        temp1_crit="100000",
        temp2="50000",
        temp2_label="Core 0",
        temp3="48000",
        temp3_label="Core 1",
    )
    chip(root, 1, "nvme", "nvme0", temp1="38850", temp1_label="Composite")
    chip(root, 2, "acpitz", "thermal_zone0", temp1="27800")


def test_the_package_is_on_and_the_rest_is_off(tmp_path: Path) -> None:
    intel(tmp_path)
    found = readings(temperature(tmp_path))
    assert {key: reading.value for key, reading in found.items()} == {
        "cpu_temperature": 51.5,
        "temperature_nvme0_composite": 38.85,
        "temperature_acpitz_temp1": 27.8,
    }
    assert [key for key, reading in found.items() if reading.description.enabled] == ["cpu_temperature"]
    assert found["temperature_nvme0_composite"].description.placeholders == {"sensor": "nvme0 Composite"}


def test_included_cores_have_sensors(tmp_path: Path) -> None:
    intel(tmp_path)
    found = values(temperature(tmp_path, include=("* Core 0",), exclude=("acpitz*",)))
    assert set(found) == {"cpu_temperature", "temperature_nvme0_composite", "temperature_coretemp_0_core_0"}


def test_the_warmer_of_two_processors_is_shown_and_both_have_sensors(tmp_path: Path) -> None:
    for number, heat in ((0, "40000"), (1, "60000")):
        chip(tmp_path, number, "coretemp", f"coretemp.{number}", temp1=heat, temp1_label=f"Package id {number}")
    assert values(temperature(tmp_path)) == {
        "cpu_temperature": 60.0,
        "temperature_coretemp_0_package_id_0": 40.0,
        "temperature_coretemp_1_package_id_1": 60.0,
    }


@pytest.mark.parametrize(
    ("name", "labels", "expected"),
    [
        ("k10temp", {"temp1": "70000", "temp1_label": "Tctl", "temp2": "50000", "temp2_label": "Tdie"}, 50.0),
        ("k10temp", {"temp1": "70000", "temp1_label": "Tctl"}, 70.0),
        ("cpu_thermal", {"temp1": "44000"}, 44.0),
        ("soc_thermal", {"temp1": "45000"}, 45.0),
    ],
)
def test_the_processor_of_other_makers(tmp_path: Path, name: str, labels: dict[str, str], expected: float) -> None:
    chip(tmp_path, 0, name, None, **labels)
    assert values(temperature(tmp_path))["cpu_temperature"] == expected


def test_boards_with_thermal_zones_only(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
            "sys/class/thermal/thermal_zone0/temp": "47236\n",
            "sys/class/thermal/cooling_device0/type": "fan\n",
        },
    )
    assert values(temperature(tmp_path)) == {"cpu_temperature": 47.236}


@pytest.mark.parametrize("absurd", ["-273000", "0", "127000", "127500", "128000", "255000", "-128000", "6553500"])
def test_values_of_inputs_nothing_is_connected_to_are_dropped(tmp_path: Path, absurd: str) -> None:
    chip(tmp_path, 0, "nct6779", "nct6775.656", temp1=absurd, temp2="35000", temp2_label="SYSTIN")
    assert values(temperature(tmp_path)) == {"temperature_nct6779_nct6775_656_systin": 35.0}


def test_a_chip_that_does_not_answer_has_no_value(tmp_path: Path) -> None:
    chip(tmp_path, 0, "iwlwifi_1", None, temp1="garbage")
    (tmp_path / "sys/class/hwmon/hwmon0/temp2_input").mkdir()  # reading it fails, as of a drive that sleeps
    assert values(temperature(tmp_path)) == {"temperature_iwlwifi_1_temp1": None, "temperature_iwlwifi_1_temp2": None}


def test_a_processor_that_does_not_answer_has_no_value(tmp_path: Path) -> None:
    chip(tmp_path, 0, "coretemp", None, temp1="", temp1_label="Package id 0")
    assert values(temperature(tmp_path)) == {"cpu_temperature": None}


def test_without_probes_there_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        values(temperature(tmp_path))


def test_keys_do_not_depend_on_the_numbers_of_the_kernel(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for root, numbers in ((first, (0, 1)), (second, (1, 0))):
        chip(root, numbers[0], "nvme", "nvme0", temp1="30000")
        chip(root, numbers[1], "nvme", "nvme1", temp1="40000")
    assert values(temperature(first)) == values(temperature(second))
