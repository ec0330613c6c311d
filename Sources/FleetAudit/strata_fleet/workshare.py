"""How the executors share what a registry allows."""

import re
from collections.abc import Mapping

from strata_fleet.errors import UsageError
from strata_fleet.settings import Settings


def options(settings: Settings, slots: int) -> list[str]:
    """The worker's options: limits are for all tasks that run at the same time together."""
    words: list[str] = []
    if settings.connections is not None:
        share = settings.connections // slots
        if share < 1:
            raise UsageError(
                f"--connections {settings.connections} is less than the {slots} tasks that run at the same time",
                "use fewer executor cores, or allow more connections",
            )
        words += ["--concurrency", str(share)]
    if settings.rate is not None:
        words += ["--rate", f"{settings.rate / slots:g}"]
    return words


def slots(master: str, settings: Mapping[str, str], found: int) -> int:
    """How many tasks run at the same time when all executors are there.

    Spark tells only of those that have come so far (`found`), which at the start may be none.
    """
    if cluster := re.fullmatch(r"local-cluster\[\s*(\d+)\s*,\s*(\d+)\s*,.*\]", master):
        return int(cluster[1]) * int(cluster[2])
    cores = int(settings.get("spark.executor.cores", "1"))
    is_dynamic = settings.get("spark.dynamicAllocation.enabled", "false") == "true"
    executors = settings.get("spark.dynamicAllocation.maxExecutors" if is_dynamic else "spark.executor.instances", "")
    if executors.isdigit():
        return max(1, int(executors) * cores)
    return max(1, int(settings.get("spark.cores.max", "0")), found)
