"""The numbers of an experiment: tables of rows and columns, as text, as plain values, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from affectsim.experiments.statistics import Interval

#: Columns that fit next to each other on a page; more are written below.
_MOST_COLUMNS = 5


class Numbers(NamedTuple):
    """One table: `rows[row][column]` is a number with its interval (NaN if it has none)."""

    title: str
    style: str  # how numbers are written: difference (in SD, with sign), level, change (of levels), plain, or traits
    rows: dict[str, dict[str, Interval]]

    def plain(self) -> dict[str, Any]:
        """Return plain values, as TOML and JSON take them: a number alone, or number, low, high."""
        return {
            "title": self.title,
            "style": self.style,
            "rows": {
                row: {column: _short(found) for column, found in columns.items()} for row, columns in self.rows.items()
            },
        }


def _short(found: Interval) -> list[float]:
    numbers = [found.value] if math.isnan(found.low) else list(found)
    return [float(f"{number:.5g}") for number in numbers]


def from_plain(tables: Sequence[Mapping[str, Any]]) -> list[Numbers]:
    """Return tables from what `Numbers.plain` gave."""
    return [
        Numbers(
            table["title"],
            table["style"],
            {
                row: {column: Interval(*numbers) for column, numbers in columns.items()}
                for row, columns in table["rows"].items()
            },
        )
        for table in tables
    ]


def text(tables: Sequence[Numbers]) -> str:
    """Return the tables as lines of text, one empty line between them."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables)


def _lines(table: Numbers) -> list[str]:
    rows = table.rows
    if table.style == "traits":
        rows = {name: columns for name, columns in rows.items() if any(map(_clear, columns.values()))}
        if not rows:
            return [table.title, "  no trait differs clearly"]
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    if len(columns) > max(len(rows), _MOST_COLUMNS):
        rows = {column: {row: cells[column] for row, cells in rows.items() if column in cells} for column in columns}
        columns = list(table.rows)
    lines = [table.title]
    for first in range(0, len(columns), _MOST_COLUMNS):
        lines += _block(rows, columns[first : first + _MOST_COLUMNS], table.style)
    return lines


def _block(rows: Mapping[str, Mapping[str, Interval]], columns: Sequence[str], style: str) -> list[str]:
    written = {
        row: [_written(cells[column], style) if column in cells else "" for column in columns]
        for row, cells in rows.items()
    }
    names = [column.replace("_", " ") for column in columns]
    width = max(map(len, rows))
    widths = [max(len(names[n]), *(len(cells[n]) for cells in written.values())) for n in range(len(columns))]
    lines = [("  " + " " * width + "".join(f"   {names[n]:>{widths[n]}}" for n in range(len(columns)))).rstrip()]
    for row, cells in written.items():
        name = row.replace("_", " ")
        lines.append(f"  {name:<{width}}" + "".join(f"   {cell:>{widths[n]}}" for n, cell in enumerate(cells)))
    return lines


def _clear(found: Interval) -> bool:
    """Return whether an interval excludes zero."""
    return found.low > 0 or found.high < 0


def _written(found: Interval, style: str) -> str:
    if math.isnan(found.value):
        return "-"
    if math.isnan(found.low):
        return _number(found.value, style)
    return f"{_number(found.value, style)} [{_number(found.low, style)}, {_number(found.high, style)}]"


def _number(value: float, style: str) -> str:
    digits = 3 if style in ("level", "change") else 2
    # No sign for what rounds to zero.
    sign = "+" if style in ("difference", "change", "traits") and round(value, digits) != 0 else ""
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def finite(value: Any) -> Any:
    """Return plain values with None instead of NaN, as JSON has it."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
