"""The wizard in the real frontend, in a real browser.

Pictures of every step stay in the folder that IOTBRIDGE_PICTURES names.
"""

from collections.abc import AsyncGenerator
import os
from pathlib import Path
import shutil

from lab.browser import browsing
from lab.lab import Lab
from lab.things import UNLEARNED
from lab.walk import Walk
import pytest

from .thing import device, replaying, wait_any_value

pytestmark = pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no Chromium")


@pytest.fixture
async def walk(lab: Lab, tmp_path: Path) -> AsyncGenerator[Walk]:
    """Return a walk, with a thing on the broker that is not learned yet."""
    async with replaying(lab, UNLEARNED), browsing(lab, height=1500) as page:
        yield Walk(page, lab, Path(os.environ.get("IOTBRIDGE_PICTURES", tmp_path)))


async def test_wizard_from_listening_to_the_device_on_its_page(walk: Walk, lab: Lab) -> None:
    await walk.open()
    await walk.listen()

    await walk.open()
    await walk.learn()
    for text in ("Recognized profile", "AirGradient ONE", "Channels", "PM2.5", "Temperature", "ppm · Carbon dioxide"):
        await walk.see(text)
    await walk.correct("Air at home")
    await walk.add()
    await walk.follow("Air at home", "Device info", "AirGradient", "Messages")

    value = await wait_any_value(lab, "Air at home", "sensor_rco2")
    assert 640 <= float(value) <= 905
    await walk.device((await device(lab, "Air at home"))["id"], "Air at home", "AirGradient", "CO2", "ppm", "g/m³")
