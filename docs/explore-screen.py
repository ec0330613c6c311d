#!/usr/bin/env python3
"""Takes a picture of the explorer: runs it in tmux on the image of fixtures/app-docker.tar and writes docs/explore.svg.

Usage: docs/explore-screen.py [PROGRAM]; the program is .build/release/strata unless named. Needs tmux.
"""
import html
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLUMNS, ROWS = 100, 22
CELL, LINE = 8.4, 18
COLORS = {31: "#f47067", 32: "#6bc46d", 33: "#daaa3f"}
PAPER, INK = "#1c2128", "#cdd9e5"
# The files, the largest waste, and the line above it.
KEYS = ["Tab", "w", "w"]


def screen(program):
    """The screen's lines with their control sequences."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "STRATA_STORE": f"{folder}/store", "LC_ALL": "C.UTF-8"}
        subprocess.run([program, "scan", "-q", f"{ROOT}/fixtures/app-docker.tar"], env=environment, check=True, stdout=subprocess.DEVNULL)

        def tmux(*words):
            command = ["tmux", "-u", "-S", f"{folder}/tmux", "-f", "/dev/null", *words]
            return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

        def wait_for(text):
            for _ in range(200):
                if text in tmux("capture-pane", "-p"):
                    return
                time.sleep(0.05)
            sys.exit(f"the explorer never shows {text!r}")

        tmux("new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), program, "explore", "localhost/strata/app:1")
        wait_for(" visible,")
        tmux("send-keys", *KEYS)
        wait_for(f"waste {KEYS.count('w')} of")
        lines = tmux("capture-pane", "-p", "-e").split("\n")[:ROWS]
        tmux("kill-server")
        return lines


def pieces(line):
    """The texts of a line with their attributes."""
    now = set()
    for sequence, text in re.findall(r"((?:\x1b\[[0-9;]*m)*)([^\x1b]*)", line.replace("\x0f", "").replace("\x1b(B", "")):
        for codes in re.findall(r"\x1b\[([0-9;]*)m", sequence):
            for code in (int(code or 0) for code in codes.split(";")):
                if code == 0:
                    now = set()
                elif code in (39, 49):
                    now -= set(COLORS)
                elif code in (22, 24, 27):
                    now -= {code - 20, 1 if code == 22 else code - 20}
                else:
                    now.add(code)
        if text:
            yield text, frozenset(now)


def svg(lines):
    width, height = COLUMNS * CELL + 20, ROWS * LINE + 20
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" aria-label="The explorer: layers beside files">',
        f'<rect width="100%" height="100%" rx="6" fill="{PAPER}"/>',
        '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
    ]
    for row, line in enumerate(lines):
        column = 0
        for text, look in pieces(line):
            x, y = 10 + column * CELL, 10 + row * LINE
            ink = next((COLORS[code] for code in look if code in COLORS), INK)
            paper = None
            if 7 in look:
                ink, paper = PAPER, ink
            if paper:
                out.append(f'<rect x="{x:.1f}" y="{y}" width="{len(text) * CELL:.1f}" height="{LINE}" fill="{paper}"/>')
            style = (' font-weight="bold"' if 1 in look else "") + (' text-decoration="underline"' if 4 in look else "")
            # Word by word, since readers differ in what they make of blanks.
            for word in re.finditer(r"\S+", text):
                out.append(
                    f'<text x="{x + word.start() * CELL:.1f}" y="{y + 13}" fill="{ink}" '
                    f'textLength="{len(word[0]) * CELL:.1f}"{style}>{html.escape(word[0])}</text>')
            column += len(text)
    return "\n".join(out + ["</g>", "</svg>", ""])


if __name__ == "__main__":
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else f"{ROOT}/.build/release/strata")
    with open(f"{ROOT}/docs/explore.svg", "w", encoding="utf-8") as file:
        file.write(svg(screen(program)))
