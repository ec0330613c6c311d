"""Tables of an audit, written by hand, as the job leaves them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from strata_fleet.facts import Facts
from strata_fleet.images import Blob, Image
from strata_fleet.rows import image_rows, membership_rows
from strata_fleet.schema import FAILURES, IMAGES, MEMBERSHIPS, RAW, RUNS

TAR = "application/vnd.oci.image.layer.v1.tar"
NOW = datetime(2026, 11, 30, tzinfo=UTC)


def digest(number: int) -> str:
    """A digest by its number."""
    return f"sha256:{number:064x}"


def image(number: int, repository: str, tag: str | None, *layers: tuple[int, int], **changes: Any) -> Image:
    """An image of layers: each its number and its bytes."""
    words = {
        "source": "docker://host/" + repository,
        "repository": repository,
        "tag": tag,
        "digest": digest(number),
        "index": None,
        "platform": "linux/amd64",
        "layers": tuple(Blob(digest(1000 + layer), size, TAR) for layer, size in layers),
        "diff_ids": tuple(digest(2000 + layer) for layer, _ in layers),
    }
    return Image(**(words | changes))


def write(
    out: Path,
    run: int,
    images: list[Image],
    facts: Facts | None = None,
    *,
    knows_untagged: bool = False,
    bases_own: bool = False,
    figures: dict[str, dict[str, int]] | None = None,
    failures: list[dict[str, Any]] | None = None,
) -> Path:
    """Writes the tables of a run. `figures` are by an image's list of layers."""
    facts = facts or Facts()
    _table(out, "images", run, list(image_rows(images, facts, "team", figures or {})), IMAGES)
    _table(out, "memberships", run, list(membership_rows(images)), MEMBERSHIPS)
    _table(out, "failures", run, failures or [], FAILURES)
    _table(out, "layers", run, [], RAW)
    _table(out, "entries", run, [], RAW)
    row = {"started": NOW, "sources": [], "knowsUntagged": knows_untagged, "basesOwn": bases_own}
    _table(out, "runs", run, [row], RUNS)
    (out / "runs" / f"run={run}" / "_SUCCESS").touch()
    return out


def _table(out: Path, name: str, run: int, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    folder = out / name / f"run={run}"
    folder.mkdir(parents=True)
    complete = [{field: row.get(field) for field in schema.names} for row in rows]
    pq.write_table(pa.Table.from_pylist(complete, schema=schema), folder / "part.parquet")
