"""Images for the tests, made from numbers: the same number gives the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import Any

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
TABLE_LABEL = "containerd.io/snapshot/stargz/toc.digest"


def digest_of(content: bytes) -> str:
    """The digest of a blob."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class BuiltLayer:
    """A layer: what it is stored as, and what that decompresses to."""

    blob: bytes
    diff_id: str
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def descriptor(self) -> dict[str, Any]:
        """As a manifest names it."""
        words: dict[str, Any] = {"mediaType": LAYER, "digest": digest_of(self.blob), "size": len(self.blob)}
        return words | ({"annotations": self.annotations} if self.annotations else {})


def member(
    name: str, body: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of a tar."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname, info.mtime, info.mode = kind, len(body), target, 1_700_000_000, 0o644
    return info, body


def tar_of(members: list[tuple[tarfile.TarInfo, bytes]], ends: bool = True) -> bytes:
    """A tar; without its end where more members follow."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for info, body in members:
            tar.addfile(info, io.BytesIO(body))
        length = tar.offset
    return file.getvalue() if ends else file.getvalue()[:length]


def random_members(seed: int, files: int, file_bytes: int) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Files in a few folders, so that layers replace, remove and repeat what others store."""
    source = random.Random(seed)
    members = [member("opt", kind=tarfile.DIRTYPE)]
    for _ in range(files):
        folder = f"opt/d{source.randrange(6)}"
        name = f"{folder}/f{source.randrange(40)}"
        body = source.randbytes(source.randrange(1, 2 * file_bytes))
        match source.randrange(12):
            case 0:
                members.append(member(f"{folder}/.wh.f{source.randrange(40)}"))
            case 1:
                members.append(member(f"{folder}/.wh..wh..opq"))
            case 2:
                members.append(
                    member(f"{folder}/s{source.randrange(9)}", kind=tarfile.SYMTYPE, target=name.split("/")[-1])
                )
            case 3:
                members += [
                    member(name, body),
                    member(f"{folder}/l{source.randrange(9)}", kind=tarfile.LNKTYPE, target=name),
                ]
            case 4:
                # The same content in many layers: a change of metadata alone.
                members.append(member(f"{folder}/same", b"same" * 500))
            case _:
                members.append(member(name, body))
    return members


def layer(seed: int, files: int = 12, file_bytes: int = 900) -> BuiltLayer:
    """A layer by its number."""
    tar = tar_of(random_members(seed, files, file_bytes))
    return BuiltLayer(gzip.compress(tar, 1, mtime=0), digest_of(tar))


def table_layer(seed: int, files: int = 12, file_bytes: int = 900) -> BuiltLayer:
    """An eStargz layer: the members, then a table of them, then a footer that says where it is."""
    members = random_members(seed, files, file_bytes)
    entries = [table_entry(info, body) for info, body in members]
    table = json.dumps({"version": 1, "entries": entries}).encode()
    front_tar = tar_of(members, ends=False)
    end_tar = tar_of([member("stargz.index.json", table)])
    front = gzip.compress(front_tar, 1, mtime=0)
    extra = f"{len(front):016x}STARGZ".encode()
    header = (
        bytes([0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255]) + (26).to_bytes(2, "little") + b"SG" + (22).to_bytes(2, "little")
    )
    footer = header + extra + bytes([1, 0, 0, 255, 255]) + bytes(8)
    blob = front + gzip.compress(end_tar, 1, mtime=0) + footer
    return BuiltLayer(blob, digest_of(front_tar + end_tar), {TABLE_LABEL: digest_of(table)})


def table_entry(info: tarfile.TarInfo, body: bytes) -> dict[str, Any]:
    """A member as an eStargz table has it."""
    words: dict[str, Any] = {"name": info.name, "mode": info.mode}
    if info.isdir():
        return words | {"type": "dir"}
    if info.issym():
        return words | {"type": "symlink", "linkName": info.linkname}
    if info.islnk():
        return words | {"type": "hardlink", "linkName": info.linkname}
    return words | {"type": "reg", "size": len(body)} | ({"digest": digest_of(body)} if body else {})


def damaged_layer(seed: int) -> BuiltLayer:
    """A layer that ends in the middle; its digest is right, its content is not."""
    whole = layer(seed, files=30, file_bytes=3000)
    return BuiltLayer(whole.blob[: len(whole.blob) // 2], whole.diff_id)


def config(layers: list[BuiltLayer], labels: dict[str, str], architecture: str = "amd64") -> bytes:
    """A configuration that names these layers."""
    words = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in layers]},
    }
    return json.dumps(words, sort_keys=True).encode()


def manifest(layers: list[BuiltLayer], configuration: bytes) -> bytes:
    """A manifest of these layers."""
    words = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": digest_of(configuration), "size": len(configuration)},
        "layers": [each.descriptor for each in layers],
    }
    return json.dumps(words).encode()


def index(children: list[tuple[bytes, str]]) -> bytes:
    """An index of these manifests, each with its architecture."""
    words = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {
                "mediaType": MANIFEST,
                "digest": digest_of(content),
                "size": len(content),
                "platform": {"os": "linux", "architecture": architecture},
            }
            for content, architecture in children
        ],
    }
    return json.dumps(words).encode()


def is_whole(blob: bytes) -> bool:
    """Whether a blob decompresses to its end."""
    try:
        gzip.decompress(blob)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return False
    return True
