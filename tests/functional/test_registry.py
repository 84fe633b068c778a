# SPDX-License-Identifier: Apache-2.0
"""docker:// from Debian's registry: TLS by a CA of the test's own, passwords, images that real tools have pushed."""

import crypt
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest

from harness.engine import Engine, wait_until
from harness.oci_builder import OciImage, digest, entry, layer, write_layout

pytestmark = pytest.mark.skipif(not all(shutil.which(name) for name in ("docker-registry", "skopeo", "openssl")),
                                reason="docker-registry, skopeo or openssl is not installed")
USER, PASSWORD = "me", 'secret "word'
# What of a registry's answers is garbage, and what is told of it.
GARBAGE = {"text": b"I am not JSON\n", "nothing": b"", "another document": b'{"schemaVersion": 7}'}


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, **options)


def make_certificates(folder):
    """A CA, and a certificate of it for "localhost"."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", "/CN=test CA", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
        "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    run("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", folder / "names", "-out", folder / "server.crt")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """docker-registry; its CA is where skopeo looks for it below the home directory."""

    def __init__(self, folder):
        self.folder = folder
        self.address = f"localhost:{free_port()}"
        make_certificates(folder)
        (folder / "htpasswd").write_text(f"{USER}:{crypt.crypt(PASSWORD, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))}\n")
        (folder / "config.yml").write_text(json.dumps({  # JSON is YAML
            "version": 0.1, "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
            "auth": {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}},
            "http": {"addr": self.address, "tls": {"certificate": str(folder / "server.crt"),
                                                   "key": str(folder / "server.key")}}}))
        self.log = open(folder / "log", "wb")
        self.process = subprocess.Popen(["docker-registry", "serve", folder / "config.yml"], stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        wait_until(self.answers, "the registry", process=self.process)
        self.home = folder / "home"
        trusted = self.home / ".config/containers/certs.d" / self.address
        trusted.mkdir(parents=True)
        shutil.copy(folder / "ca.crt", trusted)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.split(":")[1]))) == 0

    def push(self, source, name):
        run("skopeo", "--insecure-policy", "copy", f"--dest-creds={USER}:{PASSWORD}", source, f"docker://{self.address}/{name}",
            env={**os.environ, "HOME": str(self.home)})

    def blobs(self):
        """The largest first."""
        found = (self.folder / "blobs").rglob("data")
        return sorted(found, key=lambda path: path.stat().st_size, reverse=True)

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    registry = Registry(tmp_path_factory.mktemp("registry"))
    image = OciImage([layer(entry("etc/"), entry("etc/passwd", b"app:x:1000:1234::/:/bin/sh\n"), entry("data", os.urandom(200_000)))],
                     {"Entrypoint": ["/none"], "User": "app"})
    registry.digest = image.manifest()["digest"]
    registry.push(f"oci:{write_layout(str(registry.folder / 'image'), image.files())}:v1", "team/app:v1")
    yield registry
    registry.close()


@pytest.fixture
def store(work, registry, monkeypatch):
    """rkt with an empty store, and the home directory that knows the registry's CA."""
    monkeypatch.setenv("HOME", str(registry.home))
    data = tempfile.mkdtemp(prefix="registry-", dir=work)
    engine = Engine(os.environ["RKT_OUT"], data, work, "coreos")
    yield engine
    shutil.rmtree(data)


@pytest.fixture
def fetch(store, tmp_path):
    """Fetches with these credentials, from a configuration of the test's own."""
    def call(source, login=(USER, PASSWORD), registry=None):
        words = [word for word in store.command(["fetch", source]) if not word.startswith(("--system-config", "--user-config"))]
        if login:
            folder = tmp_path / "config/auth.d"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "one.json").write_text(json.dumps({
                "rktKind": "dockerAuth", "rktVersion": "v1", "registries": [registry or source.split("/")[2]],
                "credentials": {"user": login[0], "password": login[1]}}))
        words = [word if "-config=" not in word else f"--local-config={tmp_path}/config" for word in words]
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    return call


def fetched(done):
    assert done.returncode == 0, done
    return done.stdout.split()[-1]


