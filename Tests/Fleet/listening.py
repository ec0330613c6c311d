"""What a process and its children listen on."""

from __future__ import annotations

import re
from pathlib import Path


def descendants(root: int) -> set[int]:
    """A process and all that it started, while they run."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def addresses(processes: set[int]) -> set[str]:
    """The addresses that these processes listen on for TCP, as the kernel writes them."""
    sockets = set()
    for pid in processes:
        try:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
                    sockets.add(found[1])
        except OSError:
            continue
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                listening.add(fields[1].rsplit(":", 1)[0])
    return listening


def is_loopback(address: str) -> bool:
    """127.0.0.0/8, ::1, and the former written as an address of the latter."""
    return (
        address in ("00000000000000000000000001000000",)
        or (len(address) == 8 and address.endswith("7F"))
        or (address.startswith("0000000000000000FFFF0000") and address.endswith("7F"))
    )


def arguments(processes: set[int]) -> str:
    """All words that these processes were started with."""
    found = []
    for pid in processes:
        try:
            found.append(Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(found)
