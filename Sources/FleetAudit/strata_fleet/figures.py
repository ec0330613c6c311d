"""The questions, by SQL on the tables. Spark asks them at the end of a run; DuckDB asks the same on one machine."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import Any

from pyspark.sql import SparkSession

from strata_fleet.tables import Tables

# In the order of the page.
QUESTIONS = (
    "totals",
    "owners",
    "repositories",
    "waste",
    "bases",
    "one_base",
    "sharing",
    "growth",
    "unpulled",
    "leaving",
    "failures",
)

# What many questions ask of: computed once for all of them.
CACHED = ("images", "memberships", "tagged", "bases", "reach")

# The tables by the names that the views have for them.
NAMES = {
    "layers": "layers",
    "entries": "entries",
    "failures": "all_failures",
    "images": "all_images",
    "memberships": "all_memberships",
    "runs": "runs",
}

Row = dict[str, Any]


def text(name: str) -> str:
    """A file of SQL."""
    return (resources.files("strata_fleet") / "sql" / f"{name}.sql").read_text()


def views() -> Iterator[str]:
    """The statements that make the views, one after another."""
    lines = [line for line in text("views").splitlines() if not line.startswith("--")]
    yield from (each.strip() for each in "\n".join(lines).split(";") if each.strip())


def make_views(spark: SparkSession, tables: Tables, run: int) -> None:
    """The tables of all runs up to one, and the views on them."""
    for table, name in NAMES.items():
        rows = tables.read(table, run)
        assert rows is not None
        rows.createOrReplaceTempView(name)
    for statement in views():
        spark.sql(statement)
    for name in CACHED:
        spark.catalog.cacheTable(name)


def as_csv(rows: list[Row], columns: list[str]) -> str:
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


def answers(spark: SparkSession, tables: Tables, run: int) -> dict[str, list[Row]]:
    """Asks every question and writes each answer beside the tables as CSV."""
    make_views(spark, tables, run)
    found: dict[str, list[Row]] = {}
    for question in QUESTIONS:
        frame = spark.sql(text(question))
        rows = [row.asDict() for row in frame.collect()]
        tables.write_text(as_csv(rows, frame.columns), "figures", f"{question}.csv")
        found[question] = rows
    return found
