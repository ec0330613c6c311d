"""The page: charts first, then each answer as a table.

Names come from a registry and are anybody's: all are escaped.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from importlib import resources
from typing import Any

from strata_fleet.page.charts import Bar, bars, legend, treemap
from strata_fleet.page.units import CAUSE_COLUMNS, value_text

Row = dict[str, Any]

# Rows that a table shows; the CSV file beside the page has all.
SHOWN = 50
# Repositories that the treemap names; the rest is one area.
AREAS = 60
BARS = 20

TITLES = {
    "totals": "The sums, each with its rule",
    "owners": "Cost by owner",
    "repositories": "Repositories",
    "waste": "Waste by cause",
    "bases": "Base images",
    "one_base": "What one version of each base would save",
    "sharing": "What repositories share",
    "growth": "Growth since the last run",
    "unpulled": "Tags not pulled for 90 days that nothing runs",
    "leaving": "What may go, and what comes back",
    "failures": "What could not be read",
}


def page(answers: Mapping[str, Sequence[Row]], sources: Sequence[str], run: int, started: datetime) -> str:
    """The whole document."""
    style = (resources.files("strata_fleet.page") / "page.css").read_text()
    sections = "".join(section(name, answers.get(name, [])) for name in TITLES)
    names = escape(", ".join(sources))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Audit of {names}</title><style>{style}</style></head><body>"
        f"<h1>Audit of {names}</h1><p>Run {run}, {started:%Y-%m-%d %H:%M} UTC. Bytes are compressed bytes of layers, "
        f"unless a column says otherwise; <code>-</code> is not known.</p>{sections}</body></html>\n"
    )


def section(name: str, rows: Sequence[Row]) -> str:
    """A question: its chart, where people look at one, and its table."""
    return f'<section id="{name}"><h2>{TITLES[name]}</h2>{chart(name, rows)}{table(name, rows)}</section>'


def chart(name: str, rows: Sequence[Row]) -> str:
    """The chart of a question; nothing for the others."""
    title = TITLES[name]
    match name:
        case "repositories":
            return treemap(areas(rows), title)
        case "owners":
            parts = ("exclusiveBytes", "sharedBytes")
            return legend(parts) + bars([bar(row, "owner", parts) for row in rows[:BARS]], title)
        case "waste":
            return legend(CAUSE_COLUMNS) + bars([bar(row, "owner", CAUSE_COLUMNS) for row in rows[:BARS]], title)
        case "bases":
            return legend(("bytes", "savedBytes")) + bars(
                [bar(row, "base", ("bytes", "savedBytes")) for row in rows[:BARS]], title
            )
        case "growth":
            parts = ("addedBytes", "goneBytes")
            return legend(parts) + bars([bar(row, "owner", parts) for row in rows[:BARS]], title)
        case _:
            return ""


def areas(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """The largest repositories, and the rest as one."""
    items = [(row["repository"], row["splitBytes"] or 0) for row in rows]
    rest = sum(size for _, size in items[AREAS:])
    return items[:AREAS] + ([(f"{len(items) - AREAS} more", rest)] if rest else [])


def bar(row: Row, name: str, columns: Sequence[str]) -> Bar:
    """A row as a bar. What is not known has no length."""
    return Bar(str(row[name]), tuple((column, row[column] or 0) for column in columns))


def table(name: str, rows: Sequence[Row]) -> str:
    """The first rows, and how many there are."""
    if not rows:
        return "<p>None.</p>"
    columns = list(rows[0])
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(cell(column, row[column]) for column in columns) + "</tr>" for row in rows[:SHOWN])
    file = f"figures/{name}.csv"
    more = f"{SHOWN} of {len(rows):,} rows; all are in " if len(rows) > SHOWN else ""
    return f'<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{more}<a href="{file}">{file}</a></p>'


def cell(column: str, value: object) -> str:
    """A cell, numbers to the right."""
    kind = ' class="n"' if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return f"<td{kind}>{escape(value_text(column, value))}</td>"
