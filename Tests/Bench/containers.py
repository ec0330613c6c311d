"""A container that does nothing, beside `podman run`."""
import os
import shutil
import subprocess
import tempfile

import measure
import report


def containers(bench):
    if os.geteuid() != 0 or shutil.which("podman") is None:
        return
    folder = bench.path("containers")
    shutil.rmtree(folder, ignore_errors=True)
    context = os.path.join(folder, "context")
    os.makedirs(os.path.join(context, "bin"))
    shutil.copy("/bin/busybox", os.path.join(context, "bin", "busybox"))
    for name in ["sh", "true"]:
        os.symlink("busybox", os.path.join(context, "bin", name))
    with open(os.path.join(context, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write("FROM scratch\nCOPY bin /bin\nCMD [\"sh\"]\n")
    strata = [bench.binary, "--store", os.path.join(folder, "store")]
    archive = os.path.join(folder, "busybox.tar")
    subprocess.run(strata + ["build", "-q", "-t", "busybox", context], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(strata + ["save", "-o", archive, "busybox"], check=True)
    # podman takes no longer path than 50 bytes for what it keeps while it runs.
    short = tempfile.mkdtemp(prefix="strp", dir="/tmp")
    podman = ["podman", "--root", os.path.join(folder, "podman"), "--runroot", short, "--storage-driver", "overlay",
              "--runtime", "runc", "--cgroup-manager", "cgroupfs"]
    theirs = podman + ["run", "--rm", "--network", "host", "--ulimit", "nofile=20000:20000", "--ulimit", "nproc=20000:20000",
                       "busybox", "true"]
    try:
        subprocess.run(podman + ["load", "-q", "-i", archive], check=True, stdout=subprocess.DEVNULL)
        first, same, second = bench.series(
            lambda: measure.timed(strata + ["run", "--rm", "busybox", "true"])[0],
            lambda: measure.timed(["env", "STRATA_RUNTIME=runc"] + strata + ["run", "--rm", "busybox", "true"])[0],
            lambda: measure.timed(theirs)[0])
    finally:
        subprocess.run(podman + ["rmi", "-af"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(short, ignore_errors=True)
    yield report.Row.ratio("Container: run --rm busybox true", "strata run (crun)", "podman run (runc)", first, second, 0.4)
    yield report.Row.ratio(
        "The same with podman's runtime", "STRATA_RUNTIME=runc strata run", "podman run (runc)", same, second, 0.4)
