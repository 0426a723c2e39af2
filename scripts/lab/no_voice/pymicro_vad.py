"""In place of the package of this name, which needs a compiler: nobody speaks to this Home Assistant.

Its frontend does not load unless the voice assistant can be imported, and that imports this.
"""


class MicroVad:
    """Finds speech in sound; not here."""

    def __init__(self) -> None:
        raise NotImplementedError("there is no voice detection in this environment")
