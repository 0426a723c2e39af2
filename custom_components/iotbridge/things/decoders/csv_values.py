"""Decoder of columns, separated by comma, semicolon, tab or bar; numbers also by spaces. A heading may name them."""

import csv
import re

from ..model.message import Decoded, Scalar
from .json_document import add_document, identity_key
from .literals import is_number, literal
from .payload import Payload
from .report_builder import MAX_FIELDS, ReportBuilder
from .scalars import MAX_TEXT

_SEPARATORS = (";", "\t", ",", "|", " ")
_HEADING_UNIT = re.compile(r"(.+?)\s*[\[(]([^\[\]()]{1,12})[\])]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d{1,15},\d{1,15}")
# A name in the first column; a date does not match.
_NAME = re.compile(r"[^\W\d][^,;]*")
_MAX_COLUMNS = 600
_MAX_CELL = 64
_PAIR = 2


def decode(payload: Payload) -> Decoded | None:
    """Decode columns: named by the first line, by the first cell of each line, or not at all."""
    text = payload.text
    separator = next((mark for mark in _SEPARATORS if text and mark in text), None)
    if not text or separator is None:
        return None
    rows = _rows(text, separator)
    if not rows or len({len(row) for row in rows}) != 1 or not 1 < len(rows[0]) <= _MAX_COLUMNS:
        return None
    builder = ReportBuilder()
    if len(rows) > 1 and _are_headings(rows[0]):
        is_added = _add_named_columns(builder, rows[0], [[_value(cell, separator) for cell in row] for row in rows[1:]])
    elif len(rows) > 1 and _are_pairs(rows):
        is_added = _add_named_columns(builder, [row[0] for row in rows], [[_value(row[1], separator) for row in rows]])
    else:
        is_added = _add_numbered_columns(builder, [_value(cell, separator) for cell in rows[-1]])
    return builder.decoded("csv") if is_added else None


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the cells of the lines; of very many lines the last ones, and the first, which may name the columns."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [*lines[:1], *lines[1:][-MAX_FIELDS:]]
    if separator == " ":
        rows = [line.split() for line in lines]
        # Words separated by spaces are a sentence.
        return rows if all(is_number(cell) for row in rows for cell in row) else []
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    except csv.Error:
        return []


def _are_headings(cells: list[str]) -> bool:
    named = all(cell and len(cell) <= MAX_TEXT and not _is_number(cell) for cell in cells)
    return named and len(set(cells)) == len(cells)


def _are_pairs(rows: list[list[str]]) -> bool:
    """Return whether each line consists of a name and a number."""
    names = {row[0] for row in rows if _NAME.fullmatch(row[0])}
    return len(names) == len(rows) and all(len(row) == _PAIR and _is_number(row[1]) for row in rows)


def _add_named_columns(builder: ReportBuilder, headings: list[str], rows: list[list[Scalar]]) -> bool:
    """Add a device for each line if the lines name devices, else only the last line, which is the newest."""
    objects = [dict(zip(headings, row, strict=True)) for row in rows]
    if len(rows) > 1 and identity_key(objects):
        add_document(builder, objects)
        return True
    if not any(isinstance(value, int | float) for value in rows[-1]):
        return False
    for heading, value in objects[-1].items():
        unit = _HEADING_UNIT.fullmatch(heading)
        builder.add((heading,), value, name=unit[1] if unit else heading, unit=unit[2] if unit else None)
    return True


def _add_numbered_columns(builder: ReportBuilder, values: list[Scalar]) -> bool:
    """Add columns without names; unless half of them are numbers, the text is a sentence with commas."""
    numbers = sum(isinstance(value, int | float) for value in values)
    filled = sum(value is not None for value in values)
    has_long_text = any(isinstance(value, str) and len(value) > _MAX_CELL for value in values)
    if not numbers or 2 * numbers < filled or has_long_text:
        return False
    for index, value in enumerate(values):
        builder.add((index,), value)
    return True


def _is_number(cell: str) -> bool:
    return is_number(cell) or _DECIMAL_COMMA.fullmatch(cell) is not None


def _value(cell: str, separator: str) -> Scalar:
    """Return a cell's value; unless the comma separates columns, it is a decimal comma."""
    if not cell:
        return None
    if separator != "," and _DECIMAL_COMMA.fullmatch(cell):
        return float(cell.replace(",", "."))
    return literal(cell)
