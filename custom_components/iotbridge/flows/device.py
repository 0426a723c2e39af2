"""Add a device, and change one: the flow of the subentries of type ``device``."""

from .changing import Changing
from .finding import Finding


class DeviceFlow(Finding, Changing):
    """Learn a device from its messages; correct later what was learned."""
