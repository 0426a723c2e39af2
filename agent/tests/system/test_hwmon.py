"""Sensor chips, read from files as the kernel provides them."""

from pathlib import Path

import pytest

from iotbridge_agent.system.hwmon import entries, read_line, read_number, read_probes


def chip(root: Path, number: int, name: str | None, device: str | None = None, **files: str) -> Path:
    """Add a chip with files; return its folder."""
    folder = root / f"sys/class/hwmon/hwmon{number}"
    folder.mkdir(parents=True)
    if name:
        (folder / "name").write_text(f"{name}\n")
    for file, text in files.items():
        (folder / file).write_text(f"{text}\n")
    if device:
        (root / "sys/devices" / device).mkdir(parents=True)
        (folder / "device").symlink_to(root / "sys/devices" / device)
    return folder


def test_inputs_of_a_kind_are_read_with_their_labels(tmp_path: Path) -> None:
    chip(tmp_path, 0, "nct6775", temp1_input="41000", temp1_label="CPU", temp2_input="38000", fan1_input="900")

    probes = list(read_probes(tmp_path, "temp"))
    assert [(probe.chip, probe.label, probe.value) for probe in probes] == [
        ("nct6775", "CPU", 41000),
        ("nct6775", "temp2", 38000),
    ]
    assert [probe.label for probe in read_probes(tmp_path, "fan")] == ["fan1"]


@pytest.mark.parametrize(
    ("name", "device", "expected"),
    [
        ("nvme", "nvme0", "nvme0 temp1"),
        ("k10temp", "0000:00:18.3", "k10temp 0000:00:18.3 temp1"),
        ("acpitz", "thermal_zone0", "acpitz temp1"),
        ("nct6775", None, "nct6775 temp1"),
    ],
)
def test_a_chip_is_named_after_its_device(tmp_path: Path, name: str, device: str | None, expected: str) -> None:
    chip(tmp_path, 3, name, device, temp1_input="41000")

    (probe,) = read_probes(tmp_path, "temp")
    assert probe.name == expected


def test_names_are_the_same_whatever_number_the_kernel_gave(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    for root, numbers in ((before, (0, 1)), (after, (7, 2))):
        for number, disk in zip(numbers, ("nvme0", "nvme1"), strict=True):
            chip(root, number, "nvme", disk, temp1_input="41000")

    assert {probe.name for probe in read_probes(before, "temp")} == {probe.name for probe in read_probes(after, "temp")}


def test_a_chip_that_does_not_answer_has_no_value_and_one_without_a_name_is_none(tmp_path: Path) -> None:
    chip(tmp_path, 0, "nvme").joinpath("temp1_input").mkdir()  # reading it is an OSError, as of a disk that sleeps
    chip(tmp_path, 1, "nct6775", temp1_input="N/A")
    chip(tmp_path, 2, None, temp1_input="41000")

    assert [(probe.chip, probe.value) for probe in read_probes(tmp_path, "temp")] == [("nvme", None), ("nct6775", None)]


def test_a_machine_without_chips_has_no_probes(tmp_path: Path) -> None:
    assert list(read_probes(tmp_path, "temp")) == []
    assert entries(tmp_path / "missing") == []
    assert read_line(tmp_path / "missing") is None
    assert read_number(tmp_path / "missing") is None
