"""Values in columns, separated by comma, semicolon, tab or bar; numbers by spaces too. A first line may name them."""

import csv
import re

from ..model.message import Decoded, Scalar
from .json_document import gather, identity_key
from .literals import is_number, literal
from .payload import Payload
from .report_builder import MAX_FIELDS, MAX_TEXT, ReportBuilder

_SEPARATORS = (";", "\t", ",", "|", " ")
_HEADING_UNIT = re.compile(r"(.+?)\s*[\[(]([^\[\]()]{1,12})[\])]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,15}")
# A name in the first column; a date is none.
_NAME = re.compile(r"[^\W\d][^,;]*")
_MAX_COLUMNS = 600
_MAX_CELL = 64
_PAIR = 2


def decode(content: Payload) -> Decoded | None:
    """Read columns: named by the first line, by the first cell of each line, or not at all."""
    text = content.text
    separator = next((mark for mark in _SEPARATORS if text and mark in text), None)
    if not text or separator is None:
        return None
    rows = _rows(text, separator)
    if not rows or len({len(row) for row in rows}) != 1 or not 1 < len(rows[0]) <= _MAX_COLUMNS:
        return None
    gathering = ReportBuilder()
    if len(rows) > 1 and _are_headings(rows[0]):
        found = _gather_named(gathering, rows[0], [[_value(cell, separator) for cell in row] for row in rows[1:]])
    elif len(rows) > 1 and _are_pairs(rows):
        found = _gather_named(gathering, [row[0] for row in rows], [[_value(row[1], separator) for row in rows]])
    else:
        found = _gather_numbered(gathering, [_value(cell, separator) for cell in rows[-1]])
    return gathering.decoded("csv") if found else None


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the cells of the lines; of very many lines the last count, and the first that may name the columns."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [*lines[:1], *lines[1:][-MAX_FIELDS:]]
    if separator == " ":
        rows = [line.split() for line in lines]
        # Words with spaces between are a sentence.
        return rows if all(is_number(cell) for row in rows for cell in row) else []
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:
        return []


def _are_headings(cells: list[str]) -> bool:
    named = all(cell and len(cell) <= MAX_TEXT and not _is_number(cell) for cell in cells)
    return named and len(set(cells)) == len(cells)


def _are_pairs(rows: list[list[str]]) -> bool:
    """Return whether each line is a name and a number."""
    names = {row[0] for row in rows if _NAME.fullmatch(row[0])}
    return len(names) == len(rows) and all(len(row) == _PAIR and _is_number(row[1]) for row in rows)


def _gather_named(gathering: ReportBuilder, headings: list[str], rows: list[list[Scalar]]) -> bool:
    """Gather a device of each line if the lines name devices, else the last: what was measured last is sent last."""
    objects = [dict(zip(headings, row, strict=True)) for row in rows]
    if len(rows) > 1 and identity_key(objects):
        gather(gathering, objects)
        return True
    if not any(isinstance(value, int | float) for value in rows[-1]):
        return False
    for heading, value in objects[-1].items():
        unit = _HEADING_UNIT.fullmatch(heading)
        gathering.add((heading,), value, name=unit[1] if unit else heading, unit=unit[2] if unit else None)
    return True


def _gather_numbered(gathering: ReportBuilder, values: list[Scalar]) -> bool:
    """Gather columns without names; half of them must be numbers, or it is a sentence with commas."""
    numbers = sum(isinstance(value, int | float) for value in values)
    filled = sum(value is not None for value in values)
    if not numbers or 2 * numbers < filled or any(isinstance(one, str) and len(one) > _MAX_CELL for one in values):
        return False
    for index, value in enumerate(values):
        gathering.add((index,), value)
    return True


def _is_number(cell: str) -> bool:
    return is_number(cell) or _DECIMAL_COMMA.fullmatch(cell) is not None


def _value(cell: str, separator: str) -> Scalar:
    """Return a cell's value; where the comma does not separate columns, it separates decimals."""
    if not cell:
        return None
    if separator != "," and _DECIMAL_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    return literal(cell)
