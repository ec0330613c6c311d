"""Rows as CSV."""

import csv
import io
from datetime import datetime
from typing import Any


def as_csv(rows: list[dict[str, Any]], columns: list[str]) -> str:
    """Rows as CSV with a header. A cell that a spreadsheet would take for a formula begins with a quote."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return file.getvalue()


def cell(value: object) -> object:
    """A value as CSV has it: nothing for what is unknown."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value