def refused(store, done, *words):
    assert done.returncode == 254 and done.stdout == "" and len(done.stderr.splitlines()) == 1, done
    for word in words:
        assert word in done.stderr, (word, done)
    assert PASSWORD not in done.stderr
    assert store.rkt("image", "list", "--no-legend").stdout == ""
    assert os.listdir(os.path.join(store.data, "cas/tmp")) == []


def test_a_tag_and_a_digest(store, registry, fetch):
    by_tag = fetched(fetch(f"docker://{registry.address}/team/app:v1"))
    manifest = json.loads(store.rkt("image", "cat-manifest", by_tag).stdout)
    labels = {pair["name"]: pair["value"] for pair in manifest["labels"]}
    assert manifest["name"] == f"{registry.address.replace(':', '-')}/team/app" and labels["version"] == "v1"
    assert manifest["app"]["group"] == "1234"
    by_digest = fetched(fetch(f"docker://{registry.address}/team/app@{registry.digest}"))
    annotations = {pair["name"]: pair["value"] for pair in json.loads(store.rkt("image", "cat-manifest", by_digest).stdout)["annotations"]}
    assert annotations["appc.io/docker/manifesthash"] == registry.digest


@pytest.mark.skipif(not shutil.which("buildah"), reason="buildah is not installed")
def test_what_buildah_pushes(store, registry, fetch, tmp_path):
    storage = ["--root", tmp_path / "storage", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]
    env = {**os.environ, "STORAGE_DRIVER": "vfs"}
    container = run("buildah", *storage, "from", f"oci:{registry.folder}/image:v1", env=env).stdout.decode().split()[-1]
    run("buildah", *storage, "config", "--port", "80/tcp", container, env=env)
    for kind in ("docker", "oci"):
        run("buildah", *storage, "commit", "-q", "--format", kind, container, f"localhost/{kind}", env=env)
        run("buildah", *storage, "push", "-q", f"--creds={USER}:{PASSWORD}", f"localhost/{kind}",
            f"docker://{registry.address}/built/{kind}:v2", env=env)
        image = fetched(fetch(f"docker://{registry.address}/built/{kind}:v2"))
        manifest = json.loads(store.rkt("image", "cat-manifest", image).stdout)
        assert [port["name"] for port in manifest["app"]["ports"]] == ["80-tcp"]


@pytest.mark.parametrize("login", [None, (USER, "wrong"), ("other", PASSWORD)])
def test_who_may_not_is_refused(store, registry, fetch, login):
    refused(store, fetch(f"docker://{registry.address}/team/app:v1", login), "skopeo", "team/app", "auth")


def test_credentials_are_for_their_registry_only(store, registry, fetch):
    refused(store, fetch(f"docker://{registry.address}/team/app:v1", registry="localhost:1"), "skopeo")


@pytest.mark.parametrize("name", ["team/app:v2", "team/none:v1", f"team/app@sha256:{'0' * 64}"])
def test_what_is_not_there(store, registry, fetch, name):
    refused(store, fetch(f"docker://{registry.address}/{name}"), "skopeo", name.split("@")[0])


def test_who_is_not_certified_is_refused(store, registry, fetch, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    refused(store, fetch(f"docker://{registry.address}/team/app:v1"), "skopeo", "certificate")


def test_a_blob_that_is_another_is_refused_and_the_next_try_works(store, registry, fetch):
    blob = registry.blobs()[0]
    good = blob.read_bytes()
    blob.write_bytes(good[:-9] + bytes([good[-9] ^ 1]) + good[-8:])
    try:
        refused(store, fetch(f"docker://{registry.address}/team/app:v1"), "skopeo")
    finally:
        blob.write_bytes(good)
    fetched(fetch(f"docker://{registry.address}/team/app:v1"))


class Garbage(http.server.BaseHTTPRequestHandler):
    """Answers everything the same."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.send_header("Docker-Content-Digest", digest(self.server.answer))
        self.end_headers()
        self.wfile.write(self.server.answer)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_refused(store, registry, fetch, kind):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Garbage)
    server.answer = GARBAGE[kind]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    config = registry.home / ".config/containers/registries.conf"
    config.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    try:
        refused(store, fetch(f"docker://{address}/team/app:v1", login=None), "skopeo")
    finally:
        config.unlink()
        server.shutdown()
        server.server_close()
