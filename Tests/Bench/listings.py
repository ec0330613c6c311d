"""Images whose listings are far larger than they are: three chains of 20,000 directories, and a million files."""
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time

import measure
import report

PARTS = 20_000
DEEP_MEMORY, DEEP_SECONDS = 300, 5
FILES = 1_000_000
MILLION_MEMORY = 400
MEGABYTE = 1000 ** 2


def listings(bench):
    deep, small, million = make(bench)
    trust = ["--max-implied", "10GiB"]
    paths = "SELECT count(*), sum(length(path)) FROM file"
    for title, words in [
        ("`files`", ["files", deep]), ("`files` as JSON", ["files", deep, "--format", "json"]),
        ("`diff` as JSON", ["diff", small, deep, "--format", "json"]), ("`diff`", ["diff", small, deep]),
        ("`analyze`", ["analyze", deep]), ("`sql`", ["sql", deep, paths]),
    ]:
        yield from rows(bench, f"{title}, three paths of 20,000 parts", words + trust, DEEP_MEMORY, DEEP_SECONDS)
    for title, words, megabytes in [
        ("`scan`", ["scan", "--no-import", million], MILLION_MEMORY), ("`files`", ["files", million], MILLION_MEMORY),
        ("`analyze`", ["analyze", million], MILLION_MEMORY), ("`sql`", ["sql", million, paths], MILLION_MEMORY),
        ("`analyze` as a page", ["analyze", million, "--format", "html"], MILLION_MEMORY),
        ("`diff` with a small image", ["diff", small, million], MILLION_MEMORY),
    ]:
        yield from rows(bench, f"{title}, 1,000,000 entries, cold", words, megabytes, None)
    for path in (deep, small, million):
        os.remove(path)


def rows(bench, title, words, megabytes, seconds):
    """The time and the memory of a command on a new store."""
    taken, peak = cold(bench, words)
    command = "strata --store NEW " + " ".join(os.path.basename(word) if os.sep in word else word for word in words)
    text = f"{taken:.1f} s"
    limit = f"{seconds} s" if seconds else "–"
    yield report.Row(title, command, "", text, "", text, limit, taken < seconds if seconds else None)
    text = f"{peak:.0f} MB"
    yield report.Row("Its memory", "max RSS of wait4", "", text, "", text, f"{megabytes} MB", peak < megabytes)


def cold(bench, words):
    """Seconds and megabytes of one run whose output is read and dropped, as a pipe's reader does it."""
    shutil.rmtree(bench.store, ignore_errors=True)
    start = time.monotonic()
    run = subprocess.Popen([bench.binary, "--store", bench.store, *words], stdout=subprocess.PIPE)
    while run.stdout.read(1 << 20):
        pass
    _, status, usage = os.wait4(run.pid, 0)
    seconds = time.monotonic() - start
    run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise measure.WrongResult(f"{' '.join(words)} ended with status {run.returncode}")
    return seconds, usage.ru_maxrss * 1024 / MEGABYTE


def make(bench):
    """The three archives."""
    chains = [("/".join([letter] * PARTS), b"x") for letter in "abc"]
    deep = archive(bench.path("deep.tar"), "bench/deep:1", chains, open)
    small = archive(bench.path("small.tar"), "bench/small:1", [("etc/os-release", b"o" * 1000)], open)
    names = (
        (f"usr/lib/node_modules/pkg-{number // 400:05d}/lib/dir{number // 20 % 20}/file-{number:07d}.js", b"%d" % number)
        for number in range(FILES))
    million = archive(bench.path("million.tar.gz"), "bench/million:1", names, lambda path, mode: gzip.open(path, mode, 1))
    return deep, small, million


def archive(path, name, files, opened):
    """An archive as docker saves it, of one layer with these files."""
    layer = path + ".layer"
    with open(layer, "wb") as out:
        write_tar(out, files)
    digest = hashlib.sha256()
    with open(layer, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {}, "history": [{"created_by": "RUN step"}],
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest.hexdigest()]},
    }).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()
    with opened(path, "wb") as out, tarfile.open(fileobj=out, mode="w|") as tar:
        for member, content in [("config.json", config), ("manifest.json", manifest)]:
            tar.addfile(entry(member, len(content)), io.BytesIO(content))
        with open(layer, "rb") as file:
            tar.addfile(entry("layer.tar", os.path.getsize(layer)), file)
    os.remove(layer)
    return path


def write_tar(out, files):
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files:
            tar.addfile(entry(name, len(content)), io.BytesIO(content))
            tar.members = []


def entry(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info
