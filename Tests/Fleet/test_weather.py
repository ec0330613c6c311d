"""The whole job while its registry throttles, fails, and lets tokens run out."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import images
import pytest
import registry
import scripted
from scripted import Reply, Request, Scripted
from strata_fleet import cli, duck

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# Without damaged layers; one layer has a table of contents, one image is an index.
COUNT = 13
FIGURES = """
SELECT repository, tag, platform, digest, contentBytes, visibleBytes, wastedBytes, overwritten, metadataOnly,
       typeChange, deleted, opaque, duplicateEntry
FROM images ORDER BY repository, tag, platform, digest
"""

Audit = Callable[[Scripted, str], int]


def rows(out: Path, statement: str) -> list[dict[str, Any]]:
    """Rows of a query on a result."""
    columns, found = duck.query(str(out), statement)
    return [dict(zip(columns, row, strict=True)) for row in found]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> registry.Fleet:
    """A folder of images."""
    return registry.build(tmp_path_factory.mktemp("weather") / "registry", COUNT)


@pytest.fixture
def served(fleet: registry.Fleet, tmp_path: Path) -> Iterator[Scripted]:
    """A scripted registry of these."""
    with scripted.serve(fleet.folder, tmp_path) as running:
        yield running


@pytest.fixture
def audit(spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Audit:
    """Runs the command in the Spark that is there; its exit status."""
    monkeypatch.setattr("strata_fleet.audit.session", lambda *_: contextlib.nullcontext(spark))

    def run(served: Scripted, out: str) -> int:
        return cli.main(["audit", f"docker://{served.host}", "--out", str(tmp_path / out)])

    return run


@pytest.fixture(scope="module")
def calm(fleet: registry.Fleet, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The figures of a good day."""
    work = tmp_path_factory.mktemp("calm")
    with pytest.MonkeyPatch.context() as patch, scripted.serve(fleet.folder, work) as served:
        patch.setattr("strata_fleet.audit.session", lambda *_: contextlib.nullcontext(spark))
        assert cli.main(["audit", f"docker://{served.host}", "--out", str(work / "out")]) == 0
    found = rows(work / "out", FIGURES)
    assert len(found) == COUNT + 1 and all(row["wastedBytes"] is not None for row in found)
    return found


@pytest.mark.parametrize("refusal", [400, 401, 403])
def test_what_passes_costs_nothing(
    served: Scripted, audit: Audit, tmp_path: Path, calm: list[dict[str, Any]], fleet: registry.Fleet, refusal: int
) -> None:
    """Throttled, failing now and then, and with tokens that run out: all is read, and the status is 0."""
    served.token_uses, served.refusal = 6, refusal
    throttled, failing = sorted(fleet.layers)[::9], sorted(fleet.layers)[1::7]

    def script(request: Request) -> Reply | None:
        if request.number == 0 and (request.name in throttled or request.path.startswith("/v2/_catalog")):
            return Reply(429, {"Retry-After": "1"})
        if request.number == 0 and request.name in failing:
            return Reply(500)
        return None

    served.script = script
    assert audit(served, "out") == 0
    assert rows(tmp_path / "out", FIGURES) == calm
    assert rows(tmp_path / "out", "SELECT * FROM failures") == []
    assert served.answers[429] > 2 and served.answers[500] > 2 and served.answers[refusal] > 1
    assert all(served.sent[digest] <= 1 for digest in fleet.layers)


def test_what_stays_is_told_and_read_when_it_has_passed(
    served: Scripted, audit: Audit, tmp_path: Path, calm: list[dict[str, Any]], fleet: registry.Fleet
) -> None:
    """A layer and a manifest that cannot be had: status 1, the rest is right, and the next run reads these alone."""
    alone = [image for image in calm if image["repository"].startswith("team")]
    lost_image = alone[0]
    lost_layer = sorted(fleet.layers & _layers_of(fleet, alone[1]["digest"]) - _layers_of(fleet, lost_image["digest"]))[
        0
    ]
    served.script = lambda request: Reply(503) if request.name in (lost_layer, lost_image["digest"]) else None
    assert audit(served, "out") == 1
    failures = rows(tmp_path / "out", "SELECT kind, digest, retry, error FROM failures ORDER BY kind")
    assert [(row["kind"], row["digest"], row["retry"]) for row in failures] == [
        ("layer", lost_layer, True),
        ("listing", None, True),
    ]
    assert lost_image["repository"] in failures[1]["error"]
    with (tmp_path / "out" / "figures" / "failures.csv").open() as file:
        assert [line["digest"] for line in csv.DictReader(file)] == [lost_layer, ""]
    found = rows(tmp_path / "out", FIGURES)
    assert [row for row in found if row["wastedBytes"] is not None] == [
        row
        for row in calm
        if row["digest"] != lost_image["digest"] and lost_layer not in _layers_of(fleet, row["digest"])
    ]
    served.script = lambda _: None
    position = len(served.requests)
    served.sent.clear()
    assert audit(served, "out") == 0
    assert rows(tmp_path / "out", FIGURES) == calm
    assert served.sent.keys() & fleet.layers <= {lost_layer} | _layers_of(fleet, lost_image["digest"])
    manifests = {
        each.name for each in served.requests[position:] if each.method == "GET" and "/manifests/" in each.path
    }
    assert manifests == {lost_image["digest"]}


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_a_registry_that_gives_nothing_is_no_result(
    served: Scripted, audit: Audit, capsys: pytest.CaptureFixture[str], status: int, tmp_path: Path
) -> None:
    served.script = lambda _: Reply(status, {"Retry-After": "90000"} if status == 429 else {})
    assert audit(served, "out") == 3
    words = capsys.readouterr().err
    assert "error: no image is listed" in words and registry.PASSWORD not in words
    assert not (tmp_path / "out" / "runs").exists()


