"""Images' figures: each image's entries through `strata layers --apply`, which counts as `strata analyze` does.

SQL only brings the entries of an image together and in order. The lines are made by Spark, and go to the worker as the
bytes that they are: there may be billions.
"""

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from strata_fleet import worker
from strata_fleet.answers import NotAnswers, parse
from strata_fleet.frames import spark_schema
from strata_fleet.pipe import Pipe
from strata_fleet.schema import TOTALS

# Entries that a task applies, about.
TASK_ENTRIES = 2_000_000

MEMBERS = """
SELECT w.layerChain, m.position, m.layer
FROM wanted w JOIN memberships_of m ON m.digest = w.digest
"""

# An image's line stands before its entries, and these by layer and in the order of the tar.
LINES = """
SELECT m.layerChain, CAST(-1 AS BIGINT) AS position, CAST(-1 AS BIGINT) AS seq,
       concat(to_json(struct(m.layerChain AS image, transform(array_sort(collect_list(struct(m.position, m.layer))),
           each -> struct(each.layer AS digest)) AS layers)), '\\n') AS line
FROM members m
GROUP BY m.layerChain
UNION ALL
SELECT m.layerChain, m.position, e.seq,
       concat(to_json(struct(m.position AS layer, e.digest, e.seq, e.path, e.pathBytes, e.type, e.size, e.hash,
           e.target, e.targetBytes, e.whiteout)), '\\n') AS line
FROM members m JOIN entries_of e ON e.digest = m.layer
"""


def line_bytes(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """The lines of the batches, which have their ends, without looking at them."""
    for batch in batches:
        lines = batch.column(batch.schema.get_field_index("line"))
        if lines.type == pa.large_string():
            lines = lines.cast(pa.string())
        _, offsets, data = lines.buffers()
        if data is None:
            continue
        bounds = memoryview(offsets).cast("i")
        yield bytes(memoryview(data)[bounds[lines.offset] : bounds[lines.offset + len(lines)]])


def apply(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Totals of the images of a partition. A worker that fails ends the task, which Spark starts again."""
    with Pipe(worker.APPLY, line_bytes(batches)) as pipe:
        for block in pipe.blocks():
            try:
                yield from parse(block, TOTALS).combine_chunks().to_batches()
            except NotAnswers as fault:
                raise RuntimeError(f"strata wrote what is not totals: {fault}") from fault
        if pipe.status not in (0, 1):
            raise RuntimeError(f"strata ended with status {pipe.status}: {pipe.message}")


def totals(
    spark: SparkSession, wanted: DataFrame, memberships: DataFrame, entries: DataFrame, entry_count: int, slots: int
) -> DataFrame:
    """A row for each list of layers in `wanted` (layerChain, and the digest of one image that has it)."""
    wanted.createOrReplaceTempView("wanted")
    memberships.createOrReplaceTempView("memberships_of")
    entries.createOrReplaceTempView("entries_of")
    spark.sql(MEMBERS).createOrReplaceTempView("members")
    parts = max(2 * slots, -(-entry_count // TASK_ENTRIES))
    lines = spark.sql(LINES).repartition(parts, "layerChain").sortWithinPartitions("layerChain", "position", "seq")
    return lines.select("line").mapInArrow(apply, spark_schema(TOTALS))
