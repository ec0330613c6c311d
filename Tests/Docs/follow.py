#!/usr/bin/env python3
"""Follows the commands of documents and compares what they print with what the documents show.

    follow.py [--record] STRATA PAGE...

A page's ```console blocks are followed from the top to the bottom: `$ COMMAND`, and below it what it prints, both streams. All of one
page run in one new folder, which has a store of its own and the nearest `fixtures/` beside or above the page, so that the documents of a
package are followed with what the package brought. A block behind `<!-- file: NAME -->` is a file that the commands
need. What no two runs have in common (ages, times, IDs of plans) is not compared. With --record the outputs are written into the page
instead; look at the difference. The exit status is 1 where a page says otherwise.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?```(\w*)\n(.*?)```\n", re.S)
CHANGING = [
    (re.compile(r" *\b(?:\d+|an?|about an?|less than a) (?:second|minute|hour|day|week|month|year)s?(?: ago)?\b *"), " AGE "),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"(?<=plan )[0-9a-f]{12}\b|(?<=apply )[0-9a-f]{12}\b|(?<=undo )[0-9a-f]{12}\b|^[0-9a-f]{12}(?=  TIME)", re.M), "PLAN"),
]


def comparable(text):
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return [line.rstrip() for line in text.splitlines()]


def steps(body):
    """The commands of a block, each with the lines below it."""
    found = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line, [])
        elif found:
            found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def fixtures(page):
    return next(folder / "fixtures" for folder in Path(page).resolve().parents if (folder / "fixtures").is_dir())


def follow(page, strata, is_recording):
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(fixtures(page), f"{folder}/fixtures")
        environment = {
            "PATH": f"{Path(strata).absolute().parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": folder, "STRATA_STORE": f"{folder}/store", "LANG": "C.UTF-8",
        }

        def block(match):
            nonlocal faults
            file, language, body = match.groups()
            if file:
                Path(folder, file).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, file).write_text(body)
            if language != "console":
                return match[0]
            lines = []
            for command, shown in steps(body):
                outcome = subprocess.run(
                    ["sh", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, text=True, timeout=300)
                printed = outcome.stdout.rstrip("\n")
                if not is_recording and comparable(printed) != comparable(shown):
                    faults += 1
                    print(f"{page}: `{command}` prints otherwise (status {outcome.returncode}):\n{printed}\n")
                lines += [f"$ {command}"] + ([printed] if printed else [])
            return match[0].replace(body, "\n".join(lines) + "\n") if is_recording else match[0]

        text = Path(page).read_text()
        written = BLOCK.sub(block, text)
        if is_recording and written != text:
            Path(page).write_text(written)
    return faults


def main():
    words = sys.argv[1:]
    is_recording = words[:1] == ["--record"]
    strata, *pages = words[1:] if is_recording else words
    sys.exit(1 if sum(follow(page, strata, is_recording) for page in pages) else 0)


main()
