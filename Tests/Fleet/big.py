"""The audit of a large registry, measured: `make fleet`.

A real docker-registry with generated images; Spark with two executors. Checked are every image against `strata
analyze`, each layer fetched once, an executor that is killed at half of them, and a second run.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import registry
import scripted
from analyzed import differences
from listening import addresses, arguments, descendants, is_loopback
from scripted import Scripted
from strata_fleet import duck
from usage import Usage, usage

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

    def __init__(
        self,
        served: registry.Registry | Scripted,
        out: Path,
        master: str,
        strata: str,
        used: Usage,
        more: Sequence[str] = (),
    ) -> None:
        self.served, self.out, self.used = served, out, used
        self.position = served.position()
        self.log = out.with_suffix(".log")
        self.listening: set[str] = set()
        self.words = ""
        self.started = time.monotonic()
        # When a step began: seconds, and seconds of processors.
        self.marks: dict[str, tuple[float, float]] = {}
        words = [sys.executable, "-m", "strata_fleet", "audit", f"docker://{served.host}", "--out", str(out)]
        self.output = self.log.open("wb")
        self.process = subprocess.Popen(
            [*words, "--master", master, *more],
            stdout=self.output,
            stderr=self.output,
            env=os.environ | {"STRATA": strata},
        )
        used.add(self.process.pid)

    def wait(self, kill_at: int | None = None) -> int:
        """Waits for the end; kills an executor when so many layers have been fetched."""
        while self.process.poll() is None:
            processes = descendants(self.process.pid)
            self.listening |= addresses(processes)
            self.words += arguments(processes) if len(self.words) < 1 << 22 else ""
            for mark in ("reading", "applying", "computing"):
                if mark not in self.marks and mark in self.log.read_text(errors="replace"):
                    self.mark(mark)
            if kill_at is not None and len(self.served.fetched(self.position)) >= kill_at:
                kill_at = None
                self.kill_executor()
            time.sleep(0.5)
        self.mark("end")
        self.output.close()
        return self.process.returncode

    def mark(self, name: str) -> None:
        """Notes that a step begins."""
        self.marks[name] = (time.monotonic() - self.started, self.used.seconds or 0)

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
        return rows_of(self.out, statement)

    def told(self) -> str:
        """How long the steps took."""
        return ", ".join(f"{name} at {seconds:.0f} s (CPU {cpu:.0f} s)" for name, (seconds, cpu) in self.marks.items())

    def reading(self) -> tuple[float, float]:
        """Seconds, and seconds of processors, of the reading of layers."""
        before, after = self.marks["reading"], self.marks["applying"]
        return after[0] - before[0], after[1] - before[1]


def rows_of(out: Path, statement: str) -> list[dict[str, Any]]:
    """Rows of a query on a result."""
    columns, rows = duck.query(str(out), statement)
    return [dict(zip(columns, row, strict=True)) for row in rows]


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
    served: registry.Registry | Scripted,
    out: Path,
    master: str,
    strata: str,
    name: str,
    kill_at: int | None = None,
    more: Sequence[str] = (),
) -> Audit:
    """Runs an audit and prints how long it took."""
    with usage() as used:
        audit = Audit(served, out, master, strata, used, more)
        status = audit.wait(kill_at)
    print(f"      {name}: {audit.told()}", flush=True)
    check(status == 1, f"{name}: status 1, as some layers are damaged (was {status})")
    return audit


@dataclass
class Trial:
    """What the steps share."""

    strata: str
    work: Path
    fleet: registry.Fleet
    served: registry.Registry
    images: int
    files: int
    every: int
    # The first audit, while this program has run it itself.
    first: Audit | None = None

    def first_rows(self) -> list[dict[str, Any]]:
        """The figures of the first audit, which an earlier run of this program may have made."""
        return rows_of(self.work / "first", SAME)

    def audited(self, name: str, words: str, master: str = CLUSTER, kill_at: int | None = None) -> Audit:
        """Another audit of the whole."""
        return watched(self.served, self.work / name, master, self.strata, words, kill_at)


def first(trial: Trial) -> None:
    """Everything is read once, and right; nobody else sees anything of it."""
    audit = trial.first = trial.audited("first", "two executors")
    fleet = trial.fleet
    check(fetched_again(audit, fleet) == 0, "each layer was fetched once")
    check(bool(audit.listening) and all(map(is_loopback, audit.listening)), "nothing listens beyond loopback")
    secrets = (registry.PASSWORD, base64.b64encode(f"{registry.USER}:{registry.PASSWORD}".encode()).decode())
    texts = [audit.words, audit.log.read_text(errors="replace"), (audit.out / "report.html").read_text()]
    check(not any(secret in text for secret in secrets for text in texts), "no password in arguments, log or page")
    failures = {row["digest"] for row in audit.rows("SELECT digest FROM failures")}
    check(failures == fleet.damaged, f"the {len(fleet.damaged)} damaged layers are told, and nothing else")
    rows = audit.rows(SAME.replace("contentBytes", "compressedBytes, contentBytes", 1))
    chosen = rows[:: trial.every]
    wrong = compare(trial.strata, trial.work, trial.served.host, chosen)
    check(not wrong, f"{len(chosen)} images have the figures of `strata analyze`")
    for difference in wrong[:3]:
        print(f"      {difference}", flush=True)


def killed(trial: Trial) -> None:
    """An executor that is lost costs little."""
    layers = trial.fleet.layers
    audit = trial.audited("killed", "an executor killed at half", kill_at=len(layers) // 2)
    again = fetched_again(audit, trial.fleet)
    check(again <= len(layers) // 8, f"{again} of {len(layers)} layers were fetched again")
    check(audit.rows(SAME) == trial.first_rows(), "the same figures")


def slope(trial: Trial) -> None:
    """What a layer costs more: runs over parts of the same registry, and the whole."""
    points = []
    for part in (100, 1000):
        repositories = sorted({name for name, _ in trial.fleet.tags[:part]})
        more = ("--repositories", names_file(trial.work / f"names-{part}.jsonl", repositories))
        out = trial.work / f"part-{part}"
        points.append(watched(trial.served, out, CLUSTER, trial.strata, f"{part} images", more=more))
    if trial.first is not None:
        points.append(trial.first)
    for fewer, more_ in pairwise(points):
        layers = [each.rows("SELECT layersRead FROM runs WHERE run = 1")[0]["layersRead"] for each in (fewer, more_)]
        count = layers[1] - layers[0]
        wall, cpu = (1000 * (b - a) / count for a, b in zip(fewer.reading(), more_.reading(), strict=True))
        whole = 1000 * (more_.marks["end"][1] - fewer.marks["end"][1]) / count
        print(
            f"      from {layers[0]} to {layers[1]} layers, each costs {wall:.1f} ms and {cpu:.1f} ms of CPU to read, "
            f"{whole:.1f} ms of CPU in all",
            flush=True,
        )


def one(trial: Trial) -> None:
    """Two executors against one, beside the registry on the same machine."""
    audit = trial.audited("one", "one executor", ONE)
    if trial.first is not None:
        seconds = [each.reading()[0] for each in (audit, trial.first)]
        print(f"      reading takes {seconds[0]:.0f} s with one executor, {seconds[1]:.0f} s with two", flush=True)


def distance(trial: Trial) -> None:
    """The same with a registry that is far away, so that the machine's cores are not what is waited for."""
    names = sorted({name for name, _ in trial.fleet.tags[:130]})
    more = ("--repositories", names_file(trial.work / "names-far.jsonl", names))
    seconds = []
    with scripted.serve(trial.fleet.folder, trial.work) as far:
        for name, master in (("one", ONE), ("two", CLUSTER)):
            far.delay = 1
            audit = watched(far, trial.work / f"far-{name}", master, trial.strata, f"{name}, far away", more=more)
            seconds.append(audit.reading()[0])
    check(seconds[0] >= 1.7 * seconds[1], f"reading from far takes {seconds[0]:.0f} s, and {seconds[1]:.0f} s with two")


