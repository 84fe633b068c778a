# SPDX-License-Identifier: Apache-2.0
"""Images of OCI and Docker: made by real tools and by hand, run at each level; hostile ones refused."""

import base64
import glob
import gzip
import http.server
import json
import os
import shutil
import signal
import stat
import subprocess
import tarfile
import tempfile
import threading

import pytest

from conftest import PROBE
from harness.engine import Engine, wait_until
from harness.oci_builder import (INDEX, REF_NAME, OciImage, digest, entry, hard_link, layer, link,
                                 write_archive, write_layout)

PASSWD = b"root:x:0:0::/root:/bin/sh\napp:x:1000:1234::/data:/bin/sh\n"
needs = {tool: pytest.mark.skipif(not shutil.which(tool), reason=f"{tool} is not installed")
         for tool in ("skopeo", "umoci", "buildah", "podman")}


def probe_entry():
    with open(PROBE, "rb") as file:
        return entry("probe", file.read(), mode=0o755)


def base():
    return layer(entry("./"), probe_entry(), entry("etc/"), entry("etc/passwd", PASSWD),
                 entry("data/", uid=1000, gid=1234), entry("data/lower", b"lower"), entry("data/gone", b"x"),
                 hard_link("data/hard", "data/lower"), entry("data/opaque/"), entry("data/opaque/old", b"x"))


def upper():
    return layer(entry("data/", uid=1000, gid=1234), entry("data/.wh.gone", b""),
                 entry("data/opaque/"), entry("data/opaque/new", b"new"), entry("data/opaque/.wh..wh..opq", b""),
                 hard_link("data/link", "data/lower"), link("data/symbolic", "lower"))


def made(**more):
    run = {"Entrypoint": ["/probe"], "Cmd": ["id"], "Env": ["PATH=/bin", "A=b"], "User": "app", "WorkingDir": "/data",
           "Labels": {"org.example.Made By": "hand"}}
    return OciImage([base(), upper()], run, created="2024-01-02T03:04:05Z", **more)


@pytest.fixture
def store(work):
    """rkt with an empty store of the test's own."""
    data = tempfile.mkdtemp(prefix="oci-", dir=work)
    engine = Engine(os.environ["RKT_OUT"], data, work, "coreos")
    yield engine
    shutil.rmtree(data)


def fetch(store, source, *options, **more):
    done = store.rkt("fetch", *options, source, **more)
    assert done.status == 0, done
    return done.stdout.split()[-1]


def tree_of(store, image):
    return os.path.join(store.data, "cas/tree", f"deps-{image}", "rootfs")


def manifest_of(store, image):
    return json.loads(store.rkt("image", "cat-manifest", image).stdout)


def check_nothing_left(store):
    assert os.listdir(os.path.join(store.data, "cas/tmp")) == []


def refused(store, source, *words, **more):
    done = store.rkt("fetch", source, **more)
    assert done.status == 254 and done.stdout == "", done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done
    for word in words:
        assert word in lines[0], (word, done)
    assert store.rkt("image", "list", "--no-legend").stdout == ""
    check_nothing_left(store)
    return lines[0]


@pytest.fixture(scope="session")
def archive(work):
    return write_archive(os.path.join(work, "made.tar"), made().files())


def test_an_archive_runs_as_its_configuration_says(engine, archive):
    done = engine.rkt("run", f"--stage1-path={engine.stage1}", engine.quiet_network, f"oci-archive:{archive}")
    assert done.status == 0, done
    assert "uid=1000,1000,1000 gid=1234,1234,1234" in done.text, done


def test_layers_are_one_tree(engine, archive):
    done = engine.run("stat", "/data/hard", ",", "cat", "/data/opaque/new", image=f"oci-archive:{archive}",
                      pod=[engine.quiet_network])
    assert done.status == 0 and "new" in done.text, done
    gone = engine.run("cat", "/data/gone", image=f"oci-archive:{archive}", pod=[engine.quiet_network])
    assert gone.status != 0, gone


