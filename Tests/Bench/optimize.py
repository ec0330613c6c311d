"""An image of 1 GB written again, beside the inflating and deflating that this takes, and beside a squash by buildah."""
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import tarfile

import measure
import report

BASE_BYTES = 300_000_000
LAYER_BYTES = 350_000_000
MEMORY_LIMIT = 200 * 1000 * 1000
FILE_BYTES = 200_000
OCI = "application/vnd.oci.image."


def optimizing(bench):
    folder = bench.path("optimize")
    layout = ensure_layout(folder)
    store = os.path.join(folder, "store")
    shutil.rmtree(store, ignore_errors=True)
    measure.timed([bench.binary, "--store", store, "load", "-q", "-i", layout])
    written = [os.path.join(folder, f"{number}.tar.gz") for number in (1, 2)]
    peaks = []

    def ours(*options):
        seconds, peak = measure.timed(
            [bench.binary, "--store", store, "optimize", "localhost/large:1", "--keep", "1", "--dry-run", *options])
        peaks.append(peak)
        return seconds

    def pipe(*packer):
        script = " && ".join(f"igzip -dc '{path}' | {' '.join(packer)} > /dev/null" for path in written)
        return measure.timed(["sh", "-c", script])[0]

    level6, pigz, zstd, pzstd = bench.series(
        ours, lambda: pipe("pigz", "-6"), lambda: ours("--compression", "zstd:3"), lambda: pipe("zstd", "-3", "-T2", "-q"))
    command = "strata optimize IMAGE --keep 1 --dry-run"
    yield report.Row.ratio(
        "Optimize 1 GB, of which 700 MB are written", command, "igzip -dc LAYER | pigz -6, each layer that is written", level6, pigz, 1.15)
    yield report.Row.ratio(
        "The same with zstd", command + " --compression zstd:3", "igzip -dc LAYER | zstd -3 -T2", zstd, pzstd, 1.15)
    peak = max(peaks)
    yield report.Row("Peak memory, optimize", "max RSS of wait4", "", f"{peak / 1e6:.0f} MB", "", f"{peak / 1e6:.0f} MB",
                     f"{MEMORY_LIMIT / 1e6:.0f} MB", peak < MEMORY_LIMIT)
    yield from squashing(bench, folder, store, layout)
    shutil.rmtree(store, ignore_errors=True)


def squashing(bench, folder, store, layout):
    """The whole as one layer, written and synced, beside buildah's squash of the same image, which it has already."""
    if os.geteuid() != 0 or not shutil.which("buildah"):
        return
    root = os.path.join(folder, "buildah")
    shutil.rmtree(root, ignore_errors=True)
    theirs = ["buildah", "--root", os.path.join(root, "root"), "--runroot", os.path.join(root, "run"), "--storage-driver", "overlay"]
    measure.timed([*theirs, "pull", "-q", f"oci-archive:{layout}"])
    image = subprocess.run([*theirs, "images", "-q"], capture_output=True, text=True, check=True).stdout.split()[0]
    context = os.path.join(folder, "context")
    os.makedirs(context, exist_ok=True)
    with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write(f"FROM {image}\nLABEL a=b\n")
    ours = [bench.binary, "--store", store, "optimize", "localhost/large:1", "--keep", "none", "--squash", "-t", "localhost/one:1"]
    first = measure.Series([measure.timed(ours)[0]])
    second = measure.Series([measure.timed([*theirs, "bud", "--squash", "--isolation", "chroot", "-q", context])[0]])
    yield report.Row.ratio(
        "The whole squashed", "strata optimize IMAGE --keep none --squash", "buildah bud --squash of the same", first, second, 1.0)
    shutil.rmtree(root, ignore_errors=True)


def ensure_layout(folder):
    """Four layers: one that is kept, two above of which a part is hidden, and a small one; an OCI archive, made once."""
    path = os.path.join(folder, "large-4.tar")
    if os.path.exists(path):
        return path
    os.makedirs(folder, exist_ok=True)
    source = random.Random(7)
    words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz     \n0123456789{}();=", k=4096)) for _ in range(400)]
    blobs, diffs = [], []
    for number, size in enumerate([BASE_BYTES, LAYER_BYTES, LAYER_BYTES, FILE_BYTES]):
        plain = os.path.join(folder, f"{number}.tar")
        with tarfile.open(plain, "w", format=tarfile.PAX_FORMAT) as tar:
            for item in range(size // FILE_BYTES):
                # A tenth of the second layer is written once more by the third, and of that one file by the last.
                isAgain = number == 3 or (number == 2 and item % 10 == 0)
                name = f"data/{number - 1 if isAgain else number}/{item + (number == 3):05d}"
                body = b"".join(source.choices(words, k=FILE_BYTES // 4096 - 12)) + source.randbytes(48 * 1024)
                header = tarfile.TarInfo(name)
                header.size = len(body)
                tar.addfile(header, io.BytesIO(body))
        diffs.append(digest(plain))
        subprocess.run(["pigz", "-6", "-n", "-f", plain], check=True)
        blobs.append(plain + ".gz")
    layers = [{"mediaType": OCI + "layer.v1.tar+gzip", "digest": digest(blob), "size": os.path.getsize(blob)} for blob in blobs]
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diffs}}).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "layers": layers,
        "config": {"mediaType": OCI + "config.v1+json", "digest": of(config), "size": len(config)}}).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": OCI + "manifest.v1+json", "digest": of(manifest), "size": len(manifest),
        "annotations": {"org.opencontainers.image.ref.name": "localhost/large:1"}}]}).encode()
    with tarfile.open(path + ".new", "w") as tar:
        for name, body in [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", index),
                           (blob_name(of(config)), config), (blob_name(of(manifest)), manifest)]:
            header = tarfile.TarInfo(name)
            header.size = len(body)
            tar.addfile(header, io.BytesIO(body))
        for blob, layer in zip(blobs, layers):
            tar.add(blob, blob_name(layer["digest"]))
    os.rename(path + ".new", path)
    return path


def digest(path):
    hasher = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            hasher.update(piece)
    return "sha256:" + hasher.hexdigest()


def of(body):
    return "sha256:" + hashlib.sha256(body).hexdigest()


def blob_name(text):
    return "blobs/" + text.replace(":", "/")
