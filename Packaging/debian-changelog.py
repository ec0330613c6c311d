#!/usr/bin/env python3
"""Writes CHANGELOG.md, which is on standard input, as the changelog of a Debian package: debian-changelog.py MAINTAINER"""
import datetime
import re
import sys
import textwrap

maintainer = sys.argv[1]
for version in re.split(r"^## ", sys.stdin.read(), flags=re.M)[1:]:
    head = re.match(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)", version)
    if not head:
        continue
    day = datetime.datetime.strptime(head[2], "%Y-%m-%d").strftime("%a, %d %b %Y 00:00:00 +0000")
    print(f"strata ({head[1]}) unstable; urgency=medium\n")
    for entry in re.findall(r"^- (.*(?:\n  .*)*)", version, flags=re.M):
        words = " ".join(entry.split())
        print(textwrap.fill(words, 78, initial_indent="  * ", subsequent_indent="    ", break_on_hyphens=False))
    print(f"\n -- {maintainer}  {day}\n")
