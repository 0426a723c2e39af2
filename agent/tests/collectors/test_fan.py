"""Fans."""

from pathlib import Path

from collecting import readings, values, write
import pytest

from iotbridge_agent.collectors.fan import Fan
from iotbridge_agent.config import CollectorConfig
from iotbridge_agent.errors import NoDataError


def test_turning_and_standing_fans(tmp_path: Path) -> None:
    folder = "sys/class/hwmon/hwmon0"
    write(
        tmp_path,
        {
            f"{folder}/name": "thinkpad\n",
            f"{folder}/fan1_input": "2790\n",
            f"{folder}/fan2_input": "0\n",
            f"{folder}/fan3_input": "65535 rpm?\n",
            f"{folder}/fan1_min": "100\n",
            "sys/class/hwmon/hwmon1/fan1_input": "900\n",  # a chip without a name
        },
    )
    fan = Fan(CollectorConfig(exclude=("*fan3",)), tmp_path)
    assert values(fan) == {"fan_thinkpad_fan1": 2790.0, "fan_thinkpad_fan2": 0.0}
    assert not any(reading.description.enabled for reading in readings(fan).values())
    assert values(Fan(CollectorConfig(), tmp_path))["fan_thinkpad_fan3"] is None


def test_without_fans_there_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(NoDataError):
        values(Fan(CollectorConfig(), tmp_path))
