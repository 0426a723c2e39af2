"""Replacement of the package of this name; see pymicro_vad.py."""


class AudioProcessor:
    """Noise suppression, which is not available here."""

    def __init__(self, auto_gain: int, noise_suppression: int) -> None:
        raise NotImplementedError("there is no noise suppression in this environment")
