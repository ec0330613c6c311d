"""Stores of many images, made without real data, and what the commands that look at a whole store need for them.

An image has ten layers that it shares with the nine others of its group, and four of its own: five layers of a store for each
image. Documents and layers are valid and small; the layers are tars of one file.
"""
import hashlib
import io
import json
import os
import shutil
import tarfile

import images
import measure
import report

COUNTS = [1000, 10000]
MANY = 1000
GROUP = 10
SHARED = 10
OWN = 4
FREE_BYTES = 2 * 1000 ** 3
LIMIT = 1.0


class Writer:
    """Writes a layout blob by blob."""

    def __init__(self, path):
        self.path = path
        self.blobs = os.path.join(path, "blobs", "sha256")
        os.makedirs(self.blobs)

    def blob(self, media_type, data):
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.blobs, name), "wb") as file:
            file.write(data)
        return {"mediaType": media_type, "digest": "sha256:" + name, "size": len(data)}

    def document(self, media_type, document):
        return self.blob(media_type, json.dumps(document, sort_keys=True).encode())

    def layer(self, text):
        """A tar of one file whose content is `text`."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            images.add_bytes(tar, "data/" + text.replace(" ", "/"), text.encode())
        # tarfile fills up to 10 kB; the end blocks alone are enough.
        return self.blob(images.OCI + "layer.v1.tar", out.getvalue()[:2048])

    def file(self, name, document):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            json.dump(document, file)


def write(path, count):
    """A store of `count` images in the directory `path`, which is not there yet."""
    writer = Writer(path)
    entries = []
    for number in range(count):
        if number % GROUP == 0:
            shared = [writer.layer(f"group {number // GROUP} {place}") for place in range(SHARED)]
        layers = shared + [writer.layer(f"own {number} {place}") for place in range(OWN)]
        config = writer.document(images.OCI + "config.v1+json", {
            "architecture": "amd64", "os": "linux", "created": f"2024-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
            "config": {"Cmd": ["/bin/sh"], "Labels": {"number": str(number)}},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        })
        entry = writer.document(images.OCI + "manifest.v1+json", {
            "schemaVersion": 2, "mediaType": images.OCI + "manifest.v1+json", "config": config, "layers": layers})
        name = f"registry.example.com/team{number % 50}/app{number // 50}:{number}"
        entry["annotations"] = {"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name}
        entries.append(entry)
    writer.file("oci-layout", {"imageLayoutVersion": "1.0.0"})
    writer.file("index.json", {
        "schemaVersion": 2, "mediaType": images.OCI + "index.v1+json", "manifests": entries})


def ensure(bench, count):
    """Makes the store of `count` images anew: rounds of `rmi` take some of them away."""
    path = bench.path(f"store-{count}")
    shutil.rmtree(path, ignore_errors=True)
    if shutil.disk_usage(bench.folder).free < FREE_BYTES:
        raise images.NotEnough("the bench needs 2 GB of free disk in STRATA_BENCH_DIR")
    write(path, count)
    # The layers' facts come into the catalog, as imports would have brought them.
    measure.timed([bench.binary, "--store", path, "fsck", "--repair"])
    return path


class Store:
    """Commands on one store."""

    def __init__(self, bench, count):
        self.bench = bench
        self.count = count
        self.path = ensure(bench, count)
        self.removed = 0
        with open(os.path.join(self.path, "index.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.names = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in index["manifests"]]
        with open(self.blob(index["manifests"][count // 2]["digest"]), encoding="utf-8") as file:
            self.layer = json.load(file)["layers"][0]["digest"]

    def blob(self, digest):
        return os.path.join(self.path, "blobs", *digest.split(":"))

    def run(self, *arguments):
        output = self.bench.path("store.txt")
        with open(output, "wb") as out:
            seconds, _ = measure.timed([self.bench.binary, "--store", self.path, *arguments], out)
        with open(output, encoding="utf-8") as file:
            return seconds, file.read()

    def expect(self, isRight, what):
        if not isRight:
            raise measure.WrongResult(f"{what} of {self.count} images is not right")

    def list(self):
        seconds, text = self.run("images")
        self.expect(text.count("\n") == 1 + self.count - self.removed, "`images`")
        return seconds

    def usage(self):
        seconds, text = self.run("df")
        self.expect(text.splitlines()[1].split()[:2] == ["Images", str(self.count - self.removed)], "`df`")
        return seconds

    def reason(self):
        seconds, text = self.run("why", self.layer)
        self.expect(text.count(" > layer 0 ") == GROUP, "`why`")
        return seconds

    def plan(self):
        seconds, text = self.run("plan", "-a", "--output", self.bench.path("plan.json"))
        self.expect(f"\n{self.count - self.removed} victims" in text, "`plan`")
        return seconds

    def walk(self):
        """What it costs anybody to look at the store's files."""
        return measure.timed(["du", "-s", self.path])[0]

    def remove_many(self, count):
        """`rmi` of IDs, which nothing else has."""
        _, text = self.run("images", "-q", "--no-trunc")
        ids = text.split()[:count]
        seconds, text = self.run("rmi", *ids)
        self.expect(text.count("Untagged: ") == count, "`rmi` of IDs")
        self.removed += count
        return seconds

    def remove(self):
        name = self.names[self.removed]
        seconds, text = self.run("rmi", name)
        self.expect(text.startswith("Untagged: " + name) and text.count("Deleted: ") >= 2 + OWN, "`rmi`")
        self.removed += 1
        return seconds


def whole_store(bench):
    """Each command on both stores, taking turns; removals come last, since they change what the others see."""
    small, large = (Store(bench, count) for count in COUNTS)
    commands = [
        ("images", Store.list, 1.0), ("df", Store.usage, 1.5), ("plan -a", Store.plan, 2.0), ("why sha256:LAYER", Store.reason, None),
        ("rmi NAME", Store.remove, None),
    ]
    for command, task, limit in commands:
        few, many, walk = bench.series(lambda: task(small), lambda: task(large), large.walk)
        title = f"`{command.split()[0]}`, 10,000 images, 50,000 layers"
        if limit is None:
            yield report.Row.absolute(title, f"strata {command}", many, LIMIT if task is Store.reason else None)
        else:
            yield report.Row.ratio(title, f"strata {command}", "du -s STORE", many, walk, limit)
        value = many.median / few.median
        yield report.Row(
            "The same against 1,000 images, 5,000 layers", f"strata {command}", "", many.text(), few.text(), f"{value:.1f}",
            "10.0", value <= 10)
    one, many = bench.series(lambda: large.remove_many(1), lambda: large.remove_many(MANY))
    yield report.Row.ratio("`rmi` of 1,000 IDs", "strata rmi ID…", "strata rmi ID", many, one, 3.0)
