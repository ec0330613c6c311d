"""The reading: one stage of tasks, each of which pipes its layers through `strata layers --stdin --entries`.

There is no shuffle and nothing is read twice: what a task has read is committed when the task ends, and Spark starts
only those tasks anew whose executor was lost.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from strata_fleet import worker
from strata_fleet.answers import Asked, NotAnswers, failures
from strata_fleet.frames import spark_schema
from strata_fleet.pipe import LineTooLong, Pipe
from strata_fleet.schema import RAW
from strata_fleet.spread import Layer

# How often a worker that ended early is started again, for what it left.
STARTS = 3


def request(layer: Layer, table: bool = True) -> bytes:
    """A layer as the worker is asked for it; without `table` a table of contents must not stand in for it."""
    words: dict[str, Any] = {"digest": layer.digest, "size": layer.size, "source": layer.source}
    if layer.annotations:
        words["annotations"] = dict(layer.annotations)
    if not table:
        words["table"] = False
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def read(lines: str, options: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Reads the layers of a task. Every one has an answer at the end, or is a failure.

    A worker that is killed or writes what is no answer is started again for the layers that it left. One that cannot be
    started at all fails the task.
    """
    left = {digest_of(line): line for line in lines.splitlines()}
    message = ""
    for _ in range(STARTS):
        asked = Asked(left, uuid.uuid4().hex)
        with Pipe([*worker.READ, *options], (line.encode() + b"\n" for line in left.values())) as pipe:
            try:
                for block in pipe.blocks():
                    yield from asked.take(block)
                message = f"strata ended with status {pipe.status}: {pipe.message}"
            except (NotAnswers, LineTooLong) as fault:
                message = f"strata wrote what is not an answer: {fault}"
        left = {digest: line for digest, line in left.items() if digest in asked.waiting}
        if not left:
            return
        yield asked.partial()
    yield failures(left, message, asked.reading)


def digest_of(line: str) -> str:
    """The digest of a request that `request` wrote."""
    digest = json.loads(line)["digest"]
    assert isinstance(digest, str)
    return digest


def read_layers(
    spark: SparkSession, tasks: Sequence[Sequence[Layer]], folder: str, options: Sequence[str], table: bool
) -> None:
    """Reads all tasks' layers into Parquet files below a folder, a file for a task."""
    words = tuple(options)

    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for lines in batch.column(0).to_pylist():
                yield from read(lines, words)

    rows = [("".join(request(layer, table).decode() for layer in layers),) for layers in tasks]
    # A row is a task: as many partitions as rows.
    asked = spark.createDataFrame(spark.sparkContext.parallelize(rows, len(rows)), "lines string")
    asked.mapInArrow(task, spark_schema(RAW)).write.mode("overwrite").parquet(folder)
