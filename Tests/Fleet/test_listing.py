"""Lines of a listing, which are anybody's."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Script
from strata_fleet import worker as workers
from strata_fleet.errors import FleetError
from strata_fleet.images import BadLine, chain, parse
from strata_fleet.listing import TOLD_FAULTS, Fault, Listing, list_sources, take
from strata_fleet.rows import membership_rows
from strata_fleet.settings import Settings

A, B, C = ("sha256:" + letter * 64 for letter in "abc")
TAR = "application/vnd.oci.image.layer.v1.tar+gzip"


def line(**changes: Any) -> bytes:
    words = {
        "repository": "team/app",
        "tag": "1",
        "digest": A,
        "index": None,
        "platform": "linux/amd64",
        "labels": {"a": "b"},
        "diffIDs": [B],
        "layers": [{"digest": C, "size": 5, "mediaType": TAR}],
    }
    return json.dumps(words | changes).encode()


def test_a_line_is_an_image() -> None:
    image = parse(line(), "docker://host:5000")
    assert (image.repository, image.tag, image.digest, image.platform) == ("team/app", "1", A, "linux/amd64")
    assert image.source == "docker://host:5000/team/app"
    assert image.layers[0].size == 5 and image.layers[0].is_layer and not image.is_artifact


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        line(digest="sha256:../../etc"),
        line(digest=None),
        line(layers=[{"digest": C, "size": -1}]),
        line(layers=[{"digest": C, "size": True}]),
        line(layers=[{"digest": C, "size": 1 << 64}]),
        line(layers="x"),
        line(layers=[[]]),
        line(repository=5),
        line(diffIDs=[1]),
        b'{"repository":"team/app","error":"401"}',
    ],
)
def test_what_is_no_image_is_a_fault(bad: bytes) -> None:
    with pytest.raises(BadLine):
        parse(bad, "docker://host")
    listing = Listing()
    take(listing, "docker://host", [bad, line()])
    assert len(listing.images) == 1 and len(listing.faults) == 1


def test_of_very_many_faults_the_last_tells_that_there_are_more() -> None:
    listing = Listing()
    take(listing, "docker://host", [b'{"repository":"a/b","error":"no","retry":false}'] * (TOLD_FAULTS + 5))
    assert len(listing.faults) == TOLD_FAULTS + 1
    assert listing.faults[0] == Fault("docker://host", "a/b: no", False, "a/b", None)
    assert listing.faults[-1].repository is None and "more than 1000" in listing.faults[-1].error


@pytest.mark.parametrize("end", ["", ".sig", ".att", ".sbom"])
def test_tags_that_are_made_of_a_digest_are_no_names(end: str) -> None:
    found = parse(line(tag=f"sha256-{'c' * 64}{end}"), "docker://host")
    assert (found.tag, found.subject) == (None, C)
    assert parse(line(tag=f"sha256-{'c' * 64}{end}", subject=B), "docker://host").subject == B
    for other in (f"sha256-{'c' * 63}{end}", f"sha256-{'c' * 64}.sig2", f"v1-sha256-{'c' * 64}"):
        assert parse(line(tag=other), "docker://host").tag == other


def test_the_source_of_a_folder_is_the_folder() -> None:
    assert parse(line(), "oci:/srv/layout").source == "oci:/srv/layout"
    assert parse(line(source="store:/x"), "oci:/srv/layout").source == "store:/x"


def test_documents_are_not_read_as_layers() -> None:
    listing = Listing()
    document = {"digest": B, "size": 9, "mediaType": "application/vnd.in-toto+json"}
    take(listing, "docker://host", [line(), line(digest=B, layers=[document], diffIDs=[])])
    assert [layer.digest for layer in listing.layers()] == [C]
    assert listing.images[1].is_artifact


def test_chains_are_those_of_the_specification() -> None:
    second = "sha256:" + hashlib.sha256(f"{A} {B}".encode()).hexdigest()
    third = "sha256:" + hashlib.sha256(f"{second} {C}".encode()).hexdigest()
    assert chain([A, B, C]) == [A, second, third]
    assert chain([]) == []


def test_an_image_has_its_layers_once_however_many_tags_it_has() -> None:
    rows = list(membership_rows([parse(line(), "oci:x"), parse(line(tag="2"), "oci:x")]))
    assert [(row["digest"], row["position"], row["layer"], row["diffID"]) for row in rows] == [(A, 0, C, B)]


def test_diff_ids_that_do_not_fit_are_not_believed() -> None:
    row = next(iter(membership_rows([parse(line(diffIDs=[A, B]), "oci:x")])))
    assert row["diffID"] is None and row["chainID"] == C


def test_a_listing_that_ends_early_keeps_what_it_had(worker: Script, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(line() + b"\n" + line(tag="2")[:40])
    worker(f"cat {tmp_path}/lines; echo 'error: 429' >&2; exit 3\n")
    listing = list_sources(Settings(sources=("docker://host",), out=str(tmp_path / "out")))
    assert [image.tag for image in listing.images] == ["1"]
    assert listing.faults == [Fault("docker://host", "the listing ended with status 3: error: 429", True)]


def test_a_source_without_images_is_no_result(worker: Script, tmp_path: Path) -> None:
    worker("exit 3\n")
    with pytest.raises(FleetError):
        list_sources(Settings(sources=("docker://host",), out=str(tmp_path / "out")))


def test_the_words_of_a_listing(tmp_path: Path) -> None:
    settings = Settings(("docker://h",), "x", platforms=("linux/arm64",), repositories="f", rate=2.5)
    words = "registry ls docker://h --artifacts --platform linux/arm64 --repositories f --known old --rate 2.5"
    assert " ".join(workers.listing("docker://h", settings, ["old"])) == words


def test_what_was_listed_is_not_fetched_again(worker: Script, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(line() + b"\n")
    worker(f'cat {tmp_path}/lines; echo "$*" >> {tmp_path}/called\n')
    settings = Settings(sources=("docker://host",), out=str(tmp_path / "out"))
    list_sources(settings)
    assert (tmp_path / "out" / "listing.jsonl").read_bytes() == line() + b"\n"
    list_sources(settings)
    called = (tmp_path / "called").read_text().splitlines()
    assert "--known" not in called[0]
    assert f"--known {tmp_path}/out/listing.jsonl" in called[1]


def test_a_listing_that_was_cut_off_is_used_too(worker: Script, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "listing.jsonl.new").write_bytes(line() + b"\n")
    (tmp_path / "lines").write_bytes(line() + b"\n")
    worker(f'cat {tmp_path}/lines; echo "$*" >> {tmp_path}/called\n')
    list_sources(Settings(sources=("docker://host",), out=str(out)))
    assert f"--known {out}/listing.jsonl.part" in (tmp_path / "called").read_text()
    assert [path.name for path in out.iterdir()] == ["listing.jsonl"]


def test_a_listing_without_images_does_not_replace_the_last(worker: Script, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "listing.jsonl").write_bytes(line() + b"\n")
    worker("exit 3\n")
    with pytest.raises(FleetError):
        list_sources(Settings(sources=("docker://host",), out=str(out)))
    assert (out / "listing.jsonl").read_bytes() == line() + b"\n"
