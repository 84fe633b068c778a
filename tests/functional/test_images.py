# SPDX-License-Identifier: Apache-2.0
"""The commands below `rkt image`, which have nothing to do with how a pod is isolated."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from conftest import OUT
from harness.engine import Engine

DEPENDENCY = {"imageName": "example.com/base"}


@pytest.fixture
def store(work):
    """rkt with an empty store of the test's own."""
    data = tempfile.mkdtemp(prefix="images-", dir=work)
    engine = Engine(OUT, data, work, "coreos")
    yield engine
    shutil.rmtree(data)


def fetch(store, path):
    done = store.rkt("fetch", path)
    assert done.status == 0, done
    return done.stdout.strip()


def tree_of(store, image):
    return os.path.join(store.data, "cas/tree", f"deps-{image[:71]}")


def age(store, image, seconds):
    """As if the image had been used so long ago."""
    record = os.path.join(tree_of(store, image), "record")
    when = os.stat(record).st_mtime - seconds
    os.utime(record, (when, when))


def test_list_columns_and_sorting(store, image):
    first = fetch(store, image(name="example.com/z", files={"/big": "x" * 100000}))
    second = fetch(store, image(name="example.com/a"))
    lines = store.rkt("image", "list").stdout.splitlines()
    assert re.split(r"\t+", lines[0]) == ["ID", "NAME", "SIZE", "IMPORT TIME", "LAST USED"]
    assert [line.split("\t")[0] for line in lines[1:]] == [first[:19], second[:19]]
    by_name = store.rkt("image", "list", "--no-legend", "--sort=name", "--fields=name,latest")
    assert [line.split() for line in by_name.stdout.splitlines()] == [
        ["example.com/a:1.0.0", "false"], ["example.com/z:1.0.0", "false"]]
    by_size = store.rkt("image", "--order=desc", "list", "--sort", "size", "--fields", "id",
                        "--full", "--no-legend")
    assert by_size.stdout.split() == [first, second]
    unknown = store.rkt("image", "list", "--fields=id,colour")
    assert unknown.status == 254 and "colour" in unknown.stderr


def test_list_as_json(store, image):
    name = fetch(store, image(name="example.com/a"))
    done = store.rkt("image", "list", "--format=json")
    assert done.stderr == ""
    (entry,) = json.loads(done.stdout)
    assert sorted(entry) == ["id", "import_time", "last_used_time", "name", "size"]
    assert (entry["id"], entry["name"]) == (name, "example.com/a:1.0.0")
    assert entry["import_time"] > 10**18  # nanoseconds, as the original has them
    pretty = store.rkt("image", "list", "--format=json-pretty").stdout
    assert json.loads(pretty) == [entry] and "\n\t" in pretty


def test_export_gives_the_same_archive(store, image, tmp_path):
    path = image(name="example.com/a", files={"/etc/x": ("1", 0o640, 5, 6)}, links={"/l": "etc/x"})
    name = fetch(store, path)
    out = str(tmp_path / "out.aci")
    assert store.rkt("image", "export", "example.com/a", out).status == 0
    with open(out, "rb") as file:
        assert file.read(8) == b"manifest"  # not compressed
    assert subprocess.run(["sh", "-c", 'zcat "$1" | cmp - "$2"', "sh", path, out]).returncode == 0
    refused = store.rkt("image", "export", "example.com/a", out)
    assert refused.status == 254
    assert refused.stderr == "export: output ACI file exists (try --overwrite)\n"
    with open(out, "w") as file:
        file.write("old")
    done = store.rkt("image", "export", "--overwrite", name[:20], out)
    assert (done.status, done.stderr) == (0, "")
    assert fetch(store, out) == name
    assert os.listdir(tmp_path) == ["out.aci"]


def test_export_says_when_the_id_is_another(store, image, tmp_path):
    folder = os.path.splitext(image(name="example.com/a"))[0]
    foreign = str(tmp_path / "foreign.aci")
    subprocess.run(["tar", "-C", folder, "-cf", foreign, "rootfs", "manifest"], check=True)
    name = fetch(store, foreign)
    done = store.rkt("image", "export", name, str(tmp_path / "out.aci"))
    assert done.status == 0 and "the archive's id is sha512-" in done.stderr
    other = re.search(r"the archive's id is (\S+),", done.stderr).group(1)
    assert fetch(store, str(tmp_path / "out.aci")) == other != name