def test_what_the_tree_and_the_manifest_have(store, archive):
    image = fetch(store, f"oci-archive:{archive}:v1")
    root = tree_of(store, image)
    assert sorted(os.listdir(f"{root}/data")) == ["hard", "link", "lower", "opaque", "symbolic"]
    assert os.listdir(f"{root}/data/opaque") == ["new"]
    assert os.stat(f"{root}/data/link").st_nlink == 3
    assert os.stat(f"{root}/data").st_mtime == 1_000_000_000
    manifest = manifest_of(store, image)
    assert manifest["name"] == "made"
    assert {pair["name"]: pair["value"] for pair in manifest["labels"]} == {
        "version": "v1", "os": "linux", "arch": "amd64"}
    assert manifest["app"]["exec"] == ["/probe", "id"]
    assert manifest["app"]["group"] == "1234"
    assert manifest["app"]["userLabels"] == {"org.example.Made By": "hand"}


def test_the_same_image_has_the_same_id_and_is_not_read_twice(store, work, archive):
    first = fetch(store, f"oci-archive:{archive}")
    for name in os.listdir(os.path.join(store.data, "cas/sources")):
        assert name.startswith("key-") or "-" in name
    tree = os.stat(tree_of(store, first)).st_ino
    assert fetch(store, f"oci-archive:{archive}") == first
    layout = write_layout(os.path.join(work, "made"), made().files())
    # Another form of the same, with the same name: known by its manifest.
    assert fetch(store, f"oci:{layout}") == first
    assert os.stat(tree_of(store, first)).st_ino == tree
    assert len(os.listdir(os.path.join(store.data, "cas/tree"))) == 1
    # In another store the same again, from plain layers too, but for the manifest's digest.
    other = Engine(store.out, store.data + "-other", store.work, "coreos")
    try:
        assert fetch(other, f"oci:{layout}") == first
    finally:
        shutil.rmtree(other.data)
    check_nothing_left(store)


def test_two_at_once_do_the_work_once(store, archive):
    """Who comes second waits, and knows then what the first has made."""
    command = store.command(["fetch", f"oci-archive:{archive}"])
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    ids = {process.communicate(timeout=60)[0] for process in both}
    assert len(ids) == 1 and all(process.returncode == 0 for process in both)
    assert len(os.listdir(os.path.join(store.data, "cas/tree"))) == 1
    check_nothing_left(store)


