"""Where the tables are: Parquet below one folder, each table by run.

The folder may be of any file system that Spark knows.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

from strata_fleet.frames import spark_schema
from strata_fleet.schema import RAW

TABLES = ("layers", "entries", "failures", "images", "memberships", "runs")
RUN = re.compile(r"run=(\d+)")
# Answers that no run has made tables of yet.
READING = "reading"


def address(out: str) -> str:
    """The folder's address; a path without a scheme is of this machine."""
    return out.rstrip("/") if "://" in out else Path(out).resolve().as_uri()


@dataclass(frozen=True)
class Tables:
    """The tables of an audit, old and new."""

    spark: SparkSession
    root: str

    def path(self, *names: str) -> str:
        """A place below the folder."""
        return "/".join((self.root, *names))

    def children(self, *names: str) -> list[str]:
        """The names in a folder; none where there is none."""
        path = self._path(self.path(*names))
        files = path.getFileSystem(self._configuration)
        return (
            sorted(str(status.getPath().getName()) for status in files.listStatus(path)) if files.exists(path) else []
        )

    def delete(self, *names: str) -> None:
        """Removes a folder with all that is in it."""
        path = self._path(self.path(*names))
        path.getFileSystem(self._configuration).delete(path, True)

    def write_text(self, text: str, *names: str) -> None:
        """Writes a file of text."""
        path = self._path(self.path(*names))
        stream = path.getFileSystem(self._configuration).create(path, True)
        try:
            stream.write(bytearray(text.encode("utf-8", "surrogatepass")))
        finally:
            stream.close()

    def last_run(self) -> int:
        """The number of the last run that has ended; 0 before the first."""
        numbers = [int(found[1]) for name in self.children("runs") if (found := RUN.fullmatch(name))]
        return max((number for number in numbers if "_SUCCESS" in self.children("runs", f"run={number}")), default=0)

    def write(self, rows: DataFrame, table: str, run: int) -> None:
        """Writes a table of a run. What a run that did not end had left there goes."""
        rows.write.mode("overwrite").parquet(self.path(table, f"run={run}"))

    def read(self, table: str, run: int) -> DataFrame | None:
        """A table of all runs up to one, with the column `run`; `None` if there is none."""
        paths = [
            self.path(table, name)
            for name in self.children(table)
            if (found := RUN.fullmatch(name)) and int(found[1]) <= run
        ]
        if not paths:
            return None
        return self.spark.read.option("basePath", self.path(table)).option("mergeSchema", "true").parquet(*paths)

    @property
    def folder(self) -> str | None:
        """The folder, if it is one of this machine."""
        return unquote(urlsplit(self.root).path) if self.root.startswith("file:") else None

    def known(self, run: int) -> tuple[DataFrame, DataFrame] | None:
        """Layers and their entries up to a run, each layer as it was read last; `None` before the first run."""
        layers, entries = self.read("layers", run), self.read("entries", run)
        if layers is None or entries is None:
            return None
        place = f.row_number().over(Window.partitionBy("digest").orderBy(f.desc("run")))
        placed = layers.withColumn("place", place)
        # Few layers are read twice, and so the entries are not shuffled.
        old = f.broadcast(placed.where("place > 1").select("digest", "run"))
        return placed.where("place = 1").drop("place"), entries.join(old, ["digest", "run"], "left_anti")

    def forget_readings(self, run: int) -> None:
        """Removes what was read for runs that have ended: it is in tables. What a run left that did not end stays."""
        for name in self.children(READING):
            if name != f"run={run}":
                self.delete(READING, name)

    def answers(self, run: int) -> DataFrame | None:
        """What was read for a run, also before it was interrupted; `None` for nothing."""
        folder = (READING, f"run={run}")
        paths = [
            self.path(*folder, name)
            for name in self.children(*folder)
            if any(file.endswith(".parquet") for file in self.children(*folder, name))
        ]
        if not paths:
            return None
        return self.spark.read.schema(spark_schema(RAW)).parquet(*paths)

    @property
    def _configuration(self) -> Any:
        return self.spark.sparkContext._jsc.hadoopConfiguration()

    def _path(self, text: str) -> Any:
        jvm = self.spark.sparkContext._jvm
        assert jvm is not None
        return jvm.org.apache.hadoop.fs.Path(text)
