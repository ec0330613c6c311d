"""A task's layers through the worker, whatever the worker does: every layer asked for has an answer or is a failure."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Script
from strata_fleet.errors import FleetError
from strata_fleet.reading import read, request
from strata_fleet.spread import Layer

A, B, C = ("sha256:" + letter * 64 for letter in "abc")
ASKED = "".join(request(Layer(digest, 5, "oci:x")).decode() for digest in (A, B))


def answers(*options: str) -> list[dict[str, Any]]:
    return [row for batch in read(ASKED, options) for row in batch.to_pylist()]


def told(rows: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    return sorted((row["kind"], row["digest"], row["error"]) for row in rows if row["kind"] in ("layer", "failure"))


def layer(digest: str) -> str:
    return json.dumps({"digest": digest, "compressedBytes": 5, "entries": 1, "toc": False})


def entry(digest: str, path: str = "a") -> str:
    return json.dumps({"digest": digest, "seq": 0, "path": path, "type": "file", "size": 3})


@pytest.fixture
def says(worker: Script, tmp_path: Path) -> Iterator[Any]:
    """A worker that writes these lines, each time that it is started, and ends with a status."""

    def make(*lines: str, status: int = 0) -> None:
        (tmp_path / "said").write_text("".join(line + "\n" for line in lines))
        worker(f"echo start >> {tmp_path}/starts; cat > {tmp_path}/asked; cat {tmp_path}/said; exit {status}\n")

    yield make


def starts(tmp_path: Path) -> int:
    return len((tmp_path / "starts").read_text().splitlines())


def test_answers_become_rows(says: Any, tmp_path: Path) -> None:
    says(entry(A), entry(B), layer(B), layer(A))
    rows = answers()
    assert told(rows) == [("layer", A, None), ("layer", B, None)]
    assert [row["path"] for row in rows if row["kind"] == "entry"] == ["a", "a"]
    assert starts(tmp_path) == 1


def test_failures_become_rows(says: Any) -> None:
    says(layer(A), json.dumps({"digest": B, "error": "damaged", "retry": False}))
    assert told(answers()) == [("failure", B, "damaged"), ("layer", A, None)]


def test_what_a_worker_leaves_is_asked_again_and_then_a_failure(says: Any, tmp_path: Path) -> None:
    says(layer(A), status=9)
    rows = answers()
    assert told(rows) == [("failure", B, "strata ended with status 9: "), ("layer", A, None)]
    assert [row["retry"] for row in rows if row["kind"] == "failure"] == [True]
    assert starts(tmp_path) == 3
    # Only what is missing is asked for again.
    assert (tmp_path / "asked").read_text().count("digest") == 1


def test_entries_of_a_layer_that_is_not_whole_are_told(says: Any) -> None:
    says(entry(A), layer(A), entry(B), status=9)
    rows = answers()
    partial = {(row["digest"], row["reading"]) for row in rows if row["kind"] == "partial"}
    assert partial == {(row["digest"], row["reading"]) for row in rows if row["kind"] == "entry" and row["digest"] == B}
    assert len(partial) == 3


@pytest.mark.parametrize("line", ["no JSON", '{"digest": 5}', '{"digest": "x", "size": "much"}', "[1]", '{"seq": {}}'])
def test_what_is_no_answer_is_not_believed(says: Any, line: str) -> None:
    says(line)
    assert [kind for kind, _, _ in told(answers())] == ["failure", "failure"]


def test_nothing_is_taken_about_other_layers_or_twice(says: Any) -> None:
    says(layer(C), layer(A), layer(A), layer(B))
    assert told(answers()) == [("layer", A, None), ("layer", B, None)]


def test_other_keys_are_left_out(says: Any) -> None:
    says(layer(A)[:-1] + ', "more": {"deep": [1]}}', layer(B))
    assert len(told(answers())) == 2


def test_a_last_line_that_was_cut_off_is_no_answer(worker: Script, tmp_path: Path) -> None:
    worker(f"cat > /dev/null; printf '%s\\n%s' '{layer(A)}' '{layer(B)[:-1]}'\n")
    assert told(answers())[0][:2] == ("failure", B)


def test_a_worker_that_does_not_read_is_no_deadlock(worker: Script) -> None:
    worker("exit 7\n")
    assert [kind for kind, _, _ in told(answers())] == ["failure", "failure"]


def test_a_worker_that_is_not_there_ends_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRATA", "/nowhere/strata")
    with pytest.raises(FleetError):
        answers()


def test_options_and_environment_reach_the_worker(
    worker: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "/secret/file")
    worker(f'cat > /dev/null; echo "$REGISTRY_AUTH_FILE $*" > {tmp_path}/called\n')
    answers("--concurrency", "3")
    assert (tmp_path / "called").read_text() == "/secret/file layers --stdin --entries --concurrency 3\n"


def test_much_in_both_directions(worker: Script) -> None:
    """The pipes are full on both sides at the same time."""
    worker("exec awk '{ for (i = 0; i < 20; i++) print $0; fflush() }'\n")
    lines = "".join(request(Layer(f"sha256:{number:064x}", 5, "oci:" + "x" * 500)).decode() for number in range(5000))
    kinds = [row["kind"] for batch in read(lines, ()) for row in batch.select(["kind"]).to_pylist()]
    assert kinds == ["layer"] * 5000
