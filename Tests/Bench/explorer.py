"""The explorer behind a pseudo-terminal, beside `less` on the same listing: how soon it shows an image and answers a key."""
import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import termios
import time

import listings
import measure
import report

FILES = 164_000
FIRST_SCREEN_SECONDS = 0.100
KEY_SECONDS = 0.016
LONGEST_SECONDS = 0.050
KEYS = 200
PATIENCE_SECONDS = 120


class Terminal:
    """A program on a terminal of 200x50; what it writes is read as it comes."""

    def __init__(self, command, rows=50, columns=200):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
        os.close(slave)
        self.seen = b""

    def read(self, seconds):
        """What comes next, or nothing within that time."""
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        try:
            piece = os.read(self.master, 1 << 16)
        except OSError:
            piece = b""
        self.seen += piece
        return piece

    def wait_for(self, text):
        """Seconds until a text has been written, counted from the start."""
        end = time.monotonic() + PATIENCE_SECONDS
        while text not in self.seen:
            if time.monotonic() > end or self.process.poll() is not None:
                raise measure.WrongResult(f"the explorer never shows {text!r}")
            self.read(1)
        return time.monotonic() - self.started

    def settle(self, seconds=0.3):
        """Reads until nothing comes any more."""
        while self.read(seconds):
            pass

    def answer(self, key):
        """Seconds until a key shows."""
        begin = time.monotonic()
        os.write(self.master, key)
        if not self.read(5):
            raise measure.WrongResult(f"no answer to {key!r}")
        seconds = time.monotonic() - begin
        # The rest of the same frame.
        self.settle(0.02)
        return seconds

    def leave(self, name="the explorer"):
        os.write(self.master, b"q")
        while self.process.poll() is None:
            self.read(0.1)
        os.close(self.master)
        if self.process.returncode:
            raise measure.WrongResult(f"{name} ended with status {self.process.returncode}")


def image(bench, name, count):
    """An archive of one layer with so many files, which a store knows."""
    files = (
        (f"usr/lib/node_modules/pkg-{number // 400:05d}/lib/dir{number // 20 % 20}/file-{number:07d}.js", b"%d" % number)
        for number in range(count))
    path = listings.archive(bench.path(f"{name}.tar"), f"bench/{name}:1", files, open)
    shutil.rmtree(bench.store, ignore_errors=True)
    subprocess.run([bench.binary, "--store", bench.store, "scan", "-q", path], check=True, stdout=subprocess.DEVNULL)
    os.remove(path)
    return [bench.binary, "--store", bench.store, "explore", f"bench/{name}:1"]


def first_screen(command):
    """Seconds until the layers are there."""
    terminal = Terminal(command)
    seconds = terminal.wait_for(b"RUN step")
    terminal.wait_for(b" visible, ")
    terminal.settle()
    terminal.leave()
    return seconds


def answers(command):
    """Seconds until each of many keys shows, in a tree all of whose directories may be open."""
    terminal = Terminal(command)
    terminal.wait_for(b" visible, ")
    terminal.settle()
    for key in [b"\t", b"/", b"file-0000040", b"\r"]:
        os.write(terminal.master, key)
        terminal.settle()
    terminal.wait_for(b"file-0000040.js")
    terminal.settle()
    # A line, a page, the ends, folding, the order, another pane.
    keys = [b"j", b"j", b"k", b"\x1b[6~", b"\x1b[5~", b"h", b"l", b"s", b"G", b"g"]
    seconds = [terminal.answer(keys[number % len(keys)]) for number in range(KEYS)]
    terminal.leave()
    return measure.Series(seconds)


def pager(command, listing):
    """What people look at a listing with: seconds until its first screen is there, and until each of many keys shows."""
    with open(listing, "wb") as file:
        subprocess.run([*command[:-2], "files", command[-1]], check=True, stdout=file)
    with open(listing, "rb") as file:
        begin = file.readline().split()[-1]
    keys = [b"j", b"j", b"k", b"f", b"b", b"G", b"g"]

    def first():
        terminal = Terminal(["less", listing])
        seconds = terminal.wait_for(begin)
        terminal.settle()
        terminal.leave("less")
        return seconds

    def later():
        terminal = Terminal(["less", listing])
        terminal.settle()
        seconds = [terminal.answer(keys[number % len(keys)]) for number in range(KEYS)]
        terminal.leave("less")
        return measure.Series(seconds)
    return first, later


def explorer(bench):
    known = image(bench, "explored", FILES)
    listing = bench.path("explored.txt")
    less, less_keys = pager(known, listing)
    first, theirs = bench.series(lambda: first_screen(known), less)
    yield beside("Explorer, first screen of a known image of 164,000 entries", "strata explore IMAGE", first, theirs, FIRST_SCREEN_SECONDS)
    yield beside("Its answer to a key", "the same, 200 keys", answers(known), less_keys(), KEY_SECONDS)
    os.remove(listing)
    million = answers(image(bench, "explored-million", listings.FILES))
    yield report.Row.absolute("The same, 1,000,000 entries", "strata explore IMAGE", million, KEY_SECONDS)
    longest = measure.Series([max(million.seconds)])
    yield report.Row.absolute("The longest of these", "strata explore IMAGE", longest, LONGEST_SECONDS)
    shutil.rmtree(bench.store, ignore_errors=True)


def beside(title, command, ours, theirs, limit):
    """A row held by a limit in seconds, which tells a pager's time too."""
    row = report.Row.absolute(title, command, ours, limit)
    row.peer, row.theirs = "less LISTING", theirs.text()
    return row
