"""Display precision."""

from tests.things.fields import channel


def test_float_noise_is_not_shown() -> None:
    assert channel({"voltage": 20.43000030517578}, "voltage").precision == 1
    assert channel({"temperature": 21.299999237060547}, "temperature").precision == 1
    assert channel({"air_util_tx": 0.438472211360931}, "air_util_tx").precision == 2
