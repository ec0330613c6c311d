"""The whole: a real registry, real Spark, real strata."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import registry
from analyzed import differences
from listening import addresses, arguments, descendants, is_loopback
from strata_fleet import duck, figures, questions
from strata_fleet.settings import Settings
from strata_fleet.tables import Tables, address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from strata_fleet.audit import Outcome

COUNT = 40


@dataclass
class Scene:
    """A registry, and what an audit of it left."""

    spark: SparkSession
    fleet: registry.Fleet
    served: registry.Registry
    out: Path
    outcome: Outcome
    # What was fetched by the audit.
    fetched: dict[str, int]

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Rows of a query."""
        columns, rows = duck.query(str(self.out), statement)
        return [dict(zip(columns, row, strict=True)) for row in rows]


def run(spark: SparkSession, host: str, out: Path, said: list[str]) -> Outcome:
    """An audit in a session that is there already."""
    from strata_fleet.audit import Run, look

    settings = Settings(sources=(f"docker://{host}",), out=str(out))
    return Run(spark, settings, *look(settings, said.append), datetime.now(UTC), said.append).all()


@pytest.fixture(scope="module")
def scene(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An audit of a small registry."""
    for name in ("docker-registry", "htpasswd"):
        if shutil.which(name) is None:
            pytest.skip(f"no {name}")
    folder = tmp_path_factory.mktemp("fleet")
    fleet = registry.build(folder / "registry", COUNT)
    with registry.serve(folder / "registry", folder) as served:
        outcome = run(spark, served.host, folder / "out", [])
        yield Scene(spark, fleet, served, folder / "out", outcome, dict(served.fetched()))


def test_each_layer_is_fetched_once(scene: Scene) -> None:
    tables = {row["digest"] for row in scene.rows("SELECT digest FROM layers WHERE toc")}
    assert scene.outcome.layers_read == len(scene.fleet.layers)
    for digest in scene.fleet.layers:
        assert scene.fetched.get(digest, 0) == (0 if digest in tables else 1), digest


def test_what_is_damaged_is_told_and_the_rest_is_right(scene: Scene, strata: str, tmp_path: Path) -> None:
    failures = scene.rows("SELECT kind, digest, retry FROM failures")
    assert failures == [{"kind": "layer", "digest": digest, "retry": False} for digest in scene.fleet.damaged]
    assert scene.outcome.failures == 1
    images = scene.rows("SELECT * FROM images ORDER BY repository, tag, platform")
    assert {(row["repository"], row["tag"]) for row in images} == set(scene.fleet.tags)
    assert sum(row["wastedBytes"] is None for row in images) == 1
    # Some, the ones with eStargz layers and the indexes among them: each takes a moment.
    chosen = [row for number, row in enumerate(images) if number % 5 == 0 or row["index"] or row["wastedBytes"] is None]
    assert differences(strata, str(tmp_path / "store"), scene.served.host, chosen) == []


def test_entries_are_those_of_whole_layers(scene: Scene) -> None:
    wrong = """
        SELECT coalesce(l.digest, e.digest) AS digest, l.entries, e.entries AS found
        FROM layers l FULL OUTER JOIN (SELECT digest, count(*) AS entries FROM entries GROUP BY digest) e
            ON e.digest = l.digest
        WHERE l.entries IS DISTINCT FROM coalesce(e.entries, 0) OR l.digest IS NULL
    """
    assert scene.rows(wrong) == []


def test_spark_and_duckdb_answer_the_same(scene: Scene) -> None:
    figures.make_views(scene.spark, Tables(scene.spark, address(str(scene.out))), 1)
    for question in ("totals", "owners", "bases", "growth"):
        statement = questions.text(question)
        assert figures.ask_spark(scene.spark, statement) == duck.query(str(scene.out), statement), question
    for name in figures.CACHED:
        scene.spark.catalog.uncacheTable(name)


def test_the_page_and_the_answers_are_there(scene: Scene) -> None:
    assert (scene.out / "report.html").read_text().startswith("<!doctype html>")
    assert {path.stem for path in (scene.out / "figures").glob("*.csv")} == set(questions.QUESTIONS)
    assert not (scene.out / "reading").exists()


def test_a_local_master_listens_on_loopback_alone(scene: Scene) -> None:
    processes = descendants(os.getpid())
    listening = addresses(processes)
    assert listening and all(is_loopback(each) for each in listening)
    assert "spark.ui.enabled=false" in arguments(processes)


def test_the_password_is_nowhere(scene: Scene) -> None:
    secrets = (registry.PASSWORD, base64.b64encode(f"{registry.USER}:{registry.PASSWORD}".encode()).decode())
    words = arguments(descendants(os.getpid()))
    assert not any(secret in words for secret in secrets)
    for path in scene.out.rglob("*"):
        assert not path.is_file() or not any(secret.encode() in path.read_bytes() for secret in secrets)


def test_a_second_run_reads_what_is_new(scene: Scene) -> None:
    before = set(scene.fleet.layers)
    registry.build(scene.fleet.folder, COUNT + 5, first=COUNT, fleet=scene.fleet)
    position = scene.served.position()
    outcome = run(scene.spark, scene.served.host, scene.out, [])
    fetched = scene.served.fetched(position)
    new = scene.fleet.layers - before
    assert outcome.run == 2 and outcome.layers_read == len(new)
    tables = {row["digest"] for row in scene.rows("SELECT digest FROM layers WHERE toc")}
    assert set(fetched) & scene.fleet.layers == new - tables
    known, missing = (
        scene.rows(f"SELECT count(*) AS n FROM images WHERE wastedBytes IS {null}")[0]["n"]
        for null in ("NOT NULL", "NULL")
    )
    assert missing == len(scene.fleet.damaged) and known + missing == outcome.images
    assert any(row["addedBytes"] for row in scene.rows(questions.text("growth")))
