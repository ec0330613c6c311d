"""From the worker's answers to the tables `layers`, `entries` and `failures` of a run."""

from dataclasses import asdict
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from strata_fleet.frames import frame
from strata_fleet.listing import Listing
from strata_fleet.schema import ENTRY_COLUMNS, FAILURES, LAYER_COLUMNS, RAW
from strata_fleet.spread import Layer
from strata_fleet.tables import Tables

# One answer for each layer: the good one where a run was taken up, and one of the layer itself before one of its table.
ENDS = """
SELECT answer.* FROM (
    SELECT digest, min_by(struct(*), struct(kind != 'layer', coalesce(toc, false), reading)) AS answer
    FROM answers WHERE kind IN ('layer', 'failure') GROUP BY digest
)
"""

# What of the entries does not count: of layers that did not become whole, and of answers that gave way to another. They
# are few, and so the entries themselves are not shuffled.
DROPPED = """
SELECT digest, reading FROM answers WHERE kind = 'partial'
UNION ALL
SELECT a.digest, a.reading FROM answers a JOIN ended e ON e.digest = a.digest
WHERE a.kind = 'layer' AND (e.kind != 'layer' OR a.reading != e.reading)
"""


def ends(spark: SparkSession, answers: DataFrame) -> DataFrame:
    """How the reading of each layer ended."""
    answers.createOrReplaceTempView("answers")
    return spark.sql(ENDS)


def settled(spark: SparkSession, answers: DataFrame) -> set[str]:
    """Layers that need not be asked for: read, or damaged for good."""
    rows = ends(spark, answers).where("kind = 'layer' OR NOT retry").select("digest").collect()
    return {row.digest for row in rows}


def write_layers(spark: SparkSession, tables: Tables, run: int) -> list[dict[str, Any]]:
    """Writes `layers` and `entries`, and tells the failures.

    Entries are kept of those layers alone that became whole, from the call of the worker that read them to the end.
    """
    answers = tables.answers(run)
    if answers is None:
        answers = frame(spark, [], RAW)
    ended = ends(spark, answers).cache()
    layers = ended.where("kind = 'layer'")
    tables.write(layers.select(*LAYER_COLUMNS).coalesce(1), "layers", run)
    ended.createOrReplaceTempView("ended")
    dropped = f.broadcast(spark.sql(DROPPED))
    entries = answers.where("kind = 'entry'").join(dropped, ["digest", "reading"], "left_anti")
    tables.write(entries.select(*ENTRY_COLUMNS).sortWithinPartitions("digest", "seq"), "entries", run)
    rows = ended.where("kind = 'failure'").select("digest", "error", "retry").collect()
    ended.unpersist()
    return [{"digest": row.digest, "error": row.error, "retry": bool(row.retry)} for row in rows]


def failure_rows(
    listing: Listing,
    asked: list[Layer],
    readable: set[str],
    failed: list[dict[str, Any]],
    failed_images: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Everything that is missing in a run: of the layers that are listed now, of images, of the listing itself.

    A layer is damaged for good only where others of its repository could be read. A repository of which nothing could
    be read has refused, and the next run may have other credentials.
    """
    sources = {layer.digest: layer.source for layer in asked}
    opened = {source for digest, source in sources.items() if digest in readable}
    rows: dict[str, dict[str, Any]] = {}
    for failure in failed:
        digest = failure["digest"]
        if digest in sources and digest not in readable:
            retry = failure["retry"] or sources[digest] not in opened
            rows[digest] = {**failure, "kind": "layer", "source": sources[digest], "retry": retry}
    # Whatever is listed and neither read nor told about is missing as well.
    for digest in sources.keys() - readable - rows.keys():
        rows[digest] = {
            "kind": "layer",
            "digest": digest,
            "source": sources[digest],
            "error": "no answer",
            "retry": True,
        }
    told = [{"kind": "listing", **asdict(fault)} for fault in listing.faults]
    return [*(rows[digest] for digest in sorted(rows)), *failed_images, *told]


def write_failures(spark: SparkSession, tables: Tables, rows: list[dict[str, Any]], run: int) -> None:
    """Writes `failures`."""
    tables.write(frame(spark, rows, FAILURES).coalesce(1), "failures", run)
