"""What the tests need from outside, each with the reason for which tests are skipped where it is missing."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Script = Callable[[str], Path]


@pytest.fixture(scope="session")
def strata() -> str:
    """The program that is tested with."""
    named = os.environ.get("STRATA") or "strata"
    found = shutil.which(named)
    if found is None:
        pytest.skip(f"no program {named}: build strata, or set STRATA")
    return found


@pytest.fixture(scope="session")
def spark(strata: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One Spark for all tests: it takes long to start. Its executors know the name of the file of credentials."""
    pytest.importorskip("pyspark", reason="no pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Java: install default-jre-headless")
    from strata_fleet.session import session

    os.environ["STRATA"] = strata
    os.environ["REGISTRY_AUTH_FILE"] = str(tmp_path_factory.mktemp("credentials") / "auth.json")
    # A run of seconds is not worth optimising for: that takes more time than it saves.
    os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    with session("local[2]") as running:
        yield running
    del os.environ["REGISTRY_AUTH_FILE"], os.environ["JDK_JAVA_OPTIONS"]


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Makes a script take the place of strata."""

    def make(text: str) -> Path:
        path = tmp_path / "strata"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("STRATA", str(path))
        return path

    return make
