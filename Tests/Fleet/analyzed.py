"""The figures of `strata analyze`, which an audit's must equal."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

CAUSES = ("overwritten", "metadataOnly", "typeChange", "deleted", "opaque", "duplicateEntry")
FIGURES = ("compressedBytes", "contentBytes", "visibleBytes", "wastedBytes", *CAUSES)


@dataclass(frozen=True)
class Difference:
    """An image whose figures are not those of `strata analyze`."""

    image: str
    audit: dict[str, Any]
    analyze: dict[str, Any] | None


def analyzed(strata: str, store: str, image: str, platform: str) -> dict[str, Any] | None:
    """The figures of an image; `None` where a layer cannot be read."""
    words = [strata, "analyze", "--store", store, "-q", "--format", "json", "--platform", platform, image]
    outcome = subprocess.run(words, capture_output=True, check=False)
    if outcome.returncode != 0:
        return None
    document = json.loads(outcome.stdout)
    return {name: (document["totals"] | document["waste"])[name] for name in FIGURES}


def differences(strata: str, store: str, host: str, rows: list[dict[str, Any]]) -> list[Difference]:
    """All images of an audit whose figures differ. An image whose layers were not all read has none."""
    found = []
    for row in rows:
        name = f"docker://{host}/{row['repository']}:{row['tag']}"
        audit = {figure: row[figure] for figure in FIGURES}
        expected = analyzed(strata, store, name, row["platform"])
        is_same = audit == expected if expected is not None else row["wastedBytes"] is None
        if not is_same:
            found.append(Difference(f"{name} {row['platform']}", audit, expected))
    return found
