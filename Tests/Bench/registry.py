"""What a pull and a push of a large image take, against skopeo and igzip, with a registry on this machine's loopback."""
import os
import shutil
import socket
import subprocess
import time

import measure
import report

SECOND_PULL_LIMIT = 0.1
SKOPEO = ["skopeo", "copy", "-q"]


class Registry:
    """The distribution project's registry with a folder of its own; it ends with the `with` that began it."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.name = f"127.0.0.1:{free.getsockname()[1]}"

    def __enter__(self):
        self.clear()
        os.makedirs(self.folder)
        config = os.path.join(self.folder, "config.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(
                "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                f"storage:\n  filesystem: {{rootdirectory: {self.folder}/data}}\nhttp: {{addr: {self.name}}}\n")
        self.process = subprocess.Popen(
            ["docker-registry", "serve", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        host, port = self.name.split(":")
        for _ in range(200):
            try:
                socket.create_connection((host, int(port)), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise measure.WrongResult("docker-registry does not begin")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.clear()

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget(self):
        shutil.rmtree(os.path.join(self.folder, "data", "docker"), ignore_errors=True)


class Exchange:
    """One image, on its way up and down."""

    def __init__(self, bench, registry):
        self.bench = bench
        self.registry = registry
        self.image = f"{registry.name}/bench:1"
        self.source = bench.path("source-store")
        self.target = bench.path("pull-store")
        self.layout = bench.path("skopeo-layout")
        self.run(self.source, "load", "-i", bench.path("large-oci.tar"))
        self.run(self.source, "tag", "localhost/bench:1", self.image)

    def run(self, store, *arguments, label=None):
        seconds, peak = measure.timed([self.bench.binary, "--store", store, *arguments])
        if label:
            self.bench.peak_bytes[label] = max(peak, self.bench.peak_bytes.get(label, 0))
        return seconds

    def push(self):
        self.registry.forget()
        return self.run(self.source, "push", self.image, label="push")

    def skopeo_push(self):
        self.registry.forget()
        return measure.timed(
            [*SKOPEO, "--dest-tls-verify=false", f"oci:{self.source}:{self.image}", f"docker://{self.image}"])[0]

    def pull(self, *options):
        shutil.rmtree(self.target, ignore_errors=True)
        seconds = self.run(self.target, "pull", *options, self.image, label=" ".join(["pull", *options]))
        blobs = "blobs/sha256"
        if not os.listdir(os.path.join(self.target, blobs)) or (
                sorted(os.listdir(os.path.join(self.target, blobs))) != sorted(os.listdir(os.path.join(self.source, blobs)))):
            raise measure.WrongResult("the pulled blobs are not those that were pushed")
        return seconds

    def pull_again(self):
        return self.run(self.target, "pull", self.image)

    def skopeo_pull(self):
        shutil.rmtree(self.layout, ignore_errors=True)
        return measure.timed(
            [*SKOPEO, "--src-tls-verify=false", f"docker://{self.image}", f"oci:{self.layout}:bench"])[0]

    def clear(self):
        for path in [self.source, self.target, self.layout]:
            shutil.rmtree(path, ignore_errors=True)


def exchange(bench):
    with Registry(bench.path("registry")) as registry:
        work = Exchange(bench, registry)
        try:
            yield from rows(bench, work)
        finally:
            work.clear()


def rows(bench, work):
    push, theirs = bench.series(work.push, work.skopeo_push)
    peer = "skopeo copy oci:STORE:IMAGE docker://IMAGE"
    yield report.Row.ratio("Push, 1 GB", "strata push IMAGE", peer, push, theirs, 1.0)
    bare, whole, skopeo, igzip = bench.series(
        lambda: work.pull("--no-index"), work.pull, work.skopeo_pull, bench.inflate)
    peer = "skopeo copy docker://IMAGE oci:DIR"
    yield report.Row.ratio("Pull without analysis, 1 GB", "strata --store NEW pull --no-index IMAGE", peer, bare, skopeo, 1.0)
    # The limit is the longer of the two.
    if 1.15 * igzip.median >= skopeo.median:
        peer, other, limit = "igzip -dc LAYER >/dev/null, one layer after another", igzip, 1.15
    else:
        other, limit = skopeo, 1.0
    yield report.Row.ratio("Pull with its analysis, 1 GB", "strata --store NEW pull IMAGE", peer, whole, other, limit)
    work.pull()
    [again] = bench.series(work.pull_again)
    yield report.Row.absolute("Second pull", "strata pull IMAGE", again, SECOND_PULL_LIMIT)
