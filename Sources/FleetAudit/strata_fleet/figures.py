"""The questions, by SQL on the tables. DuckDB and Spark answer the same."""

from collections.abc import Callable
from functools import partial
from typing import Any

from pyspark.sql import SparkSession

from strata_fleet import duck
from strata_fleet.cells import as_csv
from strata_fleet.questions import NAMES, QUESTIONS, text, views
from strata_fleet.tables import Tables

# What many questions ask of: computed once for all of them.
CACHED = ("images", "memberships", "tagged", "bases", "reach")

Row = dict[str, Any]
Answer = tuple[list[str], list[tuple[Any, ...]]]
Engine = Callable[[str], Answer]


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


def engine(spark: SparkSession, tables: Tables, run: int) -> Engine:
    """DuckDB where it can open the tables: it answers in a second. Else Spark, which made them."""
    if (folder := tables.folder) is not None:
        return partial(duck.query, folder)
    make_views(spark, tables, run)
    return partial(ask_spark, spark)


def ask_spark(spark: SparkSession, statement: str) -> Answer:
    """Columns and rows of a statement."""
    frame = spark.sql(statement)
    return frame.columns, [tuple(row) for row in frame.collect()]


def answers(ask: Engine, tables: Tables) -> dict[str, list[Row]]:
    """Asks every question and writes each answer beside the tables as CSV."""
    found: dict[str, list[Row]] = {}
    for question in QUESTIONS:
        columns, rows = ask(text(question))
        found[question] = [dict(zip(columns, row, strict=True)) for row in rows]
        tables.write_text(as_csv(found[question], columns), "figures", f"{question}.csv")
    return found
