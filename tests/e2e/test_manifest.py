"""Manifest in the current Home Assistant, which has keys that the test kit's version does not know yet."""

import json
from pathlib import Path

from homeassistant import components, loader

MANIFEST = Path(__file__).parents[2] / "custom_components" / "iotbridge" / "manifest.json"


def test_categories_and_connectivity_are_among_those_of_core() -> None:
    """The Marketplace accepts known categories only, and the wheel lists them only in core's own manifests."""
    own = json.loads(MANIFEST.read_text("utf-8"))
    core = [json.loads(path.read_text("utf-8")) for path in Path(components.__file__).parent.glob("*/manifest.json")]

    for key in ("categories", "connectivity"):
        assert key in loader.Manifest.__annotations__
        assert own[key]
        assert set(own[key]) <= {value for manifest in core for value in manifest.get(key, [])}