def second(trial: Trial) -> None:
    """A later run reads what is new."""
    fleet, before = trial.fleet, set(trial.fleet.layers)
    registry.build(fleet.folder, trial.images + 50, first=trial.images, fleet=fleet, files=trial.files)
    audit = trial.audited("first", "50 images more")
    new = set(audit.served.fetched(audit.position)) & fleet.layers
    tables = {row["digest"] for row in audit.rows("SELECT digest FROM layers WHERE toc")}
    check(new == fleet.layers - before - tables, f"only the {len(new)} new layers were fetched")


STEPS = {"first": first, "killed": killed, "slope": slope, "one": one, "distance": distance, "second": second}


def names_file(path: Path, names: Sequence[str]) -> str:
    """A file for `--repositories`."""
    path.write_text("".join(json.dumps({"repository": name}) + "\n" for name in names))
    return str(path)


def main() -> int:
    """All of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--images", type=int, default=2000)
    options.add_argument("--compare", type=int, default=1, help="compare every so many images with `strata analyze`")
    options.add_argument("--work", help="a folder that is kept")
    options.add_argument("--files", type=int, default=12, help="files in a layer")
    options.add_argument("--only", action="append", default=[], choices=STEPS)
    given = options.parse_args()
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
            trial = Trial(strata, work, fleet, served, given.images, given.files, given.compare)
            for name, step in STEPS.items():
                if not given.only or name in given.only:
                    step(trial)
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
