"""The last listing as a file: what it has is not fetched from the registry again."""

from pathlib import Path
from typing import IO


class ListingFile:
    """The lines of a listing while it is made. One that was cut off is used by the next, beside the last whole one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._new = path.with_name(path.name + ".new") if path is not None else None
        self._rest = path.with_name(path.name + ".part") if path is not None else None
        self._output: IO[bytes] | None = None
        self.known: list[str] = []

    def __enter__(self) -> "ListingFile":
        if self._path is None or self._new is None or self._rest is None:
            return self
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if self._new.exists():
            self._new.replace(self._rest)
        self.known = [str(path) for path in (self._path, self._rest) if path.exists()]
        self._output = self._new.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        if self._output is not None:
            self._output.close()

    def write(self, block: bytes) -> None:
        """Adds whole lines."""
        if self._output is not None:
            self._output.write(block)

    def keep(self) -> None:
        """Makes these lines the last listing."""
        if self._output is None or self._path is None or self._new is None or self._rest is None:
            return
        self._output.flush()
        self._new.replace(self._path)
        self._rest.unlink(missing_ok=True)
