"""Writes reports/benchmarks.md: what was measured on what machine, and whether it is within its limit."""
import datetime
import os
import platform
import subprocess


class Row:
    """One measurement: strata's figure, the peer's, and the limit."""

    def __init__(self, title, command, peer, ours, theirs, value, limit, passed):
        self.title = title
        self.command = command
        self.peer = peer
        self.ours = ours
        self.theirs = theirs
        self.value = value
        self.limit = limit
        self.passed = passed

    @classmethod
    def ratio(cls, title, command, peer, ours, theirs, limit, theirs_seconds=None):
        """A row that compares medians."""
        value = ours.median / (theirs.median if theirs_seconds is None else theirs_seconds)
        return cls(title, command, peer, ours.text(), theirs if isinstance(theirs, str) else theirs.text(),
                   f"{value:.2f}", f"{limit:.2f}", value <= limit)

    @classmethod
    def absolute(cls, title, command, ours, limit=None):
        """A row that holds a median against a limit in seconds, or against none."""
        text = "–" if limit is None else f"{limit * 1000:.0f} ms"
        passed = None if limit is None else ours.median < limit
        return cls(title, command, "", ours.text(), "", f"{ours.median * 1000:.0f} ms", text, passed)

    def text(self):
        verdict = "–" if self.passed is None else "pass" if self.passed else "**miss**"
        cells = [self.title, self.ours, self.theirs, self.value, self.limit, verdict]
        return "| " + " | ".join(cells) + " |"


def write(path, rows, facts):
    commands = [f"- {row.title}: `{row.command}`" + (f" against `{row.peer}`" if row.peer else "") for row in rows]
    lines = [
        "# Benchmarks", "",
        "Written by `make bench` (`Tests/Bench/run`). Every command runs several times after a warm-up, taking turns with its peer,",
        "all pinned to the same two cores; figures are medians of wall time, with the fastest and slowest in brackets.", "",
        *[f"- {name}: {value}" for name, value in facts.items()], "",
        "| measurement | strata | peer | figure | limit | |", "|---|---|---|---|---|---|", *[row.text() for row in rows], "",
        "Commands:", *commands, "",
    ]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def machine():
    """The machine, without names that tell whose it is."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo", encoding="utf-8") as file:
        kibibytes = int(file.readline().split()[1])
    return {
        "CPU": f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, {kibibytes / 1024 ** 2:.0f} GiB of memory",
        "Kernel": f"Linux {platform.release()}",
        "Date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "Load when it began": f"{os.getloadavg()[0]:.2f}",
        "Tools": ", ".join(version(*command) for command in [("igzip", "--version"), ("openssl", "version"), ("pigz", "--version")]),
    }


def version(*command):
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = (result.stdout + result.stderr).strip().splitlines()
    return lines[0].split(" (")[0] if lines else command[0]
