"""What a pull of many small layers takes from a registry that lets each request wait."""
import gzip
import hashlib
import http.server
import io
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tarfile
import threading
import time

import measure
import report

LAYER_COUNT = 100
LAYER_BYTES = 20_000
DELAY_SECONDS = 0.05
LIMIT_SECONDS = 1.75
HTTP2_LIMIT_SECONDS = 1.0
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image():
    """The blobs of an image by digest, its manifest last."""
    bytes_of = random.Random(1)
    tars, blobs = [], {}
    for number in range(LAYER_COUNT):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            member = tarfile.TarInfo(f"file{number}")
            member.size = LAYER_BYTES
            tar.addfile(member, io.BytesIO(bytes_of.randbytes(LAYER_BYTES)))
        tars.append(file.getvalue())
    packed = [gzip.compress(tar, mtime=0) for tar in tars]
    config = json.dumps({"os": "linux", "architecture": "amd64", "config": {},
                         "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in tars]}}).encode()

    def descriptor(kind, data):
        blobs[digest(data)] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": digest(data), "size": len(data)}

    document = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor("config.v1+json", config),
                           "layers": [descriptor("layer.v1.tar+gzip", data) for data in packed]}).encode()
    return blobs, document


class SlowRegistry:
    """A registry with one image, which waits before each answer."""

    def __init__(self):
        blobs, document = image()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                time.sleep(DELAY_SECONDS)
                name = re.sub(".*/", "", self.path)
                data = document if "/manifests/" in self.path else blobs.get(name)
                self.send_response_only(200 if data else 404)
                if data is document:
                    self.send_header("Content-Type", MANIFEST)
                    self.send_header("Docker-Content-Digest", digest(data))
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data or b"")
                self.wfile.flush()

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.name = f"127.0.0.1:{self.server.server_address[1]}"
        self.size = sum(len(data) for data in blobs.values())

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class HTTP2Front:
    """nghttpx before a server: TLS and HTTP/2."""

    def __init__(self, folder, backend):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        certificate, key = os.path.join(folder, "server.crt"), os.path.join(folder, "server.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
             "-out", certificate, "-days", "2", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True, capture_output=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.name = f"127.0.0.1:{port}"
        self.command = [
            "nghttpx", "-f", f"127.0.0.1,{port}", "-b", backend.replace(":", ","), "--backend-connections-per-host=100",
            "--no-via", "--host-rewrite", key, certificate]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", int(self.name.split(":")[1])), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise measure.WrongResult("nghttpx does not begin")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def pulls(bench):
    store = bench.path("latency-store")

    def pull(name, *options):
        shutil.rmtree(store, ignore_errors=True)
        seconds, _ = measure.timed([bench.binary, "--store", store, "pull", "-q", *options, f"{name}/bench:1"])
        if len(os.listdir(os.path.join(store, "blobs", "sha256"))) != LAYER_COUNT + 2:
            raise measure.WrongResult("not all blobs came")
        return seconds

    with SlowRegistry() as registry, HTTP2Front(bench.path("front"), registry.name) as front:
        plain, multiplexed = bench.series(
            lambda: pull(registry.name), lambda: pull(front.name, "--cert-dir", front.folder))
    shutil.rmtree(store, ignore_errors=True)
    title = f"Pull, {LAYER_COUNT} layers of 20 kB, {DELAY_SECONDS * 1000:.0f} ms a request"
    yield report.Row.absolute(title, "strata --store NEW pull IMAGE", plain, LIMIT_SECONDS)
    yield report.Row.absolute(
        "The same over HTTP/2", "strata --store NEW pull --cert-dir DIR IMAGE", multiplexed, HTTP2_LIMIT_SECONDS)
