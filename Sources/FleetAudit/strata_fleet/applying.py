"""Images' figures: each image's entries through `strata layers --apply`, which counts as `strata analyze` does.

SQL only brings the entries of a group of images together. The lines are made by Spark, and go to the worker as the
bytes that they are: there may be billions.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from strata_fleet import worker
from strata_fleet.answers import NotAnswers, parse
from strata_fleet.frames import spark_schema
from strata_fleet.groups import Group
from strata_fleet.images import Blob
from strata_fleet.pipe import Pipe
from strata_fleet.schema import TOTALS

# Images first; then, layer by layer, its entries and the answer that stood behind them.
LINES = """
SELECT number, 0 AS place, '' AS layer, CAST(0 AS BIGINT) AS seq, line FROM group_images
UNION ALL
SELECT g.number, 1, e.digest, e.seq,
       concat(to_json(struct(e.digest, e.seq, e.path, e.pathBytes, e.type, e.size, e.hash, e.target, e.targetBytes,
           e.whiteout)), '\\n')
FROM group_layers g JOIN known_entries e ON e.digest = g.layer
UNION ALL
SELECT g.number, 1, l.digest, 9223372036854775807,
       concat(to_json(struct(l.digest, l.diffID, l.compressedBytes, l.tarBytes, l.contentBytes, l.entries,
           l.toc)), '\\n')
FROM group_layers g JOIN known_layers l ON l.digest = g.layer
"""


def image_line(chain: str, layers: tuple[Blob, ...]) -> str:
    """A list of layers as the worker reads it; it answers with the same `image`."""
    words = [{"digest": blob.digest, "size": blob.size, "mediaType": blob.media_type} for blob in layers]
    return json.dumps({"image": chain, "layers": words}, separators=(",", ":")) + "\n"


def line_bytes(batches: Iterator[pa.RecordBatch]) -> Iterator[bytes]:
    """The lines of the batches, which have their ends, without looking at them."""
    for batch in batches:
        lines = batch.column(0)
        if lines.type != pa.string():
            lines = lines.cast(pa.string())
        _, offsets, data = lines.buffers()
        if data is None or len(lines) == 0:
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
        if pipe.status != 0:
            raise RuntimeError(f"strata ended with status {pipe.status}: {pipe.message}")


def totals(
    spark: SparkSession,
    groups: list[Group],
    chains: Mapping[str, tuple[Blob, ...]],
    layers: DataFrame,
    entries: DataFrame,
    slots: int,
) -> list[dict[str, Any]]:
    """What the worker tells of each list of layers, as `TOTALS` has it."""
    images = [(number, image_line(name, chains[name])) for number, group in enumerate(groups) for name in group.chains]
    members = [(number, layer) for number, group in enumerate(groups) for layer in group.layers]
    spark.createDataFrame(images, "number long, line string").createOrReplaceTempView("group_images")
    spark.createDataFrame(members or [(0, "")], "number long, layer string").createOrReplaceTempView("group_layers")
    layers.createOrReplaceTempView("known_layers")
    entries.createOrReplaceTempView("known_entries")
    parts = max(1, min(len(groups), 4 * slots))
    lines = spark.sql(LINES).repartition(parts, "number").sortWithinPartitions("number", "place", "layer", "seq")
    rows = lines.select("line").mapInArrow(apply, spark_schema(TOTALS)).collect()
    return [row.asDict(recursive=True) for row in rows]
