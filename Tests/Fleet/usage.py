"""The processor's time that a process and all that it starts take: other programs on the machine do not count."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOTS = (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup"))


@dataclass(frozen=True)
class Usage:
    """A control group that counts; none where the kernel lets nobody make one."""

    folder: Path | None

    def add(self, pid: int) -> None:
        """Counts this process, and what it starts from now on."""
        if self.folder is not None:
            (self.folder / "cgroup.procs").write_text(str(pid))

    @property
    def seconds(self) -> float | None:
        """What has been used so far, on all cores together."""
        if self.folder is None:
            return None
        old = self.folder / "cpuacct.usage"
        if old.exists():
            return int(old.read_text()) / 1e9
        return int((self.folder / "cpu.stat").read_text().split()[1]) / 1e6


@contextlib.contextmanager
def usage() -> Iterator[Usage]:
    """A group for as long as it is needed. Its processes must have ended."""
    for root in ROOTS:
        folder = root / f"strata-fleet-{uuid.uuid4().hex[:8]}"
        if not any((root / name).exists() for name in ("cpuacct.usage", "cgroup.controllers")):
            continue
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            yield Usage(folder)
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()
        return
    yield Usage(None)
