"""The command line: exit codes, and no secrets."""

from pathlib import Path

import pytest
from conftest import Script
from strata_fleet.cli import main
from strata_fleet.errors import UsageError
from strata_fleet.session import SETTINGS, is_local, with_retries
from strata_fleet.settings import Settings, spark_setting
from strata_fleet.worker import handed_on
from strata_fleet.workshare import options, slots


@pytest.mark.parametrize("source", ["docker://user:secret@host/app", "docker://token@host", "https://a:b@host/"])
def test_a_password_in_a_source_is_refused(source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", source, "--out", str(tmp_path)]) == 2
    assert "secret" not in capsys.readouterr().err


def test_no_image_is_no_result(worker: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worker("echo 'cannot reach host' >&2; exit 3\n")
    assert main(["audit", "docker://host", "--out", str(tmp_path / "out")]) == 3
    assert "cannot reach host" in capsys.readouterr().err


def test_no_strata_is_no_result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRATA", "/nowhere/strata")
    assert main(["audit", "docker://host", "--out", str(tmp_path / "out")]) == 3


def test_a_fault_of_the_program_is_no_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 would mean that there is a result."""
    monkeypatch.setattr("strata_fleet.audit.look", lambda *_: 1 // 0)
    assert main(["audit", "docker://host", "--out", str(tmp_path / "out")]) == 3


def test_what_acts_on_a_terminal_does_not(worker: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worker("printf 'a\\033[2Jb\\n' >&2; exit 3\n")
    main(["audit", "docker://host", "--out", str(tmp_path / "out")])
    assert "\x1b" not in capsys.readouterr().err


def test_a_folder_without_an_audit(tmp_path: Path) -> None:
    assert main(["sql", str(tmp_path), "SELECT 1"]) == 2


def test_executors_share_what_a_registry_allows() -> None:
    settings = Settings(sources=("docker://host",), out="x", connections=10)
    assert options(settings, 4) == ["--concurrency", "2"]
    with pytest.raises(UsageError):
        options(settings, 11)
    assert options(Settings(sources=(), out="x", rate=10), 4) == ["--rate", "2.5"]


def test_variables_are_handed_on_by_name() -> None:
    given = {"REGISTRY_AUTH_FILE": "/etc/auth.json", "PASSWORD": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    assert handed_on(given) == {"REGISTRY_AUTH_FILE": "/etc/auth.json"}


def test_masters() -> None:
    assert [with_retries(name) for name in ("local", "local[*]", "local[2]", "local[2,1]", "spark://h:7077")] == [
        "local[1,4]",
        "local[*,4]",
        "local[2,4]",
        "local[2,1]",
        "spark://h:7077",
    ]
    assert [
        is_local(name) for name in ("local", "local[2]", "local-cluster[2,1,1024]", "yarn", "spark://localhost")
    ] == ([True, True, True, False, False])


def test_nothing_is_fetched_twice_on_purpose() -> None:
    assert SETTINGS["spark.speculation"] == "false"


@pytest.mark.parametrize(
    ("master", "settings", "count"),
    [
        ("local[2,4]", {}, 2),
        ("local-cluster[3,4,1024]", {}, 12),
        ("yarn", {"spark.executor.instances": "25", "spark.executor.cores": "4"}, 100),
        ("yarn", {"spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "7"}, 7),
        ("yarn", {"spark.dynamicAllocation.enabled": "true", "spark.executor.instances": "1"}, 2),
        ("spark://h:7077", {"spark.cores.max": "40"}, 40),
        ("spark://h:7077", {}, 2),
    ],
)
def test_executors_that_are_to_come_count(master: str, settings: dict[str, str], count: int) -> None:
    assert slots(master, settings, 2) == count


def test_settings_of_spark_are_no_secrets() -> None:
    assert spark_setting("spark.executor.memory=2g") == ("spark.executor.memory", "2g")
    for text in (
        "spark.hadoop.fs.s3a.secret.key=x",
        "spark.hadoop.fs.s3a.access.key=x",
        "spark.authenticate.secret=x",
        "x=y",
    ):
        with pytest.raises(UsageError):
            spark_setting(text)
