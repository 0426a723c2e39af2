"""Add a device, and change one: the flow of the subentries of type ``device``."""

from .find_steps import FindSteps
from .reconfigure_steps import ReconfigureSteps


class DeviceFlow(FindSteps, ReconfigureSteps):
    """Learn a device from its messages; correct later what was learned."""
