"""Fields that the envelopes of all LoRaWAN network servers have in common."""

from collections.abc import Mapping
from math import inf
from typing import Any

from ..model.message import Path
from .payload import inner
from .report_builder import ReportBuilder
from .scalars import scalar


def add_radio(builder: ReportBuilder, path: Path, gateways: Any, *, snr: str) -> None:
    """Add signal strength and signal-to-noise ratio at the gateway with the best reception.

    The gateways of a message come in any order; the best one is used as the first, so that its path stays the same.
    ``snr`` is the server's name of the ratio.
    """
    receivers = [gateway for gateway in gateways if isinstance(gateway, Mapping)] if isinstance(gateways, list) else []
    if not receivers:
        return
    best = max(receivers, key=_rssi)
    for key in ("rssi", snr):
        if key in best:
            builder.add((*path, 0, key), best[key], technical=True)


def add_transmission(builder: ReportBuilder, document: Any, *paths: tuple[str, ...]) -> None:
    """Add spreading factor, frequency and the like, if present."""
    for path in paths:
        if (value := inner(document, *path)) is not None:
            builder.add(path, value, technical=True)


def _rssi(gateway: Mapping[str, Any]) -> float:
    """Return the signal strength by which gateways are compared, in dBm."""
    usable, value = scalar(gateway.get("rssi"))
    return float(value) if usable and isinstance(value, int | float) else -inf
