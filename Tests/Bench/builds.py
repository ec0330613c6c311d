"""Builds beside `buildah bud --isolation chroot`: 1 GB in 50,000 files copied, the same again with nothing changed, and one with RUN."""
import os
import random
import shutil
import tempfile

import measure
import report

FILES = 50_000
BYTES = 1_000_000_000
NOBODY = 65534


def builds(bench):
    folder = bench.path("build")
    os.makedirs(folder, exist_ok=True)
    context = ensure_context(os.path.join(folder, "copy"))
    yield from copying(bench, folder, context)
    yield from running(bench, folder)


def copying(bench, folder, context):
    """strata as an ordinary user, buildah as it is installed to be used: once, since it takes long."""
    store = tempfile.mkdtemp(prefix="strata-bench-")
    os.chmod(store, 0o777)
    user = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    ours = user + ["env", f"HOME={store}", bench.binary, "--store", os.path.join(store, "store"), "build", "-q"]
    theirs = buildah(folder)
    try:
        first, = bench.series(lambda: measure.timed(ours + ["--no-cache", context])[0])
        # To see whether one of the files has changed takes a look at each.
        look = ["find", context, "-printf", "%i %C@\n"]
        again, found = bench.series(lambda: measure.timed(ours + [context])[0], lambda: measure.timed(look)[0])
        cold = measure.Series([measure.timed(theirs + ["-t", "copy", context])[0]])
        warm = measure.Series([measure.timed(theirs + ["-t", "copy", context])[0]])
    finally:
        shutil.rmtree(store)
        shutil.rmtree(os.path.join(folder, "buildah"), ignore_errors=True)
    peer = "buildah bud --layers --isolation chroot"
    yield report.Row.ratio("Build: COPY of 1 GB in 50,000 files, as nobody", "strata build --no-cache", peer, first, cold, 0.125)
    yield report.Row.ratio("The same again, nothing changed", "strata build", peer, again, warm, 0.1)
    yield report.Row.absolute("The same, against the clock", "strata build", again, 0.1)
    yield report.Row.ratio(
        "The same, against a look at every file", "strata build", "find CONTEXT -printf '%i %C@\\n'", again, found, 0.5)


def running(bench, folder):
    """A base of one program, and commands in it."""
    if os.geteuid() != 0:
        return
    context = os.path.join(folder, "run")
    shutil.rmtree(context, ignore_errors=True)
    os.makedirs(os.path.join(context, "bin"))
    shutil.copy("/bin/busybox", os.path.join(context, "bin", "busybox"))
    os.symlink("busybox", os.path.join(context, "bin", "sh"))
    with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write("FROM scratch\nCOPY bin /bin\nRUN [\"/bin/busybox\", \"mkdir\", \"/work\"]\nRUN /bin/busybox seq 1 200000 > /work/numbers\n"
                   "RUN /bin/busybox sort -r /work/numbers > /work/sorted\n")
    store = bench.path("run-store")
    shutil.rmtree(store, ignore_errors=True)
    ours = [bench.binary, "--store", store, "build", "-q", "--no-cache", context]
    theirs = buildah(folder) + ["--no-cache", "-t", "run", context]
    first, second = bench.series(lambda: measure.timed(ours)[0], lambda: measure.timed(theirs)[0])
    yield report.Row.ratio("Build with three RUN", "strata build --no-cache", "buildah bud --layers --isolation chroot", first, second, 0.333)
    shutil.rmtree(store)
    shutil.rmtree(os.path.join(folder, "buildah"), ignore_errors=True)


def buildah(folder):
    root = os.path.join(folder, "buildah")
    return ["buildah", "--root", os.path.join(root, "root"), "--runroot", os.path.join(root, "run"), "--storage-driver", "overlay",
            "bud", "--isolation", "chroot", "--layers", "-q"]


def ensure_context(folder):
    """Text and noise, made once; all of it readable by anybody."""
    done = os.path.join(folder, "Dockerfile")
    if os.path.exists(done):
        return folder
    source = random.Random(1)
    words = [bytes(source.choices(b"abcdefghijklmnopqrstuvwxyz     \n0123456789{}();=", k=4096)) for _ in range(200)]
    size = BYTES // FILES
    for number in range(FILES):
        place = os.path.join(folder, "data", f"{number // 1000:02d}", f"{number // 50 % 20:02d}")
        os.makedirs(place, exist_ok=True)
        body = b"".join(source.choices(words, k=size // 4096))
        noise = source.randbytes(size - len(body))
        with open(os.path.join(place, f"file{number:05d}"), "wb") as file:
            file.write(body + noise)
    with open(done, "w", encoding="utf-8") as file:
        file.write("FROM scratch\nCOPY data /data\n")
    return folder
