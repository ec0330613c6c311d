"""A registry of generated images: its folder is written directly, and Debian's `docker-registry` serves it."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import images

FETCH = re.compile(r'"GET /v2/(\S+)/(blobs|manifests)/(\S+) HTTP/[\d.]+" (\d+)')


@dataclass
class Fleet:
    """What a registry's folder has."""

    folder: Path
    tags: list[tuple[str, str]] = field(default_factory=list)
    layers: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    layer_count: int = 0
    written: set[str] = field(default_factory=set)

    @property
    def root(self) -> Path:
        """Where the registry keeps everything."""
        return self.folder / "docker" / "registry" / "v2"

    def blob(self, content: bytes) -> str:
        """Stores a blob once."""
        digest = images.digest_of(content)
        if digest not in self.written:
            self.written.add(digest)
            hexes = digest.removeprefix("sha256:")
            place = self.root / "blobs" / "sha256" / hexes[:2] / hexes
            place.mkdir(parents=True, exist_ok=True)
            (place / "data").write_bytes(content)
        return digest

    def link(self, repository: str, *place: str, digest: str) -> None:
        """Makes a repository have a blob."""
        folder = self.root.joinpath("repositories", repository, *place)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "link").write_text(digest)

    def image(
        self, repository: str, layers: list[images.BuiltLayer], labels: dict[str, str], arch: str = "amd64"
    ) -> bytes:
        """Stores an image without a tag; its manifest."""
        configuration = images.config(layers, labels, arch)
        for content in (configuration, *(each.blob for each in layers)):
            digest = self.blob(content)
            self.link(repository, "_layers", "sha256", digest.removeprefix("sha256:"), digest=digest)
        self.layers |= {images.digest_of(each.blob) for each in layers}
        self.layer_count += len(layers)
        content = images.manifest(layers, configuration)
        self.revision(repository, content)
        return content

    def revision(self, repository: str, content: bytes) -> str:
        """Stores a manifest or an index."""
        digest = self.blob(content)
        self.link(repository, "_manifests", "revisions", "sha256", digest.removeprefix("sha256:"), digest=digest)
        return digest

    def tag(self, repository: str, tag: str, content: bytes) -> None:
        """Gives a manifest a tag."""
        digest = images.digest_of(content)
        self.link(repository, "_manifests", "tags", tag, "current", digest=digest)
        hexes = digest.removeprefix("sha256:")
        self.link(repository, "_manifests", "tags", tag, "index", "sha256", hexes, digest=digest)
        self.tags.append((repository, tag))

    def untag(self, repository: str, tag: str) -> None:
        """Takes a tag away."""
        shutil.rmtree(self.root / "repositories" / repository / "_manifests" / "tags" / tag)
        self.tags.remove((repository, tag))

    def forget(self, repository: str, content: bytes) -> None:
        """Takes a manifest from a repository."""
        hexes = images.digest_of(content).removeprefix("sha256:")
        shutil.rmtree(self.root / "repositories" / repository / "_manifests" / "revisions" / "sha256" / hexes)


def build(folder: Path, count: int, first: int = 0, fleet: Fleet | None = None, files: int = 12) -> Fleet:
    """Images from number `first` on. Each has two layers of its base and three above.

    Every tenth has an eStargz layer, every hundredth (and the thirteenth) a damaged one, every twentieth is an index of
    two platforms. Every thirtieth base has a newer version.
    """
    fleet = fleet or Fleet(folder)
    bases = [[images.layer(1000 * base + part, files * 3) for part in range(2)] for base in range(4)]
    if first == 0:
        for number, layers in enumerate(bases):
            content = fleet.image(f"base/os{number // 2}", layers, {})
            fleet.tag(f"base/os{number // 2}", f"v{number % 2}", content)
    for number in range(first, count - (len(bases) if first == 0 else 0)):
        team = number % 7
        labels = {"org.opencontainers.image.vendor": f"team-{team}"} if team else {}
        repository = f"team{team}/app{number // 5}"
        base = bases[(number // 11) % len(bases)]
        # Of twenty images two share a layer above their base: three of five layers are unique.
        common = images.layer(500_000 + number - (number % 20 == 19), files)
        own = [images.layer(1_000_000 + 3 * number + part, files) for part in range(2)]
        if number % 10 == 3:
            own[0] = images.table_layer(2_000_000 + number, files)
        if number % 100 == 13:
            own[1] = images.damaged_layer(3_000_000 + number)
            fleet.damaged.add(images.digest_of(own[1].blob))
        content = fleet.image(repository, [*base, common, *own], labels)
        if number % 20 == 7:
            other = fleet.image(repository, [*base, images.layer(4_000_000 + number, files)], labels, "arm64")
            content = images.index([(content, "amd64"), (other, "arm64")])
            fleet.revision(repository, content)
        fleet.tag(repository, f"t{number % 5}", content)
    return fleet


CONFIGURATION = """\
version: 0.1
log:
  accesslog:
    disabled: false
  level: error
storage:
  filesystem:
    rootdirectory: {folder}
auth:
  htpasswd:
    realm: fleet
    path: {users}
http:
  addr: 127.0.0.1:{port}
"""

# A registry asks for this; nothing that anybody sees may have it.
USER, PASSWORD = "auditor", "a-password-that-is-looked-for"


@dataclass
class Registry:
    """A registry that runs."""

    host: str
    log: Path

    def fetched(self, since: int = 0) -> Counter[str]:
        """How often each blob was sent whole, from a place in the log on. A table of contents is a part of one."""
        found = FETCH.findall(self.log.read_text()[since:])
        return Counter(digest for _, kind, digest, status in found if kind == "blobs" and status == "200")

    def position(self) -> int:
        """The end of the log."""
        return len(self.log.read_text())


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serve(folder: Path, work: Path) -> Iterator[Registry]:
    """Runs `docker-registry` on a folder. It wants the password, and `REGISTRY_AUTH_FILE` names a file that has it."""
    port = free_port()
    host = f"127.0.0.1:{port}"
    settings, log, users = (work / name for name in ("registry.yml", "access.log", "users"))
    before = os.environ.get("REGISTRY_AUTH_FILE")
    credentials = Path(os.environ.setdefault("REGISTRY_AUTH_FILE", str(work / "auth.json")))
    # The cheapest hash: it is computed for every request.
    words = ["htpasswd", "-Bbn", "-C", "4", USER, PASSWORD]
    users.write_bytes(subprocess.run(words, check=True, capture_output=True).stdout)
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    credentials.write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    settings.write_text(CONFIGURATION.format(folder=folder, port=port, users=users))
    with log.open("wb") as output:
        # To the registry itself such variables are settings.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_")}
        process = subprocess.Popen(["docker-registry", "serve", str(settings)], stdout=output, stderr=output, env=plain)
        try:
            wait_for(port)
            yield Registry(host, log)
        finally:
            credentials.unlink()
            if before is None:
                os.environ.pop("REGISTRY_AUTH_FILE")
            process.terminate()
            process.wait(10)


def wait_for(port: int) -> None:
    """Waits until a server listens."""
    for _ in range(600):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)
