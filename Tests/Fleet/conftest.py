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
def spark(strata: str) -> Iterator[SparkSession]:
    """One Spark for all tests: it takes long to start."""
    pytest.importorskip("pyspark", reason="no pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Java: install default-jre-headless")
    from strata_fleet.session import session

    os.environ["STRATA"] = strata
    with session("local[2]") as running:
        yield running


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
