"""What a run is asked to do, as one value."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from strata_fleet.errors import UsageError

# A failed task reads its layers again: at most this much of them.
TASK_BYTES = 1_000_000_000
# The least number of tasks, so that an executor that is lost costs at most a sixteenth.
TASKS = 16
# Label that names the team in many registries.
OWNER_LABEL = "org.opencontainers.image.vendor"


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of `strata-fleet audit`."""

    sources: tuple[str, ...]
    out: str
    master: str | None = None
    platforms: tuple[str, ...] = ()
    repositories: str | None = None
    in_use: str | None = None
    owner_label: str = OWNER_LABEL
    bases_own: bool = False
    connections: int | None = None
    rate: float | None = None
    listing: str | None = None
    spark: tuple[tuple[str, str], ...] = ()
    again: bool = False
    task_bytes: int = TASK_BYTES


def listing_file(settings: Settings) -> Path | None:
    """Where the listing is kept, so that the next run fetches no manifest again; beside the tables if they are here."""
    if settings.listing is not None:
        return Path(settings.listing)
    return None if "://" in settings.out else Path(settings.out) / "listing.jsonl"


def without_secrets(source: str) -> str:
    """The source itself; refuses one that has a password in it, since arguments and logs are read by others."""
    if "://" in source and "@" in urlsplit(source).netloc:
        raise UsageError(
            "a source must not contain a user or password",
            "log in with `strata login`, or name a credentials file in REGISTRY_AUTH_FILE",
        )
    return source


def spark_setting(text: str) -> tuple[str, str]:
    """`NAME=VALUE`; refuses what names a secret, since Spark shows its settings."""
    name, equals, value = text.partition("=")
    if not equals or not name.startswith("spark."):
        raise UsageError(f"`{name}` is not a setting of Spark", "write --conf spark.NAME=VALUE")
    if re.search(r"secret|password|token|credential|access\.?key", name, re.IGNORECASE):
        raise UsageError(f"`{name}` names a secret", "put it into a file that Spark reads, such as spark-defaults.conf")
    return name, value
