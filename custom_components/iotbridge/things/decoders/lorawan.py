"""Fields that the envelopes of all LoRaWAN network servers have in common."""

from collections.abc import Mapping
from math import inf
from typing import Any

from ..model.message import Path
from .payload import inner
from .report_builder import ReportBuilder, scalar


def add_radio(gathering: ReportBuilder, path: Path, gateways: Any, *, snr: str) -> None:
    """Add signal strength and signal-to-noise ratio at the gateway that heard the device best.

    The gateways of one message come in any order; here the best is the first, so that its path stays the same.
    ``snr`` is what the server calls the ratio.
    """
    heard = [gateway for gateway in gateways if isinstance(gateway, Mapping)] if isinstance(gateways, list) else []
    if not heard:
        return
    best = max(heard, key=_rssi)
    for key in ("rssi", snr):
        if key in best:
            gathering.add((*path, 0, key), best[key], technical=True)


def add_transmission(gathering: ReportBuilder, document: Any, *paths: tuple[str, ...]) -> None:
    """Add spreading factor, frequency and the like, where they are."""
    for path in paths:
        if (value := inner(document, *path)) is not None:
            gathering.add(path, value, technical=True)


def _rssi(gateway: Mapping[str, Any]) -> float:
    """Return what gateways are compared by, in dBm."""
    usable, value = scalar(gateway.get("rssi"))
    return float(value) if usable and isinstance(value, int | float) else -inf