def test_ctrl_c_leaves_nothing(store, work):
    data = os.urandom(1 << 20)
    big = layer(*(entry(f"f{i}", data) for i in range(150)))
    path = write_archive(os.path.join(work, "slow.tar"), OciImage([big], packed=False).files())
    process = subprocess.Popen(store.command(["fetch", f"oci-archive:{path}"]), stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    temporary = os.path.join(store.data, "cas/tmp")
    wait_until(lambda: glob.glob(f"{temporary}/*/tree/rootfs/f1"), "files in the quarantine", process=process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60)[0] == b"" and process.returncode != 0
    wait_until(lambda: os.listdir(temporary) == [], "the end of the quarantine")
    assert store.rkt("image", "list", "--no-legend").stdout == ""
    fetch(store, f"oci-archive:{path}")
    os.unlink(path)


def test_the_id_is_that_of_the_image_file(store, archive, tmp_path):
    image = fetch(store, f"oci-archive:{archive}")
    aci = os.path.join(store.out, "aci")
    path = str(tmp_path / "out.aci")
    done = subprocess.run([aci, "from-oci", "--quiet", f"oci-archive:{archive}", path], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=True)
    assert done.stdout.startswith(image) and done.stderr == ""
    assert subprocess.run([aci, "validate", path], stdout=subprocess.DEVNULL).returncode == 0
    assert subprocess.run([aci, "id", path], stdout=subprocess.PIPE, text=True).stdout == done.stdout
    exported = str(tmp_path / "exported.aci")
    assert store.rkt("image", "export", image, exported).status == 0
    assert subprocess.run([aci, "id", exported], stdout=subprocess.PIPE, text=True).stdout == done.stdout
    assert sorted(os.listdir(tmp_path)) == ["exported.aci", "out.aci"]


def test_from_oci_leaves_nothing_when_it_fails(store, archive, tmp_path):
    aci = os.path.join(store.out, "aci")
    for source in (f"oci-archive:{archive}:none", archive, "oci:/no/such", "docker://127.0.0.1:1/x"):
        done = subprocess.run([aci, "from-oci", source, str(tmp_path / "out.aci")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done
        assert os.listdir(tmp_path) == []


def test_docker_save(store, work):
    path = write_archive(os.path.join(work, "docker.tar"), made().docker_files())
    image = fetch(store, f"docker-archive:{path}:localhost/made:v1")
    assert manifest_of(store, image)["name"] == "localhost/made"
    assert os.listdir(f"{tree_of(store, image)}/data/opaque") == ["new"]
    assert "there are: localhost/made:v1" in store.rkt("fetch", f"docker-archive:{path}:other").stderr


def docker_saved(*images):
    """As docker 20.10 saves: a folder for each layer, a link for one that is there already; (image, tags) each."""
    entries, items, places, repositories = [], [], {}, {}
    for image, tags in images:
        config = json.dumps({**image.config, "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) "]}, "docker_version": "20.10.24"})
        name = digest(config.encode())[7:]
        layers = []
        for i, data in enumerate(image.plain):
            folder = digest(f"{name}{i}".encode())[7:]
            known = places.setdefault(digest(data), folder)
            entries += [entry(f"{folder}/"), entry(f"{folder}/VERSION", b"1.0"), entry(f"{folder}/json", b'{"os":"linux"}'),
                        entry(f"{folder}/layer.tar", data) if known == folder
                        else link(f"{folder}/layer.tar", f"../{known}/layer.tar")]
            layers.append(f"{folder}/layer.tar")
        entries.append(entry(f"{name}.json", config.encode()))
        items.append({"Config": f"{name}.json", "RepoTags": tags, "Layers": layers})
        repositories |= {tag.rpartition(":")[0]: {tag.rpartition(":")[2]: folder} for tag in tags or []}
    entries.append(entry("manifest.json", json.dumps(items).encode(), mtime=0))
    if repositories:
        entries.append(entry("repositories", json.dumps(repositories).encode(), mtime=0))
    return layer(*entries)


def test_what_docker_saves(store, tmp_path):
    """Layers that two images share, and one that an image has twice, are there once."""
    again = OciImage([base(), upper(), base()], {"Entrypoint": ["/probe"]})
    path = tmp_path / "saved.tar"
    path.write_bytes(docker_saved((made(), ["localhost/made:v1", "localhost:5000/made:v2"]), (again, ["again:latest"])))
    image = fetch(store, f"docker-archive:{path}:localhost/made:v1")
    assert manifest_of(store, image)["name"] == "localhost/made"
    assert sorted(os.listdir(f"{tree_of(store, image)}/data")) == ["hard", "link", "lower", "opaque", "symbolic"]
    assert manifest_of(store, fetch(store, f"docker-archive:{path}:localhost:5000/made:v2"))["name"] == "localhost-5000/made"
    root = tree_of(store, fetch(store, f"docker-archive:{path}:again:latest"))
    assert "gone" in os.listdir(f"{root}/data") and "new" in os.listdir(f"{root}/data/opaque")
    refused_line = store.rkt("fetch", f"docker-archive:{path}").stderr
    assert "localhost/made:v1, localhost:5000/made:v2, again:latest" in refused_line


def test_what_docker_saves_by_id_has_the_name_of_its_file(store, tmp_path):
    path = tmp_path / "byid.tar"
    path.write_bytes(docker_saved((made(), None)))
    assert manifest_of(store, fetch(store, f"docker-archive:{path}"))["name"] == "byid"


def test_both_forms_in_one_archive(store, work):
    image = made()
    path = write_archive(os.path.join(work, "both.tar"), {**image.files(), **image.docker_files()})
    by_docker = fetch(store, f"docker-archive:{path}")
    by_oci = fetch(store, f"oci-archive:{path}")
    assert manifest_of(store, by_docker)["name"] == "localhost/made"
    assert manifest_of(store, by_oci)["name"] == "both"
    assert fetch(store, f"docker-archive:{path}") == by_docker


def test_an_index_with_several_platforms(store, work):
    image = made()
    right = image.manifest(platform={"os": "linux", "architecture": "amd64"})
    image.config["architecture"] = "arm64"
    wrong = image.manifest(platform={"os": "linux", "architecture": "arm64", "variant": "v8"})
    index = image.add_json({"schemaVersion": 2, "manifests": [wrong, right]}, INDEX, annotations={REF_NAME: "all"})
    path = write_archive(os.path.join(work, "index.tar"), image.files(index))
    labels = manifest_of(store, fetch(store, f"oci-archive:{path}:all"))["labels"]
    assert {"name": "arch", "value": "amd64"} in labels


def test_device_nodes_are_left_out_with_one_warning(store, work):
    devices = layer(entry("dev/"), entry("dev/sda", type=tarfile.BLKTYPE, devmajor=8),
                    entry("dev/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), entry("pipe", type=tarfile.FIFOTYPE))
    path = write_archive(os.path.join(work, "devices.tar"), OciImage([base(), devices]).files())
    done = store.rkt("fetch", f"oci-archive:{path}")
    assert done.status == 0 and done.stderr.count("\n") == 1 and "2 device nodes" in done.stderr, done
    root = tree_of(store, done.stdout.strip())
    assert os.listdir(f"{root}/dev") == [] and stat.S_ISFIFO(os.stat(f"{root}/pipe").st_mode)


def test_capabilities_and_xattrs_of_files(store, work):
    capability = b"\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    info, content = entry("cap", b"x", mode=0o755)
    info.pax_headers = {"SCHILY.xattr.security.capability": capability.decode("latin-1"),
                        "SCHILY.xattr.user.note": "n", "SCHILY.xattr.trusted.overlay.opaque": "y"}
    folder, _ = entry("folder/")
    folder.pax_headers = {"SCHILY.xattr.user.lower": "1"}
    path = write_archive(os.path.join(work, "xattrs.tar"), OciImage([
        layer((info, content), (folder, None)), layer(entry("folder/"), hard_link("cap2", "cap"))]).files())
    root = tree_of(store, fetch(store, f"oci-archive:{path}"))
    assert sorted(os.listxattr(f"{root}/cap2")) == ["security.capability", "user.note"]
    assert os.getxattr(f"{root}/cap", "security.capability") == capability
    assert os.listxattr(f"{root}/folder") == []


def test_images_need_the_option_that_trusts_them(store, archive):
    words = [word for word in store.command(["fetch", f"oci-archive:{archive}"]) if "insecure" not in word]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 254 and "--insecure-options=image" in done.stderr


# --- by the tools that people use


def run_tool(*words, cwd, **more):
    subprocess.run(words, cwd=cwd, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.PIPE, timeout=120, **more)


@needs["skopeo"]
@pytest.mark.parametrize("form,options", [
    ("oci:out:v1", []), ("oci:out:v1", ["--dest-compress-format", "zstd"]),
    ("oci-archive:out.tar:v1", []),
    ("docker-archive:out.tar:example.com/made:v1", [])])
def test_what_skopeo_writes(store, tmp_path, form, options):
    write_layout(tmp_path / "in", made(packed=False).files())
    run_tool("skopeo", "--insecure-policy", "copy", *options, "oci:in:v1", form, cwd=tmp_path)
    kind, path, *_ = form.split(":")
    root = tree_of(store, fetch(store, f"{kind}:{tmp_path / path}"))
    assert sorted(os.listdir(f"{root}/data")) == ["hard", "link", "lower", "opaque", "symbolic"]
    assert os.listdir(f"{root}/data/opaque") == ["new"]


@needs["skopeo"]
def test_zstd_in_chunks(store, tmp_path):
    """Frames that a reader may skip, and a table in one of them; skopeo drops what is behind the end of a tar archive."""
    plain = layer(entry("data/"), entry("data/file", os.urandom(100_000)))
    plain = plain[:len(plain.rstrip(b"\0")) // 512 * 512 + 512 + 1024]
    write_layout(tmp_path / "in", OciImage([plain], packed=False).files())
    run_tool("skopeo", "--insecure-policy", "copy", "--dest-compress-format", "zstd:chunked", "oci:in:v1", "oci:out:v1",
             cwd=tmp_path)
    root = tree_of(store, fetch(store, f"oci:{tmp_path}/out:v1"))
    assert os.stat(f"{root}/data/file").st_size == 100_000


@pytest.fixture
def podman():
    """podman with a storage of its own; the path of a runroot must be short."""
    folder = tempfile.mkdtemp(prefix="rkt-podman-")
    yield ["podman", f"--root={folder}/storage", f"--runroot={folder}/run", "--storage-driver=vfs"]
    shutil.rmtree(folder)


@needs["podman"]
def test_what_podman_saves(store, podman, tmp_path):
    """Every form that has one file or a layout, alone and with two images in one."""
    for name, image in (("one", made()), ("two", OciImage([base()], {"Entrypoint": ["/probe"]}))):
        path = tmp_path / f"{name}.tar"
        path.write_bytes(docker_saved((image, [f"localhost/{name}:v1"])))
        run_tool(*podman, "load", "--quiet", "--input", path, cwd=tmp_path)
    trees = set()
    for form, source in (("docker-archive", "docker-archive"), ("oci-archive", "oci-archive"), ("oci-dir", "oci")):
        run_tool(*podman, "save", "--quiet", f"--format={form}", "--output", form, "localhost/one:v1", cwd=tmp_path)
        image = fetch(store, f"{source}:{tmp_path}/{form}")
        assert manifest_of(store, image)["app"]["exec"] == ["/probe", "id"]
        trees.add(tuple(sorted(os.listdir(f"{tree_of(store, image)}/data"))))
    assert trees == {("hard", "link", "lower", "opaque", "symbolic")}
    run_tool(*podman, "save", "--quiet", "--multi-image-archive", "--output", "both", "localhost/one:v1", "localhost/two:v1",
             cwd=tmp_path)
    assert manifest_of(store, fetch(store, f"docker-archive:{tmp_path}/both:localhost/two:v1"))["app"]["exec"] == ["/probe"]
    assert "localhost/one:v1, localhost/two:v1" in store.rkt("fetch", f"docker-archive:{tmp_path}/both").stderr


def test_layers_that_are_empty_or_of_others(store, tmp_path):
    """Layers without an entry; and such as may not be given away, which are layers as all others when they are there."""
    image = OciImage([base(), layer(), upper(), layer()], {"Entrypoint": ["/probe"]})
    image.layer_type = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    root = tree_of(store, fetch(store, f"oci:{write_layout(str(tmp_path / 'image'), image.files())}"))
    assert sorted(os.listdir(f"{root}/data")) == ["hard", "link", "lower", "opaque", "symbolic"]


def test_a_layer_of_many_members(store, tmp_path):
    """As eStargz packs: each file a gzip member of its own, and a table of contents that is a file as others."""
    plain = layer(entry("data/"), entry("data/file", b"content" * 1000), entry("stargz.index.json", b"{}"))
    cuts = [0, 512, 1024, 8704, len(plain)]
    image = OciImage([plain])
    image.layers = [image.add(b"".join(gzip.compress(plain[a:b], mtime=0) for a, b in zip(cuts, cuts[1:])))]
    root = tree_of(store, fetch(store, f"oci:{write_layout(str(tmp_path / 'image'), image.files())}"))
    with open(f"{root}/data/file", "rb") as file:
        assert file.read() == b"content" * 1000


@needs["umoci"]
def test_what_umoci_writes(engine, tmp_path):
    """A base and a change of it, as a developer makes them; run at each level."""
    run_tool("umoci", "init", "--layout", "image", cwd=tmp_path)
    run_tool("umoci", "new", "--image", "image:v1", cwd=tmp_path)
    for change in ("first", "second"):
        run_tool("umoci", "unpack", "--image", "image:v1", change, cwd=tmp_path)
        root = tmp_path / change / "rootfs"
        if change == "first":
            shutil.copy2(PROBE, root / "probe")
            os.makedirs(root / "old")
            (root / "file").write_text("old")
        else:
            os.rmdir(root / "old")
            (root / "old").write_text("a file now")
            os.unlink(root / "file")
            os.makedirs(root / "file")
        run_tool("umoci", "repack", "--image", "image:v1", change, cwd=tmp_path)
    run_tool("umoci", "config", "--image", "image:v1", "--config.entrypoint", "/probe", "--config.cmd", "exit",
             "--config.cmd", "7", cwd=tmp_path)
    done = engine.rkt("run", f"--stage1-path={engine.stage1}", engine.quiet_network, f"oci:{tmp_path}/image:v1")
    assert done.status == 7, done
    seen = engine.run("cat", "/old", ",", "list", "/file", image=f"oci:{tmp_path}/image:v1", pod=[engine.quiet_network])
    assert "a file now" in seen.text, seen


@needs["buildah"]
@needs["skopeo"]
def test_what_buildah_keeps_in_its_storage(store, tmp_path, monkeypatch):
    monkeypatch.setenv("STORAGE_DRIVER", "vfs")
    storage = ["--root", str(tmp_path / "storage"), "--runroot", str(tmp_path / "run"), "--storage-driver", "vfs"]
    write_layout(tmp_path / "in", made().files())
    done = subprocess.run(["buildah", *storage, "from", f"oci:{tmp_path}/in:v1"], stdout=subprocess.PIPE, text=True,
                          check=True, timeout=120)
    container = done.stdout.split()[-1]
    run_tool("buildah", *storage, "config", "--env", "FROM=buildah", container, cwd=tmp_path)
    run_tool("buildah", *storage, "commit", "-q", container, "localhost/built:v2", cwd=tmp_path)
    source = f"containers-storage:[vfs@{tmp_path}/storage+{tmp_path}/run]localhost/built:v2"
    image = fetch(store, source)
    manifest = manifest_of(store, image)
    assert manifest["name"] == "localhost/built"
    assert {"name": "FROM", "value": "buildah"} in manifest["app"]["environment"]
    tree = os.stat(tree_of(store, image)).st_ino
    assert fetch(store, source) == image and os.stat(tree_of(store, image)).st_ino == tree
    assert fetch(store, source, "--store-only") == image
    check_nothing_left(store)


class Registry(http.server.BaseHTTPRequestHandler):
    """As much of a registry as skopeo reads."""

    files, log, login = {}, [], None

    def do_GET(self):
        self.log.append(self.path)
        if self.login and self.headers["Authorization"] != self.login:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        *_, kind, name = self.path.rstrip("/").split("/")
        data = None
        if self.path == "/v2/":
            data, media_type = b"{}", "application/json"
        elif kind == "manifests":
            index = json.loads(self.files["index.json"])
            found = index["manifests"][0]["digest"]
            data, media_type = self.files[f"blobs/sha256/{found[7:]}"], index["manifests"][0]["mediaType"]
        elif f"blobs/sha256/{name[7:]}" in self.files:
            data, media_type = self.files[f"blobs/sha256/{name[7:]}"], "application/octet-stream"
        if data is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Docker-Content-Digest", digest(data))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def registry(tmp_path, monkeypatch):
    Registry.files, Registry.log, Registry.login = made().files(), [], None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"127.0.0.1:{server.server_port}"
    config = tmp_path / "home/.config/containers/registries.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    yield address
    server.shutdown()
    server.server_close()


@needs["skopeo"]
def test_a_registry(store, registry):
    source = f"docker://{registry}/team/app:v3"
    image = fetch(store, source)
    manifest = manifest_of(store, image)
    annotations = {pair["name"]: pair["value"] for pair in manifest["annotations"]}
    assert manifest["name"] == f"{registry.replace(':', '-')}/team/app"
    assert {"name": "version", "value": "v3"} in manifest["labels"]
    assert annotations["appc.io/docker/registryurl"] == registry
    assert annotations["appc.io/docker/repository"] == "team/app"
    assert annotations["appc.io/docker/originalname"] == f"{registry}/team/app:v3"
    assert annotations["appc.io/docker/tag"] == "v3"
    # It is known now: nobody is asked.
    Registry.log.clear()
    assert fetch(store, source) == image and Registry.log == []
    # Asked for again, only the manifest is looked at.
    assert fetch(store, source, "--pull-policy=update") == image
    assert Registry.log and not [path for path in Registry.log if "/blobs/" in path]
    check_nothing_left(store)


@needs["skopeo"]
def test_a_registry_gets_the_operators_credentials(store, registry, tmp_path):
    Registry.login = "Basic " + base64.b64encode(b"me:secret \"word").decode()
    source = f"docker://{registry}/team/app:v3"
    refused(store, source, "skopeo")
    folder = tmp_path / "config/auth.d"
    folder.mkdir(parents=True)
    (folder / "one.json").write_text(json.dumps({
        "rktKind": "dockerAuth", "rktVersion": "v1", "registries": [registry],
        "credentials": {"user": "me", "password": 'secret "word'}}))
    words = [word if "-config=" not in word else f"{word.partition('=')[0]}={tmp_path}/config"
             for word in store.command(["fetch", source])]
    # The three places are one here, which must not be: only one has the credentials.
    words = [word for word in words if not word.startswith(("--system-config", "--user-config"))]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done
    assert manifest_of(store, done.stdout.split()[-1])["app"]["user"] == "app"


@needs["skopeo"]
def test_a_registry_that_has_something_else(store, registry):
    name = next(name for name in Registry.files if len(Registry.files[name]) > 100_000)
    Registry.files[name] = Registry.files[name][:-1] + b"x"
    refused(store, f"docker://{registry}/team/app:v3", "skopeo")
    refused(store, f"docker://{registry}/team/app@sha256:{'0' * 64}", "skopeo")


def test_without_skopeo(store, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    refused(store, "docker://redis", "docker://redis", "skopeo, which is not installed")
    refused(store, "containers-storage:localhost/app", "skopeo, which is not installed")


# --- hostile


def blob_of(image, position=0):
    return image.layers[position]["digest"]


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def break_blob(image):
    image.blobs[blob_of(image)] = flip(image.blobs[blob_of(image)], 300_000)


def drop_blob(image):
    del image.blobs[blob_of(image)]


def cut_blob(image):
    image.blobs[blob_of(image)] = image.blobs[blob_of(image)][:-100]


def swap_layers(image):
    image.layers.reverse()


def lie_about_size(image):
    image.layers[0]["size"] += 1


def lie_about_diff_id(image):
    image.config["rootfs"]["diff_ids"][1] = "sha256:" + "0" * 64


def one_layer_too_many(image):
    image.config["rootfs"]["diff_ids"].append("sha256:" + "0" * 64)


def encrypt(image):
    image.layer_type += "+encrypted"


BROKEN = {
    "a flipped bit": (break_blob, ["blobs/sha256/"]),
    "a missing blob": (drop_blob, ["there is no blobs/sha256/"]),
    "a blob that was cut": (cut_blob, ["bytes, but should have"]),
    "layers in another order": (swap_layers, ["layer 1 of 2"]),
    "a size that is wrong": (lie_about_size, ["bytes, but should have"]),
    "a diff id that is wrong": (lie_about_diff_id, ["layer 2 of 2", "unpacked digest"]),
    "a diff id too many": (one_layer_too_many, ["rootfs.diff_ids: it has 3, but the image has 2 layers"]),
    "an encrypted layer": (encrypt, ["gzip+encrypted"]),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_a_broken_image_is_refused_and_the_next_try_works(store, tmp_path, case, form):
    change, words = BROKEN[case]
    write = write_layout if form == "oci" else write_archive
    image = made()
    change(image)
    path = str(tmp_path / "image")
    refused(store, f"{form}:{write(path, image.files())}", *words)
    shutil.rmtree(path, ignore_errors=True)
    fetch(store, f"{form}:{write(path, made().files())}")


@pytest.mark.parametrize("part", range(10))
def test_an_archive_cut_anywhere_is_refused(store, tmp_path, part):
    data = open(write_archive(str(tmp_path / "whole"), made().files()), "rb").read()
    path = tmp_path / "cut"
    path.write_bytes(data[:len(data) * part // 10 + 1])
    refused(store, f"oci-archive:{path}", str(path))


HOSTILE_LAYERS = {
    "traversal": ([entry("../../escaped", b"x")], "escaped"),
    "traversal in the middle": ([entry("a/"), entry("a/../../../escaped", b"x")], "escaped"),
    "a link out and a file through it": ([link("out", "/var/no-such-place"), entry("out/escaped", b"x")],
                                         "leads through out"),
    "a hard link out": ([hard_link("l", "../../../../etc/passwd")], "hard link"),
    "a hard link to nothing": ([hard_link("l", "etc/shadow")], "hard link"),
    "a whiteout of the parent": ([entry("a/"), entry("a/.wh...", b"")], "whiteout"),
    "a way through a file": ([entry("f", b"x"), entry("f/g", b"x")], "leads through f"),
    "a name of 5000 bytes": ([entry("a/" * 2500, None)], "more than 4096 bytes"),
    "300 levels": ([entry("a/" * 300, None)], "deep"),
}


@pytest.mark.parametrize("case", HOSTILE_LAYERS)
def test_a_hostile_layer_is_refused(store, tmp_path, case):
    entries, word = HOSTILE_LAYERS[case]
    path = write_archive(str(tmp_path / "image"), OciImage([base(), layer(*entries)]).files())
    refused(store, f"oci-archive:{path}", word)
    assert not os.path.exists("/escaped") and not os.path.exists(os.path.join(store.data, "escaped"))


def documents(name, content):
    files = made().files()
    files[name] = content if isinstance(content, bytes) else json.dumps(content).encode()
    return files


def circular():
    """An index that names itself, under a digest that cannot be its own."""
    name = "sha256:" + "1" * 64
    index = {"schemaVersion": 2, "manifests": [{"mediaType": INDEX, "digest": name, "size": 200}]}
    files = documents("index.json", index)
    files[f"blobs/sha256/{'1' * 64}"] = json.dumps(index).encode().ljust(200)
    return files


def nested():
    image = made()
    inner = image.manifest()
    for _ in range(20):
        inner = image.add_json({"schemaVersion": 2, "manifests": [inner]}, INDEX)
    return image.files(inner)


HOSTILE_DOCUMENTS = {
    "no index": ({"readme": b"x"}, ["neither an OCI layout nor an image archive"]),
    "an index that is no JSON": (documents("index.json", b"{"), ["index.json"]),
    "an index of 2 MiB": (documents("index.json", b"[" * (2 << 20)), ["index.json", "more than"]),
    "an index without images": (documents("index.json", {"schemaVersion": 2, "manifests": []}), ["no image at all"]),
    "a digest that is a path": (documents("index.json", {"schemaVersion": 2, "manifests": [
        {"digest": "sha256:../../../etc/passwd", "size": 1}]}), ["manifests[0].digest"]),
    "a blob that is not there": (documents("index.json", {"schemaVersion": 2, "manifests": [
        {"digest": "sha256:" + "0" * 64, "size": 1}]}), ["there is no blobs/sha256/000"]),
    "an index in a circle": (circular(), ["its digest is"]),
    "twenty indexes": (nested(), ["within one another"]),
    "control characters": (documents("index.json", b'"\x1b[31m"'), ["index.json"]),
    "deep nesting": (documents("index.json", b"[" * 5000), ["index.json"]),
}


@pytest.mark.parametrize("case", HOSTILE_DOCUMENTS)
def test_hostile_documents_are_refused(store, tmp_path, case):
    files, words = HOSTILE_DOCUMENTS[case]
    line = refused(store, f"oci-archive:{write_archive(str(tmp_path / 'image'), files)}", *words)
    assert line.isprintable()


@pytest.mark.parametrize("path", ["/no/such", "/dev/zero", "/etc/passwd", "/"])
@pytest.mark.parametrize("form", ["oci", "oci-archive", "docker-archive"])
def test_what_is_no_image_is_refused(store, path, form):
    refused(store, f"{form}:{path}", path)


def test_a_bomb_is_refused(store, tmp_path):
    """Zeros that pack a thousand to one, more than a whole image may have for its size."""
    size = 3 << 30
    info = tarfile.TarInfo("zeros")
    info.size = size
    data = subprocess.run(
        "(printf %s \"$HEADER\" | base64 -d; head -c $SIZE /dev/zero; head -c 1024 /dev/zero) | gzip -1",
        shell=True, check=True, stdout=subprocess.PIPE,
        env={**os.environ, "SIZE": str(size), "HEADER": base64.b64encode(info.tobuf()).decode()}).stdout
    image = OciImage([layer(entry("x", b"x"))])
    image.layers = [image.add(data)]
    refused(store, f"oci:{write_layout(str(tmp_path / 'image'), image.files())}", "bomb")
