"""The diff of two large images, and a check of a large one against a stored report: what a CI job waits for."""
import hashlib
import json
import os
import shutil

import measure
import report

DROPPED = 3


def diffs(bench):
    bench.cold_scan(("oci-archive", "large-oci.tar"))
    second = make_second(bench)
    command(bench, "scan", "oci:" + second)
    baseline = bench.path("baseline.json")
    command(bench, "analyze", "bench/second:1", "--format", "json", out=baseline)
    first = names(bench)
    text, document, page, check = bench.series(
        lambda: command(bench, "diff", first, "bench/second:1"),
        lambda: command(bench, "diff", first, "bench/second:1", "--format", "json"),
        lambda: command(bench, "diff", first, "bench/second:1", "--format", "html"),
        lambda: command(bench, "check", first, "--against", baseline, "--max-growth", "100%"))
    diff = "strata diff A B"
    yield report.Row.absolute("Diff of two images of 1 GB, layers known", diff, text, 1.0)
    for title, options, ours in [("The same as JSON, whole lists", " --format json", document), ("The same as a page", " --format html", page)]:
        yield report.Row.absolute(title, diff + options, ours)
    yield report.Row.absolute("Check against a stored report, image known", "strata check A --against report.json --max-growth 100%", check, 0.1)
    shutil.rmtree(second)


def command(bench, *arguments, out=None):
    with open(out or os.devnull, "wb") as file:
        return measure.timed([bench.binary, "--store", bench.store, *arguments], file)[0]


def names(bench):
    """The image that the scan brought in, by its ID: it has the layers that the other one lacks."""
    index = json.load(open(os.path.join(bench.store, "index.json"), encoding="utf-8"))
    for entry in index["manifests"]:
        manifest = blob(bench, entry["digest"])
        if len(manifest["layers"]) == 10:
            return manifest["config"]["digest"].split(":")[1][:12]
    raise measure.WrongResult("the store lacks the large image")


def blob(bench, digest):
    with open(os.path.join(bench.store, "blobs", "sha256", digest.split(":")[1]), encoding="utf-8") as file:
        return json.load(file)


def make_second(bench):
    """A layout of the large image without one of its layers; the blobs are the store's own, linked."""
    folder = bench.path("second")
    shutil.rmtree(folder, ignore_errors=True)
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)
    index = json.load(open(os.path.join(bench.store, "index.json"), encoding="utf-8"))
    manifest = blob(bench, index["manifests"][0]["digest"])
    config = blob(bench, manifest["config"]["digest"])
    del manifest["layers"][DROPPED]
    del config["rootfs"]["diff_ids"][DROPPED]
    if config.get("history"):
        del config["history"][DROPPED]

    def put(value):
        data = json.dumps(value).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}

    manifest["config"].update(put(config))
    entry = dict(put(manifest), mediaType=index["manifests"][0]["mediaType"])
    entry["annotations"] = {"org.opencontainers.image.ref.name": "bench/second:1"}
    for layer in manifest["layers"]:
        digest = layer["digest"].split(":")[1]
        os.link(os.path.join(bench.store, "blobs", "sha256", digest), os.path.join(blobs, digest))
    with open(os.path.join(folder, "oci-layout"), "w", encoding="utf-8") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as file:
        json.dump({"schemaVersion": 2, "manifests": [entry]}, file)
    return folder
