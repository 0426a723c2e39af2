"""Program behind scripts/screenshots: takes the pictures of the documents from the demo, in a real browser."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
import shutil
import sys
import tempfile

from PIL import Image

from .browser import DESKTOP, PHONE, browsing
from .dashboard import PATH, add_dashboard
from .demo import device_page, power_state, start, start_things
from .demo_alarms import ATTIC, ATTIC_ID, HOT, start_alarms
from .lab import Lab
from .processes import ROOT
from .things import UNLEARNED
from .waiting import LabError, until
from .walk import Walk

IMAGES = ROOT / "docs" / "images"
KEPT = frozenset(
    {
        "host.png",
        "wizard-start.png",
        "wizard-device.png",
        "wizard-channel.png",
        "thing.png",
        "alarm.png",
        "alarm-start.png",
        "alarm-condition.png",
        "alarm-device.png",
        "alarm-notification.png",
        "dashboard.png",
        "dashboard-phone.png",
    }
)
"""Pictures of the walk that documents show, or may show."""
MOVING = IMAGES / "wizard.gif"
"""Moving picture of the wizard, of these pictures of the walk."""
FRAMES = ("start", "topic", "wait", "device", "chosen", "kind", "channel", "done")
FRAME_MS = 1600
FRAME_WIDTH = 520
MAX_MOVING_B = 3_000_000


def main() -> int:
    """Take all pictures; return 0 if they exist."""
    try:
        with tempfile.TemporaryDirectory(prefix="iotbridge-shots-") as folder:
            asyncio.run(_run(Path(folder) / "lab"))
    except LabError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


async def _run(folder: Path) -> None:
    async with Lab(folder, name="IoT Bridge demo") as lab:
        entities = await start(lab)
        await start_things(lab)
        power = power_state(entities)
        await lab.client.call("iotbridge.send_command", {"entity_id": power, "command": "reboot"}, response=True)
        async with browsing(lab) as page:
            walk = Walk(page, lab, IMAGES, KEPT)
            await page.goto(await device_page(lab, entities))
            await walk.see("Device info")
            await page.wait_for_load_state("networkidle")
            await walk.picture("host.png")
        async with browsing(lab, width=760, height=1240) as page:
            steps = folder.parent / "wizard"
            steps.mkdir()
            walk = Walk(page, lab, steps)
            await walk.open()
            await walk.learn()
            await walk.correct(UNLEARNED.title)
            await walk.add()
        for name in KEPT & {path.name for path in steps.iterdir()}:
            shutil.copyfile(steps / name, IMAGES / name)
        save_moving([steps / f"wizard-{name}.png" for name in FRAMES], MOVING)
        async with browsing(lab) as page:
            device_id = await until(lambda: _device_id(lab), timeout_s=20, what="the device of the wizard")
            await Walk(page, lab, IMAGES, KEPT).device(device_id, "Device info", "g/m³")
        await start_alarms(lab, power)
        await lab.client.call("input_number.set_value", {"entity_id": ATTIC_ID, "value": HOT})
        async with browsing(lab, width=760, height=1240) as page:
            await Walk(page, lab, IMAGES, KEPT).add_alarm()
        async with browsing(lab, height=760) as page:
            device_id = await until(lambda: _device_id(lab, "Alarms"), timeout_s=20, what="the device of the alarms")
            await Walk(page, lab, IMAGES, KEPT).alarms(device_id)
        async with browsing(lab, width=PHONE.width, height=PHONE.height) as page:
            await Walk(page, lab, IMAGES, KEPT).alarm(await _rule_entity(lab, ATTIC))
        await add_dashboard(lab.client)
        for screen, name in ((DESKTOP, "dashboard.png"), (PHONE, "dashboard-phone.png")):
            async with browsing(lab, width=screen.width, height=screen.height) as page:
                await page.goto(f"{lab.home_assistant.url}/{PATH}")
                walk = Walk(page, lab, IMAGES, KEPT)
                await walk.see(ATTIC)
                await page.wait_for_load_state("networkidle")
                await walk.picture(name)
    print(f"written into {IMAGES.relative_to(ROOT)}: {', '.join(sorted({*KEPT, MOVING.name}))}")


def save_moving(pictures: Sequence[Path], target: Path) -> None:
    """Write a moving picture; LabError if it is too large for a page."""
    frames = []
    for path in pictures:
        with Image.open(path) as picture:
            height = round(picture.height * FRAME_WIDTH / picture.width)
            frames.append(picture.convert("RGB").resize((FRAME_WIDTH, height)).quantize(128))
    frames[0].save(target, save_all=True, append_images=frames[1:], duration=FRAME_MS, loop=0, optimize=True)
    if target.stat().st_size > MAX_MOVING_B:
        raise LabError(f"{target.name} has {target.stat().st_size:,} bytes; at most {MAX_MOVING_B:,} are wanted")


async def _rule_entity(lab: Lab, name: str) -> str:
    rows = await lab.client.entities()
    found = (row["entity_id"] for row in rows if row["original_name"] == name)
    return str(next(entity_id for entity_id in found if entity_id.startswith("binary_sensor.")))


async def _device_id(lab: Lab, name: str = UNLEARNED.title) -> str | None:
    return next((row["id"] for row in await lab.client.devices() if row["name"] == name), None)


if __name__ == "__main__":
    sys.exit(main())
