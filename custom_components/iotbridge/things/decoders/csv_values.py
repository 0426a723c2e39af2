"""Decoder of columns, separated by comma, semicolon, tab or bar; numbers also by spaces. A heading may name them."""

import csv
import re

from ..model.conversion import quantity_of
from ..model.message import Decoded, Scalar
from ..model.number_notation import number_of
from ..vocabulary.keys.pairs import PAIRS
from .json_document import add_document, identity_key
from .literals import is_number, literal
from .payload import Payload
from .report_builder import MAX_FIELDS, ReportBuilder
from .scalars import MAX_TEXT

_SEPARATORS = (";", "\t", ",", "|", " ")
_HEADING_UNIT = re.compile(r"(.+?)\s*[\[(]([^\[\]()]{1,12})[\])]")
# "21,101.3" is a number in English, but columns as well.
_WHOLE_AND_DECIMAL = re.compile(r"[+-]?\d+,\d+\.\d+")
# A name in the first column; a date does not match.
_NAME = re.compile(r"[^\W\d][^,;]*")
_MAX_COLUMNS = 600
_MAX_CELL = 64
_NO_LETTERS = re.compile(r"[^a-z]+")
_PAIR = 2


def decode(payload: Payload) -> Decoded | None:
    """Decode columns: named by the first line, by the first cell of each line, or not at all."""
    text = payload.text
    separator = _separator_of(text) if text else None
    if not text or separator is None or ("," in text and _is_one_number(payload, text)):
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


def _separator_of(text: str) -> str | None:
    """Return the separator of columns; in "21,5 48,2" it is not the comma."""
    marks = [mark for mark in _SEPARATORS if mark in text]
    if marks[:1] == [","] and len(marks) > 1:
        cells = [cell.strip() for line in text.splitlines() for cell in line.split(marks[1])]
        if all(_is_number(cell) for cell in cells if cell):
            return marks[1]
    return marks[0] if marks else None


def _is_one_number(payload: Payload, text: str) -> bool:
    """Return whether a text with a comma is one number, "40,78" or "1.234,56 kWh", and not two columns."""
    if payload.columns or quantity_of(text, decimal_comma=True)[0] is None:
        return False
    if payload.columns is not None:
        return True
    last_level = payload.topic.rpartition("/")[2].lower()
    return not _WHOLE_AND_DECIMAL.fullmatch(text) and PAIRS.isdisjoint(_NO_LETTERS.split(last_level))


def _rows(text: str, separator: str) -> list[list[str]]:
    """Return the cells of the lines; of very many lines the last ones, and the first, which may name the columns."""
    lines = [line for line in text.splitlines() if line.strip()]
    lines = [*lines[:1], *lines[1:][-MAX_FIELDS:]]
    if separator == " ":
        rows = [line.split() for line in lines]
        # Words separated by spaces are a sentence.
        return rows if all(is_number(cell) or _with_comma(cell) is not None for row in rows for cell in row) else []
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
    if not any(isinstance(value, int | float) or (value and number_of(value) is not None) for value in rows[-1]):
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
    return number_of(cell, decimal_comma=True) is not None


def _value(cell: str, separator: str) -> Scalar:
    """Return a cell's value; unless the comma separates columns, it is a decimal comma."""
    if not cell:
        return None
    number = _with_comma(cell) if separator != "," else None
    return literal(cell) if number is None else number


def _with_comma(cell: str) -> float | None:
    return number_of(cell, decimal_comma=True) if "," in cell else None
