"""How `strata` is called: the program, its commands, its environment.

Credentials are none of the job's business: strata finds them on each machine in the files that these variables name.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from strata_fleet.errors import FleetError
from strata_fleet.settings import Settings

# Handed on from the driver to executors by name. Their values are paths and addresses, never secrets.
HANDED_ON = (
    "STRATA",
    "REGISTRY_AUTH_FILE",
    "DOCKER_CONFIG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_PROXY",
    "no_proxy",
)

READ = ("layers", "--stdin", "--entries")
APPLY = ("layers", "--apply")


def program(environment: Mapping[str, str] = os.environ) -> str:
    """`$STRATA`, else `strata` on the PATH."""
    named = environment.get("STRATA") or "strata"
    found = shutil.which(named, path=environment.get("PATH"))
    if found is None:
        raise FleetError(f"cannot find the program `{named}`", "install strata on every executor, or set STRATA")
    return found


def listing(source: str, settings: Settings, known: Sequence[str]) -> list[str]:
    """The words that list a source: also signatures and attestations, which cost like images."""
    words = ["registry", "ls", source, "--artifacts"]
    for platform in settings.platforms:
        words += ["--platform", platform]
    if settings.repositories is not None:
        words += ["--repositories", settings.repositories]
    for file in known:
        words += ["--known", file]
    if settings.rate is not None:
        words += ["--rate", f"{settings.rate:g}"]
    return words


def handed_on(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What an executor's environment needs of the driver's."""
    return {name: environment[name] for name in HANDED_ON if name in environment}


def start(words: Sequence[str], *, reads: bool) -> "subprocess.Popen[bytes]":
    """Starts strata in this process's environment, with pipes to its streams."""
    return subprocess.Popen(
        [program(), *words],
        stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
