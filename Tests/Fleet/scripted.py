"""A registry that does what a script says, as registries do on bad days. It serves a folder."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import images
from registry import PASSWORD, USER


@dataclass(frozen=True)
class Request:
    """What is asked: how, what, and how often that was asked before with a token that was good."""

    method: str
    path: str
    number: int
    headers: dict[str, str]

    @property
    def name(self) -> str:
        """The end of the path: a digest, or a tag."""
        return self.path.split("?", 1)[0].rsplit("/", 1)[-1]

    @property
    def token(self) -> str:
        """The token that comes with it."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Script = Callable[[Request], Reply | None]


@dataclass
class Scripted:
    """A registry that runs: a folder as docker-registry has it, a script, and the requests so far."""

    folder: Path
    host: str = ""
    script: Script = lambda _: None
    # Answers that a token is good for; then it has run out, and the answer to it is `refusal`.
    token_uses: int | None = None
    refusal: int = 401
    # Seconds that a blob is away.
    delay: float = 0
    requests: list[Request] = field(default_factory=list)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    # How often each blob was sent whole.
    sent: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    tokens: dict[str, int] = field(default_factory=dict)

    def reply(self, method: str, path: str, headers: dict[str, str]) -> Reply:
        """Answers a request: its token first, then the script, then as registries should."""
        with self.lock:
            request = Request(method, path, self.passed[method, path], headers)
            self.requests.append(request)
            reply = self._token(request)
            if reply is None:
                self.passed[method, path] += 1
                reply = self.script(request)
            if reply is None:
                self.tokens[request.token] += 1
        reply = reply or self._proper(request)
        if self.delay and "/blobs/" in path:
            time.sleep(self.delay)
        with self.lock:
            self.answers[reply.status] += 1
            if method == "GET" and reply.status == 200 and "/blobs/" in path:
                self.sent[request.name] += 1
        return reply

    def position(self) -> int:
        """How many requests there were."""
        return len(self.requests)

    def fetched(self, since: int = 0) -> Counter[str]:
        """How often each blob was sent whole; `since` is there for the likes of a log."""
        with self.lock:
            return Counter(self.sent)

    def _token(self, request: Request) -> Reply | None:
        """Tokens for who knows the password; nothing without one."""
        given = request.headers.get("Authorization", "")
        if request.path.startswith("/token"):
            wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if given != wanted:
                return Reply(401)
            token = f"T{len(self.tokens)}"
            self.tokens[token] = 0
            return _json({"token": token, "expires_in": 3600})
        challenge = {"WWW-Authenticate": f'Bearer realm="http://{self.host}/token",service="scripted"'}
        if request.token not in self.tokens:
            return Reply(401, challenge)
        if self.token_uses is not None and self.tokens[request.token] >= self.token_uses:
            return Reply(self.refusal, challenge)
        return None

    def _proper(self, request: Request) -> Reply:
        root = self.folder / "docker" / "registry" / "v2"
        parts = request.path.split("?", 1)[0].strip("/").split("/")[1:]
        if parts == [] or parts == [""]:
            return Reply()
        if parts == ["_catalog"]:
            folders = (root / "repositories").rglob("_manifests")
            names = [str(each.parent.relative_to(root / "repositories")) for each in folders]
            return _json({"repositories": sorted(names)})
        repository, (kind, name) = root / "repositories" / Path(*parts[:-2]), parts[-2:]
        manifests = repository / "_manifests"
        if kind == "tags":
            return _json({"tags": sorted(each.name for each in (manifests / "tags").iterdir())})
        if kind == "referrers":
            return _json(self._referrers(manifests, name), images.INDEX)
        if kind == "manifests" and not name.startswith("sha256:"):
            link = manifests / "tags" / name / "current" / "link"
            if not link.exists():
                return Reply(404)
            name = link.read_text()
        content = self._blob(name)
        if content is None:
            return Reply(404)
        if kind == "manifests":
            return Reply(
                200, {"Content-Type": json.loads(content)["mediaType"], "Docker-Content-Digest": name}, content
            )
        return _part(content, request.headers.get("Range"))

    def _blob(self, digest: str) -> bytes | None:
        hexes = digest.removeprefix("sha256:")
        path = self.folder / "docker" / "registry" / "v2" / "blobs" / "sha256" / hexes[:2] / hexes / "data"
        return path.read_bytes() if path.exists() else None

    def _referrers(self, manifests: Path, subject: str) -> dict[str, Any]:
        found = []
        for each in sorted((manifests / "revisions" / "sha256").iterdir()):
            content = self._blob(f"sha256:{each.name}") or b"{}"
            if json.loads(content).get("subject", {}).get("digest") == subject:
                digest = images.digest_of(content)
                found.append({"mediaType": images.MANIFEST, "digest": digest, "size": len(content)})
        return {"schemaVersion": 2, "mediaType": images.INDEX, "manifests": found}


def _json(value: object, kind: str = "application/json") -> Reply:
    return Reply(200, {"Content-Type": kind}, json.dumps(value).encode())


def _part(content: bytes, wanted: str | None) -> Reply:
    """A blob, or the part of it that is wanted."""
    if wanted is None:
        return Reply(200, {"Content-Type": "application/octet-stream"}, content)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start = int(first) if first else len(content) - int(last)
    end = min(int(last) + 1, len(content)) if first and last else len(content)
    return Reply(206, {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}"}, content[start:end])


@contextmanager
def serve(folder: Path, work: Path) -> Iterator[Scripted]:
    """Runs the registry. `REGISTRY_AUTH_FILE` names a file with its password."""
    scripted = Scripted(folder)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            reply = scripted.reply(self.command, self.path, dict(self.headers.items()))
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.wfile.write(reply.body)

        do_GET = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    scripted.host = f"127.0.0.1:{server.server_address[1]}"
    before = os.environ.get("REGISTRY_AUTH_FILE")
    credentials = Path(os.environ.setdefault("REGISTRY_AUTH_FILE", str(work / "auth.json")))
    secret = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    others = credentials.read_text() if credentials.exists() else None
    auths = json.loads(others)["auths"] if others else {}
    credentials.write_text(json.dumps({"auths": auths | {scripted.host: {"auth": secret}}}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield scripted
    finally:
        server.shutdown()
        server.server_close()
        credentials.write_text(others) if others else credentials.unlink()
        if before is None:
            os.environ.pop("REGISTRY_AUTH_FILE")
