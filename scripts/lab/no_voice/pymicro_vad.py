"""Replacement of the package of this name, which needs a compiler: this Home Assistant has no voice.

Its frontend does not load unless the voice assistant can be imported, and that imports this.
"""


class MicroVad:
    """Voice detection, which is not available here."""

    def __init__(self) -> None:
        raise NotImplementedError("there is no voice detection in this environment")