def test_extract(store, image, tmp_path):
    fetch(store, image(name="example.com/a", files={"/etc/x": ("1", 0o4750, 5, 6)}))
    out = str(tmp_path / "out")
    assert store.rkt("image", "extract", "example.com/a", out).status == 0
    assert sorted(os.listdir(out)) == ["manifest", "rootfs"]
    found = os.stat(out + "/rootfs/etc/x")
    assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (0o4750, 5, 6)
    refused = store.rkt("image", "extract", "example.com/a", out)
    assert refused.status == 254
    assert refused.stderr == "extract: output directory exists (try --overwrite)\n"
    again = store.rkt("image", "extract", "--overwrite", "--rootfs-only", "example.com/a", out + "/")
    assert again.status == 0, again
    assert "etc" in os.listdir(out) and "manifest" not in os.listdir(out)
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("place", ["/", "/..", "//", ".", ".."])
def test_extract_never_replaces_the_root(store, image, place):
    fetch(store, image(name="example.com/a"))
    done = store.rkt("image", "extract", "--overwrite", "example.com/a", place)
    assert done.status == 254 and done.stderr.count("\n") == 1
    assert os.path.exists("/etc")


def test_extract_leaves_the_store_alone(store, image, tmp_path):
    fetch(store, image(name="example.com/a"))
    for place in (store.data, os.path.join(store.data, "cas"), os.path.join(store.data, "cas/tmp/x"),
                  os.path.dirname(store.data)):
        done = store.rkt("image", "extract", "--overwrite", "example.com/a", place)
        assert done.status == 254 and "data directory" in done.stderr, done
    assert store.rkt("image", "verify", "example.com/a").status == 0


def test_what_does_not_fit_leaves_nothing(store, image, tmp_path):
    """A full disk, a place that is a mount, one that is no file: one line, and nothing is there."""
    name = fetch(store, image(name="example.com/a", files={"/big": "x" * 2000000}))
    script = """
        mount -t tmpfs -o size=200k tmpfs "$1"
        "$2" --dir="$3" image extract "$4" "$1/x"; echo $?
        "$2" --dir="$3" image export "$4" "$1/x.aci"; echo $?
        "$2" --dir="$3" image extract --overwrite "$4" "$1"; echo $?
        mkfifo "$1/fifo"
        "$2" --dir="$3" image export --overwrite "$4" "$1/fifo"; echo $?
        ls -A "$1"; ls -A "$1/.."
        """
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", small, os.path.join(OUT, "rkt"), store.data,
         name], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.stdout.split() == ["254"] * 4 + ["fifo", "small"], done
    lines = done.stderr.splitlines()
    assert len(lines) == 4 and "No space left" in lines[0] and "No space left" in lines[1], lines


def is_whole(result, files):
    """Of an archive, aci says so; a directory has all files."""
    if result.is_file():
        return subprocess.run([os.path.join(OUT, "aci"), "validate", result],
                              stdin=subprocess.DEVNULL).returncode == 0
    return all((result / f"rootfs{path}").read_text() == content for path, content in files.items())


@pytest.mark.parametrize("words", [["export", "out.aci"], ["extract", "out"], ["render", "out"]])
def test_a_killed_one_leaves_nothing_visible(store, image, tmp_path, words):
    """Killed at any time: what is asked for is there whole or not at all, and the next try works."""
    files = {f"/file-{n}": "x" * 100000 for n in range(100)}
    name = fetch(store, image(name="example.com/many", files=files))
    command = [os.path.join(OUT, "rkt"), f"--dir={store.data}", "image", words[0], name, words[1]]
    for delay in (0.002, 0.005, 0.01, 0.02, 0.05):
        process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if (tmp_path / words[1]).exists():
            assert is_whole(tmp_path / words[1], files)
            break
        assert not [left for left in os.listdir(tmp_path) if not left.startswith(".")]
        assert words[0] != "export" or not os.listdir(tmp_path)
    shutil.rmtree(tmp_path / words[1], ignore_errors=True)
    (tmp_path / words[1]).unlink(missing_ok=True)
    assert subprocess.run(command, cwd=tmp_path, stdin=subprocess.DEVNULL).returncode == 0
    assert store.rkt("image", "verify", name).status == 0


