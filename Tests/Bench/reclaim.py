"""What a plan over many images takes, and a collection of which half of the blobs are garbage."""
import hashlib
import json
import os

import measure
import report
import stores

IMAGES = 7000
GARBAGE = 49000
PLAN_LIMIT = 1.0
GC_LIMIT = 3.0
GC_RATIO_LIMIT = 2.0


def orphans(folder, round_):
    """Puts blobs there that nothing reaches."""
    for number in range(GARBAGE):
        data = f"garbage {round_} {number}".encode()
        with open(os.path.join(folder, hashlib.sha256(data).hexdigest()), "wb") as file:
            file.write(data)


class Collection:
    """`gc` on a store of which half the blobs are garbage, and the removal of as many files by itself."""

    def __init__(self, bench):
        self.store = stores.Store(bench, IMAGES)
        self.bench = bench
        self.round = 0
        self.blobs = os.path.join(self.store.path, "blobs", "sha256")

    def gc(self):
        self.round += 1
        before = len(os.listdir(self.blobs))
        orphans(self.blobs, self.round)
        seconds, text = self.store.run("gc", "--min-age", "0s", "--format", "json")
        removed = sum(item["status"] == "removed" for item in json.loads(text)["items"])
        self.store.expect(removed == GARBAGE and len(os.listdir(self.blobs)) == before, "`gc`")
        return seconds

    def unlink(self):
        folder = self.bench.path("unlink")
        os.makedirs(folder, exist_ok=True)
        orphans(folder, 0)
        return measure.timed(["rm", "-r", folder])[0]


def reclaiming(bench):
    small, large = (stores.Store(bench, count) for count in stores.COUNTS)

    def plan(store):
        seconds, text = store.run("image", "prune", "-a", "--dry-run", "--format", "json")
        totals = json.loads(text)["totals"]
        store.expect(totals["victims"] > 0, "a plan")
        return seconds

    few, many = bench.series(lambda: plan(small), lambda: plan(large))
    command = "strata image prune -a --dry-run --format json"
    yield report.Row.absolute("A plan over 10,000 images", command, many, PLAN_LIMIT)
    value = many.median / few.median
    yield report.Row(
        "The same against 1,000 images", command, "", many.text(), few.text(), f"{value:.1f}", "10.0", value <= 10)
    collection = Collection(bench)
    ours, unlink = bench.series(collection.gc, collection.unlink)
    title = f"`gc` of {IMAGES * 7 + GARBAGE:,} blobs, half of them garbage"
    command, peer = "strata gc --min-age 0s", f"rm -r of {GARBAGE:,} files"
    yield report.Row.ratio(title, command, peer, ours, unlink, GC_RATIO_LIMIT)
    own = ours.median - unlink.median
    yield report.Row(
        "The same without the unlinks", command, peer, ours.text(), unlink.text(), f"{own:.2f} s", f"{GC_LIMIT:.0f} s",
        own < GC_LIMIT)
