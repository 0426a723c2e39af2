"""Values in columns, separated by comma, semicolon or tab; the first line may name the columns."""

import csv
import re

from ..models import Decoded, Scalar
from .content import Content
from .gathering import Gathering
from .literals import is_number, literal

_SEPARATORS = (";", "\t", ",")
_HEADING_UNIT = re.compile(r"(.+?)\s*[\[(]([^\[\]()]{1,12})[\])]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,15}")
_MAX_COLUMNS = 600
_MAX_CELL = 64


def decode(content: Content) -> Decoded | None:
    """Read the last line: a device that sends several sends the newest last."""
    text = content.text
    separator = next((mark for mark in _SEPARATORS if text and mark in text), None)
    if not text or separator is None:
        return None
    rows = _rows(text, separator)
    if not rows or len({len(row) for row in rows}) != 1:
        return None
    headings = rows[0] if len(rows) > 1 and _are_headings(rows[0]) else None
    values = [_value(cell, separator) for cell in rows[-1]]
    if not _are_values(rows[-1], values, named=headings is not None):
        return None
    gathering = Gathering()
    for index, value in enumerate(values):
        if headings is None:
            gathering.add((index,), value)
        elif heading := _HEADING_UNIT.fullmatch(headings[index]):
            gathering.add((headings[index],), value, name=heading[1], unit=heading[2])
        else:
            gathering.add((headings[index],), value, name=headings[index])
    return gathering.decoded("csv")


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the first and the last line as cells; of many lines only these matter."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        rows = list(csv.reader([lines[0], *lines[-1:]] if len(lines) > 1 else lines, delimiter=separator))
    except csv.Error:
        return []
    return [[cell.strip() for cell in row] for row in rows if 1 < len(row) <= _MAX_COLUMNS]


def _are_headings(cells: list[str]) -> bool:
    return all(cells) and len(set(cells)) == len(cells) and not any(is_number(cell) for cell in cells)


def _are_values(cells: list[str], values: list[Scalar], *, named: bool) -> bool:
    """Return whether cells are values and not the words of a sentence: without names, half of them are numbers."""
    numbers = sum(isinstance(value, int | float) for value in values)
    filled = sum(bool(cell) for cell in cells)
    return numbers > 0 and all(len(cell) <= _MAX_CELL for cell in cells) and (named or 2 * numbers >= filled)


def _value(cell: str, separator: str) -> Scalar:
    """Return a cell's value; where the comma does not separate columns, it separates decimals."""
    if not cell:
        return None
    if separator != "," and _DECIMAL_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    return literal(cell)
