"""Add a device, and change one: the flow of the subentries of type ``device``."""

from .find_steps import Finding
from .reconfigure_steps import Changing


class DeviceFlow(Finding, Changing):
    """Learn a device from its messages; correct later what was learned."""
