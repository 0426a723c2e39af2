"""Flow of the subentries of type ``device``: adds a device, or changes one."""

from .find_steps import FindSteps
from .reconfigure_steps import ReconfigureSteps


class DeviceFlow(FindSteps, ReconfigureSteps):
    """Subentry flow that learns a device from its messages, and reconfigures it later."""
