"""How the executors share what a registry allows."""

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
