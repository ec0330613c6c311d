#!/usr/bin/env python3
"""Every link between documents leads to a file, or to a heading of one: links.py FOLDER"""
import re
import sys
from pathlib import Path

FENCE = re.compile(r"^```.*?^```$", re.S | re.M)
# As forges make a heading's anchor: lower case, without what is no letter or digit, and a hyphen for each blank.
UNNAMED = re.compile(r"[^\w\- ]")


def anchors(page):
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), flags=re.M)
    return {UNNAMED.sub("", heading.lower()).replace(" ", "-") for heading in headings}


faults = []
for page in sorted(Path(sys.argv[1]).rglob("*.md")):
    for path, _, anchor in re.findall(r"\]\(([^)#\s]*)(#([^)\s]+))?\)", FENCE.sub("", page.read_text())):
        target = page.parent / path if path else page
        if "://" in path:
            continue
        if not target.exists():
            faults.append(f"{page}: no file {path}")
        elif anchor and anchor not in anchors(target):
            faults.append(f"{page}: no heading {path}#{anchor}")
print("\n".join(faults) or "the documents' links lead somewhere")
sys.exit(bool(faults))
