"""A running `strata`: lines in, blocks of whole lines out, and how it ended.

The three streams move at the same time, so that neither side waits for the other for ever; memory stays bounded by the
longest line.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from strata_fleet import worker

BLOCK_BYTES = 1 << 20
# A longer line is no line of strata's: paths and link targets have limits far below.
LINE_BYTES = 64 << 20
# What is kept of its messages to tell why it ended.
MESSAGE_LINES = 5


class LineTooLong(Exception):
    """The program wrote more than a line may have."""


class Pipe:
    """One process. `blocks` gives what it writes; afterwards `status` and `message` tell its end."""

    def __init__(self, words: Sequence[str], lines: Iterable[bytes] | None) -> None:
        self._process = worker.start(words, reads=lines is not None)
        self._messages: deque[str] = deque(maxlen=MESSAGE_LINES)
        self._fault: BaseException | None = None
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        if lines is not None:
            self._threads.append(threading.Thread(target=self._feed, args=(lines,), daemon=True))
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing of the process stays, however the reader ended."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def blocks(self) -> Iterator[bytes]:
        """Whole lines, about a megabyte at a time. Ends with the process; `status` is known then.

        What feeds the process runs on another thread: what fails there is raised here.
        """
        stdout = self._process.stdout
        assert stdout is not None
        parts: list[bytes] = []
        held = 0
        while chunk := stdout.read1(BLOCK_BYTES):  # type: ignore[attr-defined]
            parts.append(chunk)
            held += len(chunk)
            if held < BLOCK_BYTES:
                continue
            block = b"".join(parts)
            end = block.rfind(b"\n") + 1
            if end == 0 and held > LINE_BYTES:
                raise LineTooLong
            if end:
                yield block[:end]
            parts, held = [block[end:]], len(block) - end
        block = b"".join(parts)
        if end := block.rfind(b"\n") + 1:
            yield block[:end]
        # A line without an end was cut off: it is no answer.
        self._process.wait()
        for thread in self._threads:
            thread.join()
        if self._fault is not None:
            raise self._fault

    @property
    def status(self) -> int:
        """Its exit status, negative for a signal."""
        return self._process.wait()

    @property
    def message(self) -> str:
        """Its last messages, on one line."""
        return " ".join(self._messages)

    def _listen(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        # `close` at the end of an abandoned reading ends this.
        with contextlib.suppress(ValueError):
            for line in stream:
                if text := line.decode("utf-8", "backslashreplace").strip():
                    self._messages.append(text)

    def _feed(self, lines: Iterable[bytes]) -> None:
        stream: IO[bytes] | None = self._process.stdin
        assert stream is not None
        try:
            for line in lines:
                stream.write(line)
            stream.close()
        except (BrokenPipeError, ValueError):
            # It ended before its input did: its status tells why.
            pass
        except BaseException as fault:  # noqa: BLE001 - handed to the reader
            self._fault = fault
            self._process.kill()