def test_render_has_the_dependencies(store, image, tmp_path):
    fetch(store, image(name="example.com/base", files={"/low": "low", "/both": "low"}))
    fetch(store, image(name="example.com/top", files={"/both": "top"},
                       fields={"dependencies": [DEPENDENCY]}))
    out = str(tmp_path / "out")
    assert store.rkt("image", "render", "example.com/top", out).status == 0
    read = {name: open(f"{out}/rootfs/{name}").read() for name in ("low", "both")}
    assert read == {"low": "low", "both": "top"}
    assert store.rkt("image", "extract", "example.com/top", out + "2").status == 0
    assert not os.path.exists(out + "2/rootfs/low")
    # A copy: what is done to it does not reach the store.
    with open(out + "/rootfs/low", "w") as file:
        file.write("spoiled")
    assert store.rkt("image", "verify", "example.com/top").status == 0


def test_verify_names_what_is_damaged(store, image):
    name = fetch(store, image(name="example.com/a", files={"/etc/x": "1"}))
    good = store.rkt("image", "verify", "example.com/a", name[:25])
    assert (good.status, good.stderr) == (0, "")
    assert good.stdout.splitlines() == [
        f'successfully verified checksum for image: "{asked}" ("{name}")'
        for asked in ("example.com/a", name[:25])]
    with open(tree_of(store, name) + "/rootfs/etc/x", "r+") as file:
        file.write("2")
    bad = store.rkt("image", "verify", "example.com/a")
    assert bad.status == 254 and bad.stdout == ""
    assert "rootfs/etc/x" in bad.stderr and "1 of the files of example.com/a" in bad.stderr
    assert store.rkt("image", "rm", "example.com/a").status == 0
    fetch(store, image(name="example.com/a", files={"/etc/x": "1"}))
    assert store.rkt("image", "verify", "example.com/a").status == 0


def test_gc_removes_what_was_not_used(store, image):
    old = fetch(store, image(name="example.com/old"))
    young = fetch(store, image(name="example.com/young"))
    age(store, old, 25 * 3600)
    done = store.rkt("image", "gc")
    assert done.status == 0
    assert done.stdout == f'successfully removed aci for image: "{old}" ("example.com/old")\n'
    assert done.stderr == "gc: 1 image(s) successfully removed\n"
    age(store, young, 61)
    assert store.rkt("image", "gc", "--grace-period", "2m").stdout == ""
    assert young in store.rkt("image", "gc", "--grace-period=1m").stdout
    assert not os.listdir(os.path.join(store.data, "cas/tree"))
    assert not os.listdir(os.path.join(store.data, "cas/tmp"))


def test_gc_keeps_what_a_pod_uses(store, image):
    name = fetch(store, image(name="example.com/a"))
    prepared = store.rkt("prepare", "--quiet", f"--stage1-path={store.stage1}", "example.com/a")
    assert prepared.status == 0, prepared
    kept = store.rkt("image", "gc", "--grace-period=0s")
    assert (kept.status, kept.stdout) == (0, ""), kept
    assert store.rkt("rm", prepared.stdout.strip()).status == 0
    assert name in store.rkt("image", "gc", "--grace-period=0s").stdout


def test_gc_removes_renderings_and_what_the_killed_left(store, image, tmp_path):
    fetch(store, image(name="example.com/base"))
    fetch(store, image(name="example.com/top", fields={"dependencies": [DEPENDENCY]}))
    assert store.rkt("image", "render", "example.com/top", str(tmp_path / "out")).status == 0
    trees = os.path.join(store.data, "cas/tree")
    assert len(os.listdir(trees)) == 3
    left = os.path.join(store.data, "cas/tmp/import-0123456789abcdef/tree")
    template = os.path.join(store.data, "vm-templates/" + 32 * "0")
    os.makedirs(left)
    os.makedirs(template)
    os.utime(template, (1, 1))
    (rendered,) = [tree for tree in os.listdir(trees) if "chain" in os.listdir(f"{trees}/{tree}")]
    os.utime(f"{trees}/{rendered}/chain", (1, 1))
    done = store.rkt("image", "gc")
    assert done.status == 0 and f'gc: removed treestore "{rendered}"\n' == done.stderr
    assert len(os.listdir(trees)) == 2
    assert not os.path.exists(left) and not os.path.exists(template)


def test_names_of_commands_can_be_shortened(store, image):
    fetch(store, image(name="example.com/a"))
    assert "example.com/a" in store.rkt("im", "li").stdout
    assert store.rkt("image", "r", "x").status == 254  # rm or render?
    assert "Usage: rkt image rm" in store.rkt("image", "rm", "--help").stdout
    assert "Usage: rkt image rm" in store.rkt("help", "image", "rm").stdout
