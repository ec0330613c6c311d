"""The tables, as Arrow has them. docs/fleet.md says what each column means."""

import pyarrow as pa

# What the worker writes, a line each; a line has some of these keys.
ANSWER = pa.schema(
    [
        ("digest", pa.string()),
        ("diffID", pa.string()),
        ("compressedBytes", pa.int64()),
        ("tarBytes", pa.int64()),
        ("contentBytes", pa.int64()),
        ("entries", pa.int64()),
        ("toc", pa.bool_()),
        ("error", pa.string()),
        ("retry", pa.bool_()),
        ("seq", pa.int64()),
        ("path", pa.string()),
        ("pathBytes", pa.string()),
        ("type", pa.string()),
        ("size", pa.int64()),
        ("hash", pa.string()),
        ("target", pa.string()),
        ("targetBytes", pa.string()),
        ("whiteout", pa.bool_()),
    ]
)

# As the reading leaves it: every answer, with the call of the worker that gave it.
RAW = ANSWER.append(pa.field("kind", pa.string())).append(pa.field("reading", pa.string()))

LAYER_COLUMNS = ("digest", "diffID", "compressedBytes", "tarBytes", "contentBytes", "entries", "toc")
ENTRY_COLUMNS = ("digest", "seq", "path", "pathBytes", "type", "size", "hash", "target", "targetBytes", "whiteout")

CAUSES = ("overwritten", "metadataOnly", "typeChange", "deleted", "opaque", "duplicateEntry")

# What `strata layers --apply` tells of an image.
TOTALS = pa.schema(
    [
        ("image", pa.string()),
        ("contentBytes", pa.int64()),
        ("visibleBytes", pa.int64()),
        ("wastedBytes", pa.int64()),
        ("waste", pa.struct([(cause, pa.int64()) for cause in CAUSES])),
        ("unsettled", pa.list_(pa.string())),
        ("error", pa.string()),
    ]
)

FAILURES = pa.schema(
    [
        ("kind", pa.string()),
        ("digest", pa.string()),
        ("source", pa.string()),
        ("repository", pa.string()),
        ("error", pa.string()),
        ("retry", pa.bool_()),
    ]
)

IMAGES = pa.schema(
    [
        ("repository", pa.string()),
        ("tag", pa.string()),
        ("platform", pa.string()),
        ("digest", pa.string()),
        ("index", pa.string()),
        ("subject", pa.string()),
        ("about", pa.string()),
        ("isArtifact", pa.bool_()),
        ("source", pa.string()),
        ("owner", pa.string()),
        ("labels", pa.map_(pa.string(), pa.string())),
        ("layerCount", pa.int64()),
        ("layerChain", pa.string()),
        ("compressedBytes", pa.int64()),
        ("pushed", pa.timestamp("us", tz="UTC")),
        ("lastPull", pa.timestamp("us", tz="UTC")),
        ("inUse", pa.bool_()),
        ("contentBytes", pa.int64()),
        ("visibleBytes", pa.int64()),
        ("wastedBytes", pa.int64()),
        *((cause, pa.int64()) for cause in CAUSES),
    ]
)

MEMBERSHIPS = pa.schema(
    [
        ("digest", pa.string()),
        ("position", pa.int64()),
        ("layer", pa.string()),
        ("bytes", pa.int64()),
        ("diffID", pa.string()),
        ("chainID", pa.string()),
        ("isTar", pa.bool_()),
    ]
)

RUNS = pa.schema(
    [
        ("started", pa.timestamp("us", tz="UTC")),
        ("sources", pa.list_(pa.string())),
        ("version", pa.string()),
        ("layersRead", pa.int64()),
        ("layersKnown", pa.int64()),
        ("knowsUntagged", pa.bool_()),
        ("basesOwn", pa.bool_()),
    ]
)
