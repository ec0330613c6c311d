"""The images that the bench measures: made once, from real files of this machine."""
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

LAYERS = 10
LAYER_BYTES = 105 * 1000 * 1000  # compressed, at least; ten of them are more than 1 GB
FREE_BYTES = 12 * 1000 ** 3
BLOCK = 1 << 20
OCI = "application/vnd.oci.image."


class NotEnough(Exception):
    """The machine has too little of something."""


def ensure(folder):
    """Makes what is missing in `folder`. What is there from an earlier run is used again."""
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(os.path.join(folder, "large.json")):
        if shutil.disk_usage(folder).free < FREE_BYTES:
            raise NotEnough("the bench needs 12 GB of free disk in STRATA_BENCH_DIR")
        make_large(folder)
    if not os.path.exists(os.path.join(folder, "whiteouts.json")):
        make_whiteouts(folder)


def expected(folder, name):
    """What a right scan of the image says."""
    with open(os.path.join(folder, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def debian_root(folder):
    """A minimal Debian made by debootstrap; None where that does not work (no root, no network)."""
    root = os.path.join(folder, "debian")
    if not os.path.exists(os.path.join(root, "bin", "bash")):
        command = ["debootstrap", "--variant=minbase", "bookworm", root]
        if os.geteuid() != 0 or not shutil.which("debootstrap") or subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            print("no debootstrap tree: the layers are made of installed files alone", file=sys.stderr)
            return None
    return root


def sources(debian):
    """Folders full of real files: a Debian root, folders of many small files, then large ones."""
    swift = shutil.which("swift")
    toolchain = [os.path.dirname(os.path.dirname(os.path.realpath(swift)))] if swift else []
    small = [sys.base_prefix, "/usr/include", "/usr/share", "/usr/lib/python3", "/usr/local"]
    return ([debian] if debian else []) + small + ["/usr/lib", "/usr/bin"] + toolchain + ["/opt", "/var/lib"]


def real_files(debian, avoid):
    """Every path below the sources once, in the order of a sorted walk; nothing below `avoid`."""
    seen = set()
    for source in sources(debian):
        for folder, folders, files in os.walk(source):
            folders[:] = sorted(name for name in folders if os.path.join(folder, name) != avoid or source == debian)
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for path in [folder] + [os.path.join(folder, name) for name in sorted(files) + links]:
                if path not in seen and os.access(path, os.R_OK, follow_symlinks=not os.path.islink(path)):
                    seen.add(path)
                    yield path


def make_large(folder):
    """Ten layers of real files, as a gzip OCI archive and as an uncompressed docker-archive."""
    parts = os.path.join(folder, "layers")
    shutil.rmtree(parts, ignore_errors=True)
    os.makedirs(parts)
    files = real_files(debian_root(folder), os.path.abspath(folder))
    first, layers = [], []
    for number in range(LAYERS):
        plain, packed = (os.path.join(parts, f"{number}.tar{end}") for end in ["", ".gz"])
        names = write_layer(plain, packed, files, first if number == LAYERS - 1 else [])
        first = first or names
        layers.append({"plain": plain, "packed": packed, "diffID": digest(plain), "digest": digest(packed)})
        print(f"layer {number}: {os.path.getsize(plain)} bytes of tar, {os.path.getsize(packed)} compressed", file=sys.stderr)
    write_oci_archive(os.path.join(folder, "large-oci.tar"), layers)
    write_docker_archive(os.path.join(folder, "large-docker.tar"), layers)
    remember(folder, "large", layers)
    for layer in layers:
        os.unlink(layer["plain"])


def write_layer(plain, packed, files, gone):
    """Takes from `files` until the compressed layer is large enough; returns some of the regular files' names.

    `gone` are names that the layer has a whiteout for.
    """
    names = []
    with open(packed, "wb") as out, open(plain, "wb") as whole:
        pigz = subprocess.Popen(["pigz", "-6", "-n", "-c"], stdin=subprocess.PIPE, stdout=out)
        with tarfile.open(fileobj=Both(pigz.stdin, whole), mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK) as tar:
            for name in gone:
                tar.addfile(tarfile.TarInfo(os.path.join(os.path.dirname(name), ".wh." + os.path.basename(name))))
            while os.fstat(out.fileno()).st_size < LAYER_BYTES:
                path = next(files, None)
                if path is None:
                    raise NotEnough("too few real files on this machine for 1 GB of compressed layers")
                if add_real(tar, path) and len(names) < 500:
                    names.append(path.lstrip("/"))
        pigz.stdin.close()
        if pigz.wait() != 0:
            raise NotEnough("pigz failed")
    return names


def add_real(tar, path):
    """Adds one path; False for what is no regular file or went away meanwhile."""
    try:
        member = tar.gettarinfo(path)
        file = open(path, "rb") if member is not None and member.isreg() else None
    except OSError:
        return False
    if file is None:
        if member is not None and not member.isdev():
            tar.addfile(member)
        return False
    with file:
        tar.addfile(member, file)
    return True


class Both:
    """A stream that writes to two."""

    def __init__(self, *streams):
        self.streams = streams

    def write(self, data):
        for stream in self.streams:
            stream.write(data)
        return len(data)


def make_whiteouts(folder):
    """20,000 files of 100 bytes, then 1,000 whiteouts."""
    parts = os.path.join(folder, "whiteouts")
    shutil.rmtree(parts, ignore_errors=True)
    os.makedirs(parts)
    files = [(f"data/{number // 100}/f{number}", os.urandom(50).hex().encode()) for number in range(20000)]
    gone = [(f"data/{number // 5}/.wh.f{number * 20}", b"") for number in range(1000)]
    layers = []
    for number, members in enumerate([files, gone]):
        plain = os.path.join(parts, f"{number}.tar")
        with tarfile.open(plain, "w") as tar:
            for name, data in members:
                add_bytes(tar, name, data)
        subprocess.run(["pigz", "-6", "-n", "-k", plain], check=True)
        layers.append({"plain": plain, "packed": plain + ".gz", "diffID": digest(plain), "digest": digest(plain + ".gz")})
    write_oci_archive(os.path.join(folder, "whiteouts-oci.tar"), layers)
    remember(folder, "whiteouts", layers, wastedBytes=100000)


def remember(folder, name, layers, **totals):
    totals["layerCount"] = len(layers)
    totals["tarBytes"] = sum(os.path.getsize(layer["plain"]) for layer in layers)
    figures = {
        "totals": totals, "compressedBytes": sum(os.path.getsize(layer["packed"]) for layer in layers),
        "diffIDs": [layer["diffID"] for layer in layers],
        "packed": [os.path.relpath(layer["packed"], folder) for layer in layers],
    }
    with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)


def config(layers):
    return {
        "architecture": "amd64", "os": "linux", "created": "2024-01-01T00:00:00Z",
        "config": {"Cmd": ["/bin/sh"]},
        "rootfs": {"type": "layers", "diff_ids": [layer["diffID"] for layer in layers]},
        "history": [{"created_by": f"COPY part {number}"} for number in range(len(layers))],
    }


def write_oci_archive(path, layers):
    with tarfile.open(path, "w") as tar:
        def blob(media_type, document):
            data = json.dumps(document).encode()
            name = hashlib.sha256(data).hexdigest()
            add_bytes(tar, "blobs/sha256/" + name, data)
            return {"mediaType": media_type, "digest": "sha256:" + name, "size": len(data)}

        add_bytes(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        descriptors = []
        for layer in layers:
            tar.add(layer["packed"], "blobs/" + layer["digest"].replace(":", "/"))
            descriptors.append({
                "mediaType": OCI + "layer.v1.tar+gzip", "digest": layer["digest"], "size": os.path.getsize(layer["packed"])})
        manifest = {
            "schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": blob(OCI + "config.v1+json", config(layers)),
            "layers": descriptors,
        }
        top = blob(OCI + "manifest.v1+json", manifest)
        top["annotations"] = {"org.opencontainers.image.ref.name": "localhost/bench:1"}
        add_bytes(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [top]}).encode())


def write_docker_archive(path, layers):
    with tarfile.open(path, "w") as tar:
        names = [layer["diffID"].split(":")[1] + ".tar" for layer in layers]
        for layer, name in zip(layers, names):
            tar.add(layer["plain"], name)
        data = json.dumps(config(layers)).encode()
        name = hashlib.sha256(data).hexdigest() + ".json"
        add_bytes(tar, name, data)
        item = {"Config": name, "RepoTags": ["localhost/bench:1"], "Layers": names}
        add_bytes(tar, "manifest.json", json.dumps([item]).encode())


def add_bytes(tar, name, data):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def digest(path):
    with open(path, "rb") as file:
        whole = hashlib.sha256()
        while block := file.read(BLOCK):
            whole.update(block)
    return "sha256:" + whole.hexdigest()
