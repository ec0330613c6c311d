"""Ten images of the same packages in other orders: what sharing saves, how near each thing once that is, and how the time grows."""
import hashlib
import io
import json
import math
import os
import random
import shutil
import subprocess
import tarfile
import time

import measure
import report

IMAGES, PACKAGES, TAKEN, PER_LAYER = 10, 40, 20, 4
FILES, FILE_BYTES = 50, 8000
BYTES_LIMIT = 1.05
SMALL, GROWTH = 25, 8
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
NAMES = [f"localhost/bench/across:{number}" for number in range(IMAGES)]


def across(bench):
    archive = make(bench.path("across.tar"), FILES, FILE_BYTES)
    load(bench, archive)
    for goal in ("registry", "host"):
        predicted = run(bench, "--dry-run", "--for", goal)
        yield from figures(predicted, goal)
    seconds, done = timed(bench, "--into", "localhost/bench/new:{name}")
    if done["after"] != run(bench, "--dry-run")["after"]:
        raise measure.WrongResult("a dry run tells other bytes than come out")
    text = f"{seconds:.1f} s"
    yield report.Row(
        "Ten images written to share packages", "strata optimize --across A B C… --into 'new:{name}'", "", text, "", text, "–", None)
    os.remove(archive)
    yield growth(bench)


def figures(result, goal):
    """Bytes before, after, and each thing once."""
    key = "registryTarBytes" if goal == "registry" else "hostBytes"
    before, after, least = result["before"][key], result["after"][key], result["lowerBoundBytes"]
    command = f"strata optimize --across A B C… --dry-run --for {goal}"
    ratio = after / least
    limit = BYTES_LIMIT if goal == "registry" else None
    yield report.Row(
        f"Ten images of {before / 1e6:.1f} MB {'in a registry' if goal == 'registry' else 'on a host'}, to each thing once", command, "", f"{after / 1e6:.1f} MB",
        f"{least / 1e6:.1f} MB", f"{ratio:.2f}", f"{limit:.2f}" if limit else "–", ratio <= limit if limit else after <= before)


def growth(bench):
    """The time of eight times the entries, against what n log n allows."""
    taken = []
    for files in (SMALL, SMALL * GROWTH):
        archive = make(bench.path("across.tar"), files, 40)
        load(bench, archive)
        taken.append(min(timed(bench, "--dry-run")[0] for _ in range(3)))
        os.remove(archive)
    entries = [IMAGES * TAKEN * files for files in (SMALL, SMALL * GROWTH)]
    allowed = entries[1] * math.log(entries[1]) / (entries[0] * math.log(entries[0]))
    factor = taken[1] / taken[0]
    return report.Row(
        f"Time of {entries[1]:,} entries to {entries[0]:,}", "strata optimize --across A B C… --dry-run", "",
        f"{taken[1]:.2f} s", f"{taken[0]:.2f} s", f"{factor:.1f}", f"{allowed:.1f}", factor <= allowed)


def load(bench, archive):
    shutil.rmtree(bench.store, ignore_errors=True)
    strata(bench, "load", "-q", "-i", archive)


def run(bench, *options):
    return json.loads(strata(bench, "optimize", "--across", *NAMES, *options, "--format", "json"))


def timed(bench, *options):
    start = time.monotonic()
    result = run(bench, *options)
    return time.monotonic() - start, result


def strata(bench, *words):
    result = subprocess.run([bench.binary, "--store", bench.store, *words], capture_output=True, check=False)
    if result.returncode:
        raise measure.WrongResult(f"{words[0]} ended with status {result.returncode}: {result.stderr.decode()}")
    return result.stdout


def make(path, files, size):
    """An archive of the images, whose packages have so many files of about so many bytes."""
    source = random.Random(3)
    packages = [package(source, number, files, size) for number in range(PACKAGES)]
    blobs, manifests = {}, []
    for number in range(IMAGES):
        order = source.sample(range(PACKAGES), TAKEN)
        layers = [
            tar([member for place in order[start:start + PER_LAYER] for member in packages[place]])
            for start in range(0, TAKEN, PER_LAYER)]
        layers.append(tar([("etc", None), ("etc/own", b"image %d" % number)]))
        config = {"os": "linux", "architecture": "amd64", "config": {},
                  "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}}
        manifest = {
            "schemaVersion": 2, "mediaType": MANIFEST, "config": put(blobs, "config.v1+json", json.dumps(config).encode()),
            "layers": [put(blobs, "layer.v1.tar", layer) for layer in layers]}
        name = {"org.opencontainers.image.ref.name": NAMES[number]}
        manifests.append({**put(blobs, "manifest.v1+json", json.dumps(manifest).encode()), "annotations": name})
    with tarfile.open(path, "w") as archive:
        add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add(archive, "index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
        for name, data in blobs.items():
            add(archive, "blobs/sha256/" + name.partition(":")[2], data)
    return path


def package(source, number, files, size):
    folder = f"usr/lib/package-{number}"
    return [("usr", None), ("usr/lib", None), (folder, None)] + [
        (f"{folder}/file-{place}", source.randbytes(source.randrange(1, 2 * size))) for place in range(files)]


def tar(members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in members:
            add(archive, name, data)
    return file.getvalue()


def add(archive, name, data):
    member = tarfile.TarInfo(name)
    if data is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        return archive.addfile(member)
    member.size = len(data)
    return archive.addfile(member, io.BytesIO(data))


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put(blobs, kind, data):
    blobs[digest(data)] = data
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(data), "size": len(data)}
