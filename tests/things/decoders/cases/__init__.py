"""Table of messages and their decoded results."""

from .case import Case, Unreadable
from .documents import CBOR, JSON
from .lorawan import LORAWAN
from .records import RECORDS
from .samples import sample_cases
from .senml import SENML
from .text import TEXT
from .unreadable import UNREADABLE

__all__ = ["CASES", "UNREADABLE", "Case", "Unreadable", "sample_cases"]

CASES = (*LORAWAN, *SENML, *JSON, *RECORDS, *CBOR, *TEXT)
