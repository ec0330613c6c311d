"""The same tables and views in DuckDB, for questions on one machine, without Java."""

from pathlib import Path
from typing import Any

import duckdb

from strata_fleet import questions
from strata_fleet.errors import FleetError, UsageError


def connect(out: str) -> Any:
    """A connection with the tables and views of the last run."""
    root = Path(out)
    if not (root / "runs").is_dir():
        raise UsageError(f"{out} has no finished audit", "run `strata-fleet audit` with --out first")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    runs = _numbers(root)
    for table, name in questions.NAMES.items():
        files = [str(path) for run in runs for path in sorted((root / table / f"run={run}").glob("*.parquet"))]
        connection.execute(
            f"CREATE TEMPORARY VIEW {name} AS SELECT * FROM read_parquet({_list(files)}, "
            "hive_partitioning = true, hive_types = {'run': BIGINT}, union_by_name = true)"
        )
    for statement in questions.views():
        connection.execute(statement)
    return connection


def query(out: str, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Columns and rows of one statement."""
    connection = connect(out)
    try:
        result = connection.execute(statement)
        return [column[0] for column in result.description or []], result.fetchall()
    except duckdb.Error as fault:
        raise FleetError(str(fault)) from fault
    finally:
        connection.close()


def _numbers(root: Path) -> list[int]:
    return sorted(
        int(path.name.removeprefix("run=")) for path in (root / "runs").glob("run=*") if (path / "_SUCCESS").is_file()
    )


def _list(files: list[str]) -> str:
    """A list of texts as SQL has it."""
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"
