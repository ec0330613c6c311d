"""Docker's root in place: what `df`, `analyze`, `waste` and `scan` take, against du, and against hashing a layer's tar."""
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

IMAGES, SHARED, FILES = 1000, 20, 40
LARGE_BYTES = 1_200_000_000
DF_LIMIT = 1.0
AGAIN_LIMIT = 0.5
ANALYZE_LIMIT, WASTE_LIMIT = 0.05, 1.0
IMPORT_LIMIT = 1.1
PLANNED, PLAN_LIMIT = 300, 0.5


def engines(bench):
    if not shutil.which("dockerd", path="/usr/sbin:/usr/bin") or os.geteuid() != 0:
        raise measure.WrongResult("the part engines needs dockerd, and root")
    with Docker(bench.path("engine")) as docker:
        archive = bench.path("many.tar")
        make_many(archive)
        docker.client("load", "-qi", archive)
        os.remove(archive)
        yield from usage(bench, docker)
        yield from plans(bench, docker)
        yield from layers(bench, docker)


def usage(bench, docker):
    """What the root takes, line by line, beside one sum of du's."""
    look = [bench.binary, "df", "--engine", f"docker={docker.root}", "--store"]
    # Nothing is remembered where there is no store, and none is made.
    first, known = look + [bench.path("none")], look + [bench.path("looks")]
    shutil.rmtree(bench.path("looks"), ignore_errors=True)
    measure.timed([bench.binary, "--store", bench.path("looks"), "images"])
    ours, again, theirs = bench.series(
        lambda: measure.timed(first)[0], lambda: measure.timed(known)[0],
        lambda: measure.timed(["du", "-sx", "-B1", docker.root])[0])
    title = f"`df --engine docker`, {IMAGES} images"
    words, peer = "strata df --engine docker=ROOT", "du -sx -B1 ROOT"
    yield report.Row.ratio(title, words, peer, ours, theirs, DF_LIMIT)
    yield report.Row.ratio("The same again, where there is a store", words, peer, again, theirs, AGAIN_LIMIT)
    peak = measure.timed(first)[1] / 1000 ** 2
    yield report.Row("Its memory", "max RSS of wait4", "", f"{peak:.0f} MB", "", f"{peak:.0f} MB", "150 MB", peak < 150)


def plans(bench, docker):
    """A plan of some of the images, beside the walk that it begins with."""
    store, path = bench.path("looks"), bench.path("plan.json")
    about = ["--engine", f"docker={docker.root}", "--store", store]
    # Of fifty repositories with as many images each, those of the first fifteen go.
    keep = "^many/app(1[5-9]|[2-4][0-9]):"
    plan = [bench.binary, "plan", "-a", "--keep", keep, "-o", path, *about]
    ours, walk = bench.series(
        lambda: measure.timed(plan)[0], lambda: measure.timed([bench.binary, "df", *about])[0])
    with open(path, encoding="utf-8") as file:
        victims = json.load(file)["victims"]
    if len(victims) != PLANNED:
        raise measure.WrongResult(f"the plan has {len(victims)} victims, not {PLANNED}")
    beyond = measure.Series([one - other for one, other in zip(ours.seconds, walk.seconds)])
    yield report.Row.absolute(
        f"A plan of {PLANNED} of {IMAGES} images, beyond the walk", "strata plan -a --keep … --engine docker=ROOT", beyond,
        PLAN_LIMIT)


def layers(bench, docker):
    """Figures from tar-split alone, and an import bit for bit."""
    archive = bench.path("large-layer.tar")
    make_large(archive)
    docker.client("import", archive, "large:1")
    source = f"docker-daemon:[{docker.root}]large:1"

    def fresh(*words):
        shutil.rmtree(bench.store, ignore_errors=True)
        return measure.timed([bench.binary, "--store", bench.store, *words])[0]

    [analyze] = bench.series(lambda: fresh("analyze", source))
    yield report.Row.absolute(
        "`analyze` of an image of 1.2 GB in place", "strata --store NEW analyze docker-daemon:[ROOT]large:1", analyze, ANALYZE_LIMIT)
    [waste] = bench.series(lambda: fresh("waste", "--engine", f"docker={docker.root}"))
    yield report.Row.absolute(
        f"`waste` of {IMAGES} images", "strata --store NEW waste --engine docker=ROOT", waste, WASTE_LIMIT)
    ours, theirs = bench.series(lambda: fresh("scan", source), lambda: measure.timed(["sha256sum", archive])[0])
    yield report.Row.ratio(
        "`scan` of an image of 1.2 GB, imported", "strata --store NEW scan docker-daemon:[ROOT]large:1", "sha256sum LAYER.tar",
        ours, theirs, IMPORT_LIMIT)
    os.remove(archive)


class Docker:
    """A dockerd with a root of its own and the driver overlay2; it ends with the `with` that began it."""

    def __init__(self, folder):
        self.folder = folder
        self.root = os.path.join(folder, "data")
        # Sockets have short paths.
        self.socket = f"/tmp/strata-bench-{os.getpid()}.sock"

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        self.process = subprocess.Popen(
            ["/usr/sbin/dockerd", "--data-root", self.root, "--exec-root", os.path.join(self.folder, "exec"), "--pidfile",
             os.path.join(self.folder, "pid"), "--host", f"unix://{self.socket}", "--config-file", "", "--bridge", "none",
             "--iptables=false", "--ip-masq=false", "--storage-driver", "overlay2"],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if subprocess.run(self.words("version"), capture_output=True, check=False).returncode == 0:
                return self
            time.sleep(0.1)
        self.__exit__()
        raise measure.WrongResult("dockerd does not begin")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def words(self, *words):
        return ["docker", "-H", f"unix://{self.socket}", *words]

    def client(self, *words):
        measure.timed(self.words(*words))


def make_many(path):
    """An archive of images on one base and one of twenty shared layers, with a layer of small files each."""
    base = layer({"base/file": b"b" * 2_000_000})
    shared = [layer({f"shared{number}/{file}": bytes([65 + file]) * 5000 for file in range(FILES)}) for number in range(SHARED)]
    with tarfile.open(path, "w") as archive:
        def add(name, content):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        manifest = []
        for number in range(IMAGES):
            own = layer({f"own/{number}/{file}": f"{number} {file} ".encode() * 500 for file in range(FILES)})
            stack = [base, shared[number % SHARED], own]
            config = json.dumps({
                "architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z", "config": {},
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in stack]},
            }).encode()
            names = []
            for tar in stack:
                name = hashlib.sha256(tar).hexdigest() + "/layer.tar"
                names.append(name)
                if tar is own or number < SHARED and tar is not base or number == 0:
                    add(name, tar)
            add(f"{number}.json", config)
            manifest.append({"Config": f"{number}.json", "RepoTags": [f"many/app{number % 50}:v{number}"], "Layers": names})
        add("manifest.json", json.dumps(manifest).encode())


def layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def make_large(path):
    """A root file system with files of ten megabytes that do not compress."""
    block = os.urandom(10_000_000)
    with tarfile.open(path, "w") as tar:
        for number in range(LARGE_BYTES // len(block)):
            member = tarfile.TarInfo(f"files/{number}")
            member.size = len(block)
            tar.addfile(member, io.BytesIO(number.to_bytes(8, "big") + block[8:]))
