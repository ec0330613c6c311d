"""Times commands, each pinned to the same two cores, and sees that strata did the work it is timed for."""
import json
import os
import shutil
import statistics
import subprocess
import time

import images

MEMORY_LIMIT = 150 * 1000 * 1000
PUSH_MEMORY_LIMIT = 80 * 1000 * 1000


class WrongResult(Exception):
    """A command failed, or its figures are not those of the image."""


class Bench:
    """The commands, the folder they work in, and the highest memory use seen."""

    def __init__(self, binary, folder, rounds, facts):
        self.binary = binary
        self.folder = folder
        self.rounds = rounds
        self.facts = facts
        self.store = os.path.join(folder, "store")
        self.peak_bytes = {}
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])

    # Commands

    def path(self, name):
        return os.path.join(self.folder, name)

    def scan(self, source, *options):
        """Seconds of one scan; its output is read and held against what is known of the image."""
        kind, name = source
        report = self.path("scan.json")
        command = [self.binary, "--store", self.store, "scan", *options, "--format", "json", f"{kind}:{self.path(name)}"]
        with open(report, "wb") as out:
            seconds, peak = timed(command, out)
        label = " ".join(["scan", *options, kind])
        self.peak_bytes[label] = max(peak, self.peak_bytes.get(label, 0))
        self.check(report, images.expected(self.folder, name.split("-")[0]))
        return seconds

    def look(self, source, *options):
        """Seconds of one scan whose result is text, as a person gets it."""
        kind, name = source
        with open(self.path("scan.txt"), "wb") as out:
            seconds, _ = timed([self.binary, "--store", self.store, "scan", *options, f"{kind}:{self.path(name)}"], out)
        return seconds

    def cold_scan(self, source, *options):
        shutil.rmtree(self.store, ignore_errors=True)
        return self.scan(source, *options)

    def check(self, report, known):
        with open(report, encoding="utf-8") as file:
            image = json.load(file)["images"][0]
        if [layer["diffID"] for layer in image["layers"]] != known["diffIDs"]:
            raise WrongResult("the scan's diff IDs are not the image's")
        for key, value in known["totals"].items():
            if image["totals"][key] != value:
                raise WrongResult(f"the scan says {key} {image['totals'][key]}, the image has {value}")

    def inflate(self, at_once=1):
        """Seconds that igzip needs for the ten layers, `at_once` of them at a time."""
        packed = [self.path(name) for name in images.expected(self.folder, "large")["packed"]]
        if at_once == 1:
            return sum(timed(["igzip", "-dc", path])[0] for path in packed)
        shell = ["xargs", "-0", "-P", str(at_once), "-n", "1", "igzip", "-dc"]
        return timed(shell, stdin="\0".join(packed).encode())[0]

    def hash_pass(self, command):
        return timed([*command, self.path("large-docker.tar")])[0]

    def copy(self, *after):
        """Seconds of a plain copy of the gzip archive, with a command after it."""
        target = self.path("copy.tar")
        seconds = timed(["cp", self.path("large-oci.tar"), target])[0]
        if after:
            seconds += timed([*after, target])[0]
        os.unlink(target)
        return seconds

    # Series

    def series(self, *tasks):
        """One warm-up of each task, then rounds in which they take turns; the medians and all times, in the tasks' order."""
        for task in tasks:
            task()
        times = [[] for _ in tasks]
        for _ in range(self.rounds):
            for task, seconds in zip(tasks, times):
                os.sync()
                seconds.append(task())
        return [Series(seconds) for seconds in times]

    def faster_hash(self):
        """The quicker of two programs that hash a file."""
        commands = [["openssl", "dgst", "-sha256"], ["sha256sum"]]
        usable = [command for command in commands if shutil.which(command[0])]
        for command in usable:
            self.hash_pass(command)
        return min(usable, key=self.hash_pass)


class Series:
    """The times of one command, in seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.median = statistics.median(seconds)

    def text(self):
        return f"{self.median:.3f} s ({min(self.seconds):.3f}–{max(self.seconds):.3f})"


def timed(command, out=subprocess.DEVNULL, stdin=None):
    """Runs a command; its wall time in seconds and its peak resident memory in bytes."""
    start = time.monotonic()
    process = subprocess.Popen(
        command, stdout=out, stderr=subprocess.PIPE, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
    if stdin is not None:
        process.stdin.write(stdin)
        process.stdin.close()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise WrongResult(f"{command[0]} exited with {process.returncode}: {errors.decode(errors='replace').strip()}")
    return seconds, usage.ru_maxrss * 1024
