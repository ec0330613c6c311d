"""An image as the listing tells it.

Lines come from a registry and are anybody's: they are read here, once, strictly.
"""

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
# Foreign and encrypted layers are layers; documents of signatures and attestations are not.
LAYER_TYPE = re.compile(
    r"application/vnd\.(oci\.image\.layer\.(v1|nondistributable\.v1)\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar).*"
)


# Tags that programs make of a digest: the specification's list of referrers, and cosign's signatures, attestations and
# inventories. No person gave them.
REFERRER_TAG = re.compile(r"(sha256-[0-9a-f]{64}|sha512-[0-9a-f]{128})(\.sig|\.att|\.sbom)?")


class BadLine(Exception):
    """A line of a listing that is not an image.

    `retry` where a later listing may have one; `repository` and `digest` of what is not listed, where they are known.
    """

    def __init__(
        self, message: str, retry: bool = False, repository: str | None = None, digest: str | None = None
    ) -> None:
        super().__init__(message)
        self.retry, self.repository, self.digest = retry, repository, digest


@dataclass(frozen=True, slots=True)
class Blob:
    """A layer as a manifest names it."""

    digest: str
    size: int
    media_type: str
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def is_layer(self) -> bool:
        """Whether strata can read it as a tar."""
        return LAYER_TYPE.fullmatch(self.media_type) is not None


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest as a tag, an index or a list of untagged digests names it."""

    source: str
    repository: str
    tag: str | None
    digest: str
    index: str | None
    platform: str | None
    layers: tuple[Blob, ...]
    diff_ids: tuple[str, ...]
    labels: dict[str, str] = field(default_factory=dict)
    subject: str | None = None
    artifact_type: str | None = None

    @property
    def is_artifact(self) -> bool:
        """Whether it holds documents (signatures, attestations, charts), which have no tree of files."""
        return self.artifact_type is not None or any(not blob.is_layer for blob in self.layers)

    @property
    def layer_chain(self) -> str:
        """Names the list of layers: images with the same have the same figures."""
        return chain([blob.digest for blob in self.layers])[-1] if self.layers else "empty"

    @property
    def chain_ids(self) -> list[str]:
        """The chain ID after each layer: by diff IDs, or by digests where the configuration has not one for each."""
        is_whole = len(self.diff_ids) == len(self.layers)
        return chain(self.diff_ids if is_whole else [blob.digest for blob in self.layers])


def chain(digests: Sequence[str]) -> list[str]:
    """The chain IDs of the image specification."""
    chains: list[str] = []
    for digest in digests:
        above = f"{chains[-1]} {digest}" if chains else None
        chains.append("sha256:" + hashlib.sha256(above.encode()).hexdigest() if above else digest)
    return chains


def parse(line: bytes, listed: str) -> Image:
    """A line of `strata registry ls`; `listed` is the source that was listed."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise BadLine(f"not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise BadLine("not an object")
    if (error := value.get("error")) is not None:
        repository, digest = (
            each if isinstance(each := value.get(key), str) else None for key in ("repository", "digest")
        )
        name = repository or digest
        raise BadLine(f"{name}: {error}" if name else str(error), value.get("retry") is True, repository, digest)
    repository = _text(value, "repository") or ""
    tag, subject = _text(value, "tag"), value.get("subject")
    if tag is not None and (made := REFERRER_TAG.fullmatch(tag)) is not None:
        tag, subject = None, subject or made[1].replace("-", ":", 1)
    return Image(
        source=_text(value, "source") or blob_source(listed, repository),
        repository=repository,
        tag=tag,
        digest=_digest(value.get("digest")),
        index=_digest(value["index"]) if value.get("index") is not None else None,
        platform=_text(value, "platform"),
        layers=tuple(_blob(each) for each in _list(value, "layers")),
        diff_ids=tuple(_digest(each) for each in _list(value, "diffIDs")),
        subject=_digest(subject) if subject is not None else None,
        labels=_labels(value.get("labels")),
        artifact_type=_text(value, "artifactType"),
    )


def blob_source(listed: str, repository: str) -> str:
    """Where the layers of a repository are read: the registry's host and the repository; anything else as listed."""
    if not listed.startswith("docker://"):
        return listed
    host = listed.removeprefix("docker://").split("/", 1)[0]
    return f"docker://{host}/{repository}"


def _text(value: dict[str, Any], key: str) -> str | None:
    text = value.get(key)
    if text is not None and not isinstance(text, str):
        raise BadLine(f"`{key}` is not a text")
    return text


def _list(value: dict[str, Any], key: str) -> list[Any]:
    items = value.get(key)
    if items is None:
        return []
    if not isinstance(items, list):
        raise BadLine(f"`{key}` is not a list")
    return items


def _digest(value: object) -> str:
    if not isinstance(value, str) or DIGEST.fullmatch(value) is None:
        raise BadLine("not a digest")
    # The same digest stands in many images: it is kept once.
    return sys.intern(value)


def _labels(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {key: text for key, text in value.items() if isinstance(text, str)}


def _blob(value: object) -> Blob:
    if not isinstance(value, dict):
        raise BadLine("a layer is not an object")
    size = value.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 63:
        raise BadLine("a layer has no size")
    media_type = value.get("mediaType")
    kind = sys.intern(media_type) if isinstance(media_type, str) else ""
    return Blob(_digest(value.get("digest")), size, kind, tuple(_labels(value.get("annotations")).items()))
