"""From answers to tables, and which failures a later run asks about again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from strata_fleet.frames import frame
from strata_fleet.listing import Fault, Listing
from strata_fleet.schema import RAW
from strata_fleet.settle import failure_rows, write_layers
from strata_fleet.spread import Layer
from strata_fleet.tables import READING, Tables, address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

A, B, C, D = (f"sha256:{letter * 64}" for letter in "abcd")
ASKED = [Layer(A, 1, "docker://h/open"), Layer(B, 1, "docker://h/open"), Layer(C, 1, "docker://h/closed")]


def failure(digest: str, retry: bool = False) -> dict[str, object]:
    return {"digest": digest, "error": "x", "retry": retry}


def test_damage_is_for_good_and_a_refusal_is_not() -> None:
    rows = failure_rows(Listing(), ASKED, {A}, [failure(B), failure(C)], [])
    assert [(row["digest"], row["retry"]) for row in rows] == [(B, False), (C, True)]


def test_what_has_no_answer_is_missing_too() -> None:
    rows = failure_rows(Listing(), ASKED, {A, B}, [], [])
    assert [(row["digest"], row["error"], row["retry"]) for row in rows] == [(C, "no answer", True)]


def test_only_what_is_listed_now_is_missing() -> None:
    assert failure_rows(Listing(), ASKED, {A, B, C}, [failure(D), failure(A)], []) == []


def test_what_could_not_be_listed_is_told() -> None:
    listing = Listing(faults=[Fault("docker://h", "429", True, "team/app", D)])
    assert failure_rows(listing, [], set(), [], []) == [
        {
            "kind": "listing",
            "source": "docker://h",
            "error": "429",
            "retry": True,
            "repository": "team/app",
            "digest": D,
        }
    ]


def test_answers_become_tables(spark: SparkSession, tmp_path: Path) -> None:
    """Of a layer that was read twice one answer counts, and of one that was not whole nothing."""
    rows = [
        answer("entry", A, "first", seq=0, path="a"),
        answer("layer", A, "first", entries=1),
        # Its table of contents did not tell enough: it was read whole afterwards.
        answer("entry", B, "first", seq=0, path="by table"),
        answer("layer", B, "first", entries=1, toc=True),
        answer("entry", B, "whole", seq=0, path="by itself"),
        answer("layer", B, "whole", entries=1, toc=False),
        # The worker ended in the middle, and was started again.
        answer("entry", C, "first", seq=0, path="half"),
        answer("partial", C, "first"),
        answer("entry", C, "second", seq=0, path="c"),
        answer("layer", C, "second", entries=1),
        answer("entry", D, "first", seq=0, path="half"),
        answer("partial", D, "first"),
        answer("failure", D, "third", error="it ended", retry=True),
    ]
    tables = Tables(spark, address(str(tmp_path)))
    frame(spark, rows, RAW).write.parquet(tables.path(READING, "run=1", "x"))
    assert write_layers(spark, tables, 1) == [{"digest": D, "error": "it ended", "retry": True}]
    known = tables.known(1)
    assert known is not None
    assert sorted((row.digest, row.path) for row in known[1].collect()) == [(A, "a"), (B, "by itself"), (C, "c")]
    assert sorted(row.digest for row in known[0].collect()) == [A, B, C]
    # A layer that a later run reads again is the later one.
    frame(spark, [answer("entry", A, "x", seq=0, path="new"), answer("layer", A, "x", entries=1)], RAW).write.parquet(
        tables.path(READING, "run=2", "x")
    )
    tables.forget_readings(2)
    assert tables.children(READING) == ["run=2"]
    write_layers(spark, tables, 2)
    known = tables.known(2)
    assert known is not None
    assert sorted((row.digest, row.path) for row in known[1].collect()) == [(A, "new"), (B, "by itself"), (C, "c")]


def answer(kind: str, digest: str, reading: str, **more: object) -> dict[str, object]:
    return {"kind": kind, "digest": digest, "reading": reading, **more}
