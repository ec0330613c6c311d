"""The audit of a large registry, measured: `make fleet`.

A real docker-registry with generated images; Spark with two executors. Checked are every image against `strata
analyze`, each layer fetched once, an executor that is killed at half of them, and a second run.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import registry
from analyzed import differences
from listening import addresses, arguments, descendants, is_loopback
from strata_fleet import duck

CLUSTER = "local-cluster[2,1,1024]"
ONE = "local-cluster[1,1,1024]"
EXECUTOR = "CoarseGrainedExecutorBackend"
# All that two runs of the same registry must have in common; paths and causes are in the figures.
SAME = """
SELECT repository, tag, platform, digest, contentBytes, visibleBytes, wastedBytes, overwritten, metadataOnly,
       typeChange, deleted, opaque, duplicateEntry
FROM images ORDER BY repository, tag, platform, digest
"""

failed: list[str] = []


def check(holds: bool, claim: str) -> None:
    """Prints whether a claim holds."""
    print(("ok    " if holds else "FAILS ") + claim, flush=True)
    if not holds:
        failed.append(claim)


class Audit:
    """A run of `strata-fleet audit` as a process of its own, which is watched."""

    def __init__(self, served: registry.Registry, out: Path, master: str, strata: str) -> None:
        self.served, self.out = served, out
        self.position = served.position()
        self.log = out.with_suffix(".log")
        self.listening: set[str] = set()
        self.words = ""
        self.started = time.monotonic()
        self.marks: dict[str, float] = {}
        words = [sys.executable, "-m", "strata_fleet", "audit", f"docker://{served.host}", "--out", str(out)]
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [*words, "--master", master], stdout=self.output, stderr=self.output, env=os.environ | {"STRATA": strata}
        )

    def wait(self, kill_at: int | None = None) -> int:
        """Waits for the end; kills an executor when so many layers have been fetched."""
        while self.process.poll() is None:
            processes = descendants(self.process.pid)
            self.listening |= addresses(processes)
            self.words += arguments(processes) if len(self.words) < 1 << 22 else ""
            for mark in ("reading", "applying", "computing"):
                if mark not in self.marks and mark in self.log.read_text(errors="replace"):
                    self.marks[mark] = time.monotonic() - self.started
            if kill_at is not None and len(self.served.fetched(self.position)) >= kill_at:
                kill_at = None
                self.kill_executor()
            time.sleep(0.5)
        self.seconds = time.monotonic() - self.started
        self.output.close()
        return self.process.returncode

    def kill_executor(self) -> None:
        """Kills one of this run's executors."""
        for pid in sorted(descendants(self.process.pid)):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            if EXECUTOR.encode() in words and b"java" in words.split(b"\0")[0]:
                os.kill(pid, signal.SIGKILL)
                print(f"      killed executor {pid} after {time.monotonic() - self.started:.0f} s", flush=True)
                return

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Rows of a query on the result."""
        columns, rows = duck.query(str(self.out), statement)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def told(self) -> str:
        """How long the steps took."""
        marks = [*self.marks.items(), ("end", self.seconds)]
        return ", ".join(f"{name} at {seconds:.0f} s" for name, seconds in marks)


def fetched_again(audit: Audit, fleet: registry.Fleet) -> int:
    """Layers that were fetched more than once. Where a table of contents was enough, the layer is not fetched."""
    tables = {row["digest"] for row in audit.rows("SELECT digest FROM layers WHERE toc")}
    counts = audit.served.fetched(audit.position)
    check(all(counts[digest] > 0 for digest in fleet.layers - tables), "every layer was fetched")
    check(all(counts[digest] == 0 for digest in tables), f"of {len(tables)} layers the table of contents was enough")
    return sum(counts[digest] - 1 for digest in fleet.layers - tables)


@contextmanager
def folder(named: str | None) -> Iterator[Path]:
    """The given folder, or one that goes afterwards."""
    if named is not None:
        Path(named).mkdir(parents=True, exist_ok=True)
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="strata-fleet-") as made:
        yield Path(made)


def watched(
    served: registry.Registry, out: Path, master: str, strata: str, name: str, kill_at: int | None = None
) -> Audit:
    """Runs an audit and prints how long it took."""
    audit = Audit(served, out, master, strata)
    status = audit.wait(kill_at)
    print(f"      {name}: {audit.told()}", flush=True)
    check(status == 1, f"{name}: status 1, as some layers are damaged (was {status})")
    return audit


def main() -> int:
    """All of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--images", type=int, default=2000)
    options.add_argument("--compare", type=int, default=1, help="compare every so many images with `strata analyze`")
    options.add_argument("--work", help="a folder that is kept")
    options.add_argument("--files", type=int, default=12, help="files in a layer")
    options.add_argument("--only", action="append", default=[], choices=["killed", "second", "one"])
    given = options.parse_args()
    steps = given.only or ["killed", "second", "one"]
    strata = os.environ.get("STRATA", "strata")
    with folder(given.work) as work:
        fleet = registry.build(work / "registry", given.images, files=given.files)
        size = sum((path.stat().st_size) for path in fleet.root.rglob("data"))
        print(
            f"      {len(fleet.tags)} images, {fleet.layer_count} layers, {len(fleet.layers)} unique, "
            f"{len(fleet.damaged)} damaged, {size:,} bytes",
            flush=True,
        )
        with registry.serve(work / "registry", work) as served:
            first = watched(served, work / "first", CLUSTER, strata, "two executors")
            check(fetched_again(first, fleet) == 0, "each layer was fetched once")
            check(bool(first.listening) and all(map(is_loopback, first.listening)), "nothing listens beyond loopback")
            secrets = (registry.PASSWORD, base64.b64encode(f"{registry.USER}:{registry.PASSWORD}".encode()).decode())
            texts = [first.words, first.log.read_text(errors="replace"), (first.out / "report.html").read_text()]
            check(
                not any(secret in text for secret in secrets for text in texts), "no password in arguments, log or page"
            )
            failures = {row["digest"] for row in first.rows("SELECT digest FROM failures")}
            check(failures == fleet.damaged, f"the {len(fleet.damaged)} damaged layers are told, and nothing else")
            rows = first.rows(SAME.replace("contentBytes", "compressedBytes, contentBytes", 1))
            chosen = rows[:: given.compare]
            wrong = compare(strata, work, served.host, chosen)
            check(not wrong, f"{len(chosen)} images have the figures of `strata analyze`")
            for difference in wrong[:3]:
                print(f"      {difference}", flush=True)
            if "killed" in steps:
                half = len(fleet.layers) // 2
                killed = watched(served, work / "killed", CLUSTER, strata, "an executor killed at half", half)
                again = fetched_again(killed, fleet)
                check(again <= len(fleet.layers) // 8, f"{again} of {len(fleet.layers)} layers were fetched again")
                check(killed.rows(SAME) == first.rows(SAME), "the same figures")
            if "one" in steps:
                one = watched(served, work / "one", ONE, strata, "one executor")
                reading = [each.marks["applying"] - each.marks["reading"] for each in (one, first)]
                print(
                    f"      reading takes {reading[0]:.0f} s with one executor, {reading[1]:.0f} s with two", flush=True
                )
            if "second" in steps:
                before = set(fleet.layers)
                registry.build(fleet.folder, given.images + 50, first=given.images, fleet=fleet, files=given.files)
                second = watched(served, work / "first", CLUSTER, strata, "50 images more")
                new = set(served.fetched(second.position)) & fleet.layers
                check(new <= fleet.layers - before, f"only the {len(new)} new layers were fetched")
    print("all holds" if not failed else f"{len(failed)} claims fail")
    return 1 if failed else 0


def compare(strata: str, work: Path, host: str, rows: list[dict[str, Any]]) -> list[Any]:
    """Images whose figures differ, looked for by as many threads as there are processors."""
    found: list[Any] = []
    count = os.cpu_count() or 1

    def part(number: int) -> None:
        found.extend(differences(strata, str(work / f"store{number}"), host, rows[number::count]))

    threads = [threading.Thread(target=part, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


if __name__ == "__main__":
    sys.exit(main())