def test_referrers_belong_to_what_they_are_about(
    served: Scripted, audit: Audit, tmp_path: Path, fleet: registry.Fleet, calm: list[dict[str, Any]]
) -> None:
    """By the registry's list, by the specification's tag, and by cosign's: each costs who has the subject."""
    image = next(row for row in calm if row["repository"].startswith("team1/"))
    repository, subject = image["repository"], {"digest": image["digest"], "size": 1, "mediaType": images.MANIFEST}
    hexes = image["digest"].removeprefix("sha256:")
    before = set(fleet.written)
    listed = _artifact(fleet, repository, b"listed", subject)
    in_turn = {"digest": images.digest_of(listed), "size": len(listed), "mediaType": images.MANIFEST}
    signature = _artifact(fleet, repository, b"about what is listed", in_turn)
    fleet.tag(repository, f"sha256-{hexes}.sig", _artifact(fleet, repository, b"cosign's", None))
    fallback = _artifact(fleet, repository, b"by the tag", None)
    listing = images.index([(fallback, "unknown")])
    fleet.revision(repository, listing)
    fleet.tag(repository, f"sha256-{hexes}", listing)
    gone = _artifact(fleet, repository, b"orphan", None)
    fleet.tag(repository, f"sha256-{'0' * 64}.sig", gone)
    try:
        assert audit(served, "out") == 0
    finally:
        for tag in (f"sha256-{hexes}.sig", f"sha256-{hexes}", f"sha256-{'0' * 64}.sig"):
            fleet.untag(repository, tag)
        for content in (listed, signature):
            fleet.forget(repository, content)
        fleet.written &= before
    found = rows(tmp_path / "out", "SELECT digest, tag, subject, owner FROM images WHERE isArtifact")
    assert len(found) == 5
    assert {row["tag"] for row in found} == {None}
    about = {row["digest"]: row["subject"] for row in found}
    assert about[images.digest_of(listed)] == image["digest"]
    assert about[images.digest_of(signature)] == images.digest_of(listed)
    assert about[images.digest_of(fallback)] == image["digest"]
    assert about[images.digest_of(gone)] == "sha256:" + "0" * 64
    assert {row["owner"] for row in found if row["digest"] != images.digest_of(gone)} == {"team-1"}
    reached = {row["digest"] for row in rows(tmp_path / "out", "SELECT digest FROM tagged WHERE isArtifact")}
    assert reached == about.keys() - {images.digest_of(gone)}
    # What is gone from under a signature may have been listed by nobody: only a folder knows that nothing has it.
    assert rows(tmp_path / "out", "SELECT * FROM leaving") == []


def _artifact(fleet: registry.Fleet, repository: str, text: bytes, subject: dict[str, Any] | None) -> bytes:
    """Stores an artifact without a tag; its manifest."""
    digest, empty = fleet.blob(text), fleet.blob(b"{}")
    words: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": images.MANIFEST,
        "artifactType": "application/vnd.example.note",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": 2},
        "layers": [{"mediaType": "application/vnd.example.note", "digest": digest, "size": len(text)}],
    }
    content = json.dumps(words | ({"subject": subject} if subject else {})).encode()
    fleet.revision(repository, content)
    return content


def _layers_of(fleet: registry.Fleet, digest: str) -> set[str]:
    """The layers of a manifest."""
    hexes = digest.removeprefix("sha256:")
    content = (fleet.root / "blobs" / "sha256" / hexes[:2] / hexes / "data").read_bytes()
    return {layer["digest"] for layer in json.loads(content)["layers"]}
