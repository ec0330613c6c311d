"""The rows that the driver writes: of images and of their layers. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from strata_fleet.belonging import Belonging
from strata_fleet.facts import Facts
from strata_fleet.images import Image

Totals = Mapping[str, Mapping[str, int | None]]


def image_rows(images: Sequence[Image], facts: Facts, owner_label: str, totals: Totals) -> Iterator[dict[str, Any]]:
    """A row for each image of each tag; figures are by its list of layers, and unknown where there are none."""
    belonging = Belonging(images, facts, owner_label)
    for image in images:
        yield {
            "repository": image.repository,
            "tag": image.tag,
            "platform": image.platform,
            "digest": image.digest,
            "index": image.index,
            "subject": image.subject,
            "about": belonging.about(image),
            "isArtifact": image.is_artifact,
            "source": image.source,
            "owner": belonging.owner(image),
            "labels": image.labels,
            "layerCount": len(image.layers),
            "layerChain": image.layer_chain,
            "compressedBytes": sum(blob.size for blob in image.layers),
            "pushed": facts.pushed_at(image),
            "lastPull": facts.last_pull(image),
            "inUse": facts.is_in_use(image),
            **(totals.get(image.layer_chain, {}) if not image.is_artifact else {}),
        }


def membership_rows(images: Iterable[Image]) -> Iterator[dict[str, Any]]:
    """The layers of each image, once for its digest."""
    seen: set[str] = set()
    for image in images:
        if image.digest in seen:
            continue
        seen.add(image.digest)
        is_whole = len(image.diff_ids) == len(image.layers)
        for position, (blob, chain_id) in enumerate(zip(image.layers, image.chain_ids, strict=True)):
            yield {
                "digest": image.digest,
                "position": position,
                "layer": blob.digest,
                "bytes": blob.size,
                "diffID": image.diff_ids[position] if is_whole else None,
                "chainID": chain_id,
                "isTar": blob.is_layer,
            }
