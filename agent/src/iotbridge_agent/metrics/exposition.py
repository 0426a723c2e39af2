"""Text format 0.0.4 of Prometheus."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
import math
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_IN_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class Sample(NamedTuple):
    """Value of one series; ``suffix`` names a part of a histogram."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(NamedTuple):
    """Metric with its series."""

    name: str
    kind: Kind
    help: str
    samples: Iterable[Sample]


def histogram(
    bounds: Sequence[float], counts: Sequence[int], total: float, labels: Mapping[str, str] | None = None
) -> Iterator[Sample]:
    """Yield the samples of a histogram.

    ``counts``: observations of each bucket alone, the last one above all ``bounds``; ``total``: their sum.
    """
    labels = labels or {}
    for bound, count in zip((*bounds, math.inf), accumulate(counts), strict=True):
        yield Sample(count, {**labels, "le": _number(bound)}, "_bucket")
    yield Sample(total, labels, "_sum")
    yield Sample(sum(counts), labels, "_count")


def render(families: Iterable[Family]) -> str:
    """Return the text of the families; one without series is left out."""
    return "".join(line for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    samples = tuple(family.samples)
    if samples:
        yield f"# HELP {family.name} {family.help.translate(_IN_HELP)}\n"
        yield f"# TYPE {family.name} {family.kind}\n"
    for sample in samples:
        pairs = ",".join(f'{name}="{value.translate(_IN_LABEL)}"' for name, value in sample.labels.items())
        yield f"{family.name}{sample.suffix}{{{pairs}}} {_number(sample.value)}\n"


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(int(value)) if value == int(value) else repr(value)
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
