"""Home Assistant with the probe of the benchmarks, and without anything that would distort the measurements."""

from pathlib import Path

from lab.home_assistant import HomeAssistant
from lab.lab import Lab

PROBE = Path(__file__).with_name("bench_probe")
UNWANTED = ("history:", "logbook:", "recorder:", "  commit_interval: 1", "    custom_components.iotbridge: debug")


class RiggedHomeAssistant(HomeAssistant):
    """Home Assistant with the probe and without a recorder, optionally with another integration from a folder."""

    def rig(self, more: str, integration: Path | None = None) -> None:
        """Add to the configuration."""
        kept = [line for line in self._configuration.splitlines() if line not in UNWANTED]
        self._configuration = "\n".join(kept) + "\n" + more
        custom = self.folder / "custom_components"
        _link(custom / PROBE.name / "__init__.py", PROBE / "__init__.py")
        # Under its own name in the repository: hassfest takes every folder with a manifest.json for an integration.
        _link(custom / PROBE.name / "manifest.json", PROBE / "integration.json")
        if integration:
            _link(custom / integration.name, integration)


def _link(link: Path, target: Path) -> None:
    """Create a symbolic link, and the folders above it, unless it exists."""
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(target)


async def set_up(lab: Lab, *, iot_bridge: bool) -> RiggedHomeAssistant:
    """Start a broker and such a Home Assistant, optionally set up MQTT and IoT Bridge, and stop both afterwards."""
    home = RiggedHomeAssistant(lab.folder / "config")
    lab.home_assistant = home
    home.rig("")
    await lab.broker.start()
    await home.start()
    await lab.set_up_mqtt()
    if iot_bridge:
        await lab.set_up_iotbridge()
    await home.stop()
    return home
