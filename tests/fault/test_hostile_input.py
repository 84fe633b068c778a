# SPDX-License-Identifier: Apache-2.0
"""Hostile manifests, images, passwd files, volumes, command lines: one line that names it, nothing left."""

import ctypes
import io
import json
import multiprocessing
import os
import random
import stat
import subprocess
import tarfile
import time
import zlib

import pytest

from conftest import PROBE

RENAME_EXCHANGE = 2
one_level = pytest.mark.parametrize("level", ["coreos"], scope="session")


def refused(result, *words):
    """One line, no control characters, each of the words; no crash, no success."""
    assert result.status not in (0, 134, 135, 137, 139), result
    lines = [line for line in result.stderr.splitlines() if "warning: " not in line]
    assert len(lines) == 1, result
    assert not [c for c in lines[0] if ord(c) < 32 or ord(c) == 127], repr(lines[0])
    for word in words:
        assert word in lines[0], (word, result)


def run_words(engine, *app, pod=("--net=none",), image=None, arguments=("print", "ran")):
    return ["run", f"--stage1-path={engine.stage1}", *pod, image or engine.default_image, "--name=app",
            "--exec=/probe", *app, "--", *arguments]


VOLUME = ["--volume=v,kind=empty"]
# Options of the pod and of the app, and what the message must name.
OPTIONS = {
    "no name": ([], ["--name="], ["--name"]),
    "name of 1000 bytes": ([], ["--name=" + "a" * 1000], ["--name"]),
    "name with a slash": ([], ["--name=../x"], ["../x"]),
    "name of control characters": ([], ["--name=\x1b[31m\n"], ["--name"]),
    "user out of range": ([], ["--user=4294967295"], ["user", "4294967295"]),
    "user negative": ([], ["--user=-1"], ["user", "-1"]),
    "user hexadecimal": ([], ["--user=0x10"], ["user", "0x10"]),
    "user with a space": ([], ["--user= 1"], ["user"]),
    "user unknown": ([], ["--user=nobody-here"], ["user", "nobody-here", "/etc/passwd"]),
    "user of no file": ([], ["--user=/no/such"], ["user", "/no/such"]),
    "group out of range": ([], ["--group=99999999999"], ["group", "99999999999"]),
    "supplementary group": ([], ["--supplementary-gids=4294967296"], ["supplementary-gids", "4294967296"]),
    "memory zero": ([], ["--memory=0"], ["resource/memory"]),
    "memory negative": ([], ["--memory=-1"], ["resource/memory", "-1"]),
    "memory beyond 64 bits": ([], ["--memory=99999999999999999999999"], ["resource/memory", "too large"]),
    "memory 8 EiB": ([], ["--memory=8Ei"], ["resource/memory", "8Ei"]),
    "memory nonsense": ([], ["--memory=1e3Q"], ["resource/memory", "1e3Q"]),
    "cpu zero": ([], ["--cpu=0"], ["resource/cpu"]),
    "cpu beyond": ([], ["--cpu=1e300"], ["resource/cpu", "1e300"]),
    "cpu not a number": ([], ["--cpu=nan"], ["resource/cpu", "nan"]),
    "shares": ([], ["--cpu-shares=99999999999"], ["cpu-shares", "99999999999"]),
    "oom score": ([], ["--oom-score-adj=1001"], ["oom-score-adj", "1001"]),
    "capability": ([], ["--caps-retain=CAP_NOPE"], ["CAP_NOPE"]),
    "seccomp mode": ([], ["--seccomp=mode=bad"], ["--seccomp"]),
    "seccomp errno": ([], ["--seccomp=mode=retain,errno=ENOPE,read"], ["ENOPE"]),
    "seccomp call": ([], ["--seccomp=mode=remove,no_such_call"], ["no_such_call"]),
    "environment": ([], ["--environment=NOEQUALS"], ["--environment", "NOEQUALS"]),
    "working directory relative": ([], ["--working-dir=x"], ["--working-dir", "x"]),
    "working directory missing": ([], ["--working-dir=/no/such"], ["/no/such"]),
    "exec missing": ([], ["--exec=/no/such"], ["/no/such"]),
    "exec a directory": ([], ["--exec=/"], ["executing /"]),
    "hostname": (["--hostname=a\nb"], [], ["--hostname"]),
    "hostname long": (["--hostname=" + "a" * 300], [], ["--hostname"]),
    "dns": (["--dns=a\nnameserver 1.1.1.1"], [], ["--dns"]),
    "dns search": (["--dns-search=a\nnameserver 1.1.1.1"], [], ["--dns-search"]),
    "hosts entry": (["--hosts-entry=1.2.3.4=a\n6.6.6.6 bank"], [], ["--hosts-entry"]),
    "private users": (["--private-users=x"], [], ["--private-users"]),
    "uuid file": (["--uuid-file-save=/no/such/file"], [], ["/no/such/file"]),
    "volume source missing": (["--volume=v,kind=host,source=/no/such"], ["--mount=volume=v,target=/v"],
                              ["volume v", "/no/such"]),
    "volume source relative": (["--volume=v,kind=host,source=x"], [], ["source=x"]),
    "volume kind": (["--volume=v,kind=x"], [], ["kind=x"]),
    "volume mode": (["--volume=v,kind=empty,mode=99999"], [], ["mode=99999"]),
    "volume uid": (["--volume=v,kind=empty,uid=4294967295"], [], ["uid=4294967295"]),
    "volume twice": (VOLUME + VOLUME, [], ["--volume", "v"]),
    "mount of no volume": ([], ["--mount=volume=w,target=/v"], ["--mount", "w"]),
    "mount at the root": (VOLUME, ["--mount=volume=v,target=/"], ["volume v: /"]),
    "mount twice": (VOLUME, ["--mount=volume=v,target=/v"] * 2, ["/v"]),
    "no image": (["sha512-00"], [], ["sha512-00"]),
    "image of control characters": (["example.com/\x1b[31m\n"], [], ["image"]),
    "image name of 100 KiB": (["example.com/" + "a" * 100_000], [], ["example.com/aaa", "..."]),
}


@one_level
@pytest.mark.parametrize("case", OPTIONS)
def test_options(engine, case):
    pod, app, words = OPTIONS[case]
    result = engine.rkt(*run_words(engine, *app, pod=["--net=none", *pod]))
    assert "ran" not in result.text
    refused(result, *words)


@one_level
@pytest.mark.parametrize("words", [
    [""], ["\x1b[31m"], ["--no-such"], ["run"], ["run", ""], ["run", "--"], ["run", "---"], ["prepare"], ["enter"],
    ["status", "\x1b]0;x\x07"], ["status", ""], ["status", "../../../etc"], ["rm"], ["rm", "0" * 4096],
    ["gc", "--grace-period=x"], ["gc", "--grace-period=99999999999999999999h"], ["gc", "extra"], ["stop", "*"],
    ["fetch"], ["fetch", "/dev/zero"], ["fetch", "/dev/null"], ["fetch", "/"], ["fetch", "/no/such.aci"],
    ["list", "--format=\x1b[31m"], ["image", "rm", "sha512-00"], ["image", "cat-manifest", "x\ny"],
    ["image"], ["image", "x"], ["cat-manifest", "00000000-0000-0000-0000-000000000000"],
    ["run-prepared", "00000000-0000-0000-0000-000000000000"]])
def test_command_lines(engine, words):
    refused(engine.rkt(*words))


@one_level
def test_an_argument_of_100_kib_reaches_the_app(engine):
    result = engine.rkt(*run_words(engine, arguments=["print", "x" * 100_000]))
    assert result.status == 0 and "x" * 1000 in result.text
    refused(engine.rkt(*run_words(engine, "--user=" + "x" * 100_000)), "user", "...")


def image_manifest(**changes):
    return {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": "example.com/hostile",
            "labels": [{"name": "os", "value": "linux"}, {"name": "arch", "value": "amd64"}],
            "app": {"exec": ["/probe", "print", "ran"], "user": "0", "group": "0"}, **changes}


def entry(tar, name, content=b"", kind=tarfile.REGTYPE, **fields):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(content)
    info.mode = fields.pop("mode", 0o755 if kind == tarfile.DIRTYPE else 0o644)
    for key, value in fields.items():
        setattr(info, key, value)
    tar.addfile(info, io.BytesIO(content))


def archive(path, *entries, manifest=None, root=True):
    """entries: (name, content, kind, fields…) as entry() takes them."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        entry(tar, "manifest", json.dumps(manifest or image_manifest()).encode())
        if root:
            entry(tar, "rootfs", kind=tarfile.DIRTYPE)
        for name, content, kind, fields in entries:
            entry(tar, name, content, kind, **fields)
    return str(path)


# The manifest's header and content, the root's header.
WITHOUT_END = 3 * 512
OUT = "escaped-from-its-image"
LINK, HARD, FILE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.REGTYPE
DEEP = "/".join(["d"] * 3000)
# The entries of an archive, and what the message must name.
ARCHIVES = {
    "dot dot": ([(f"rootfs/../../{OUT}", b"x", FILE, {})], [f"rootfs/../../{OUT}"]),
    "absolute": ([(f"/{OUT}", b"x", FILE, {})], [f"/{OUT}"]),
    "beside the root": ([(OUT, b"x", FILE, {})], [OUT]),
    "root a link": ([("rootfs", b"", LINK, {"linkname": "/tmp"})], ["rootfs"]),
    "manifest twice": ([("manifest", b"{}", FILE, {})], ["manifest"]),
    "hard link out": ([("rootfs/p", b"", HARD, {"linkname": "/etc/passwd"})], ["rootfs/p"]),
    "hard link up": ([("rootfs/p", b"", HARD, {"linkname": "rootfs/../../../etc/passwd"})], ["rootfs/p"]),
    "hard link to the manifest": ([("rootfs/p", b"", HARD, {"linkname": "manifest"})], ["rootfs/p"]),
    "hard link through a link": ([("rootfs/l", b"", LINK, {"linkname": "/etc"}),
                                  ("rootfs/p", b"", HARD, {"linkname": "rootfs/l/passwd"})], ["rootfs/p"]),
    "written through a link": ([("rootfs/l", b"", LINK, {"linkname": "/tmp"}),
                                (f"rootfs/l/{OUT}", b"x", FILE, {})], [f"rootfs/l/{OUT}"]),
    "too deep": ([(f"rootfs/{DEEP}", b"", FILE, {})], ["rootfs/d/d"]),
    "escape sequence": ([("rootfs/../\x1b[31m\n", b"x", FILE, {})], ["rootfs/.."]),
    "PAX path": ([("rootfs/x", b"x", FILE, {"pax_headers": {"path": f"../{OUT}"}})], [f"../{OUT}"]),
    "PAX size": ([("rootfs/x", b"x", FILE, {"pax_headers": {"size": "99999999999999999999"}})], ["size"]),
    "sparse": ([("rootfs/x", b"1\n0\n1\n".ljust(512, b"\0") + b"x", FILE, {"pax_headers": {
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "rootfs/x",
        "GNU.sparse.realsize": str(1 << 60)}})], ["rootfs/x"]),
    "sparse of the old kind": ([("rootfs/x", b"", tarfile.GNUTYPE_SPARSE, {})], ["rootfs/x"]),
    "owner out of range": ([("rootfs/x", b"x", FILE, {"pax_headers": {"uid": "4294967296"}})], ["uid"]),
}


@one_level
@pytest.mark.parametrize("case", ARCHIVES)
def test_archives(fresh_engine, tmp_path, case):
    entries, words = ARCHIVES[case]
    before = set(os.listdir("/tmp")) | set(os.listdir(fresh_engine.data))
    result = fresh_engine.rkt("fetch", archive(tmp_path / "hostile.aci", *entries))
    refused(result, *words)
    assert not fresh_engine.aftermath.problems()
    after = set(os.listdir("/tmp")) | set(os.listdir(fresh_engine.data))
    assert OUT not in after - before
    for folder, _, files in os.walk(fresh_engine.data):
        assert OUT not in files


def test_device_nodes_of_an_image_open_nothing(engine, tmp_path):
    """They may be in the image; the app's root is mounted so that they are only names."""
    path = archive(tmp_path / "device.aci",
                   ("rootfs/probe", open(PROBE, "rb").read(), FILE, {"mode": 0o755}),
                   ("rootfs/disk", b"", tarfile.BLKTYPE, {"devmajor": 254, "devminor": 0, "mode": 0o666}),
                   ("rootfs/memory", b"", tarfile.CHRTYPE, {"devmajor": 1, "devminor": 1, "mode": 0o666}))
    for name in ("/disk", "/memory"):
        result = engine.rkt(*run_words(engine, image=path, arguments=["cat", name]))
        assert result.status != 0, result
        assert not result.text


@one_level
@pytest.mark.parametrize("claimed", [1 << 28, 1 << 33, 1 << 60])
def test_a_file_of_zeros_that_ends_early(fresh_engine, tmp_path, claimed):
    """Next to nothing when packed: what was unpacked goes again.  (Bombs: tests/unit/image.)"""
    path = tmp_path / "zeros.aci"
    header = tarfile.TarInfo("rootfs/zeros")
    header.size = claimed
    packer = zlib.compressobj(9, wbits=31)
    with open(archive(tmp_path / "head.tar"), "rb") as file, open(path, "wb") as out:
        whole = file.read(WITHOUT_END)
        out.write(packer.compress(whole + header.tobuf(tarfile.GNU_FORMAT)))
        for _ in range(64):
            out.write(packer.compress(bytes(1 << 20)))
        out.write(packer.flush())
    refused(fresh_engine.rkt("fetch", str(path)), "rootfs/zeros")
    assert not fresh_engine.aftermath.problems()


def put_passwd(root, kind):
    path = os.path.join(root, "etc/passwd")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    contents = {
        "two MiB": b"x" * (2 << 20), "a long line": b"root:x:0:0:" + b"x" * 100_000 + b":/:/bin/sh\n",
        "NULs": b"root:x:0:0:root:/root:/bin/sh\n\0\0\0web:x:33:33::/:\n",
        "binary": bytes(range(256)) * 16, "numbers": b"web:x:4294967296:99999999999999999999::/:\n",
        "a colon short": b"web:x:33\n"}
    if kind == "a directory":
        os.makedirs(path)
    elif kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    elif kind == "a link out":
        os.symlink("/../../../../../etc/passwd", path)
    else:
        with open(path, "wb") as file:
            file.write(contents[kind])


PASSWD = ["a directory", "a FIFO", "a device", "a link out", "two MiB", "a long line", "NULs", "binary", "numbers",
          "a colon short"]


@pytest.mark.parametrize("kind", PASSWD)
def test_passwd_files(engine, tmp_path, kind):
    """The user is looked up in it: refused for what the file is; a number needs no file."""
    folder = tmp_path / "image"
    (folder / "rootfs").mkdir(parents=True)
    subprocess.run(["cp", PROBE, folder / "rootfs/probe"], check=True)
    put_passwd(str(folder / "rootfs"), kind)
    (folder / "manifest").write_text(json.dumps(image_manifest(name="example.com/passwd")))
    path = str(tmp_path / "passwd.aci")
    subprocess.run(["tar", "-C", folder, "-cf", path, "manifest", "rootfs"], check=True)
    refused(engine.rkt(*run_words(engine, "--user=web", image=path)), "passwd")
    result = engine.rkt(*run_words(engine, "--user=33", "--group=33", image=path, arguments=["id"]))
    if result.status == 0:
        assert result.text.startswith("uid=33,33,33 gid=33,33,33"), result
    else:
        refused(result, "passwd")


POD = {"acVersion": "0.8.11", "acKind": "PodManifest"}
PODS = {
    "empty file": ("", []), "not JSON": ("{", []), "an array": ("[]", []), "no apps": (json.dumps(POD), ["app"]),
    "a duplicate key": ('{"acKind":"PodManifest","acKind":"PodManifest","acVersion":"0.8.11"}', ["acKind"]),
    "too deep": ('{"a":' * 200 + "1" + "}" * 200, []),
    "too large": ('{"acKind":"' + "x" * (2 << 20) + '"}', []),
    "bad UTF-8": (b'{"acKind":"\xff"}', []),
    "a name with a slash": (json.dumps({**POD, "apps": [{"name": "../x", "image": {"id": "ID"}}]}), ["name", "../x"]),
    "no image": (json.dumps({**POD, "apps": [{"name": "a", "image": {"id": "sha512-00"}}]}), ["sha512-00"]),
    "a volume without source": (json.dumps({**POD, "volumes": [{"name": "v", "kind": "host"}], "apps": [
        {"name": "a", "image": {"id": "ID"}}]}), ["volume", "source"]),
    "a user out of range": (json.dumps({**POD, "apps": [{"name": "a", "image": {"id": "ID"}, "app": {
        "exec": ["/probe"], "user": "4294967295", "group": "0"}}]}), ["user", "4294967295"]),
    "a port out of range": (json.dumps({**POD, "apps": [{"name": "a", "image": {"id": "ID"}, "app": {
        "exec": ["/probe"], "user": "0", "group": "0", "ports": [
            {"name": "p", "protocol": "tcp", "port": 65536}]}}]}), ["port", "65536"]),
    "a NUL": (json.dumps({**POD, "apps": [{"name": "a", "image": {"id": "ID"}, "app": {
        "exec": ["/pr\0obe"], "user": "0", "group": "0"}}]}), ["column", "u0000"]),
    "an unknown isolator": (json.dumps({**POD, "isolators": [{"name": "resource/memory", "value": {"limit": "x"}}],
                            "apps": [{"name": "a", "image": {"id": "ID"}}]}), ["resource/memory", "x"]),
}


@one_level
@pytest.mark.parametrize("case", PODS)
def test_pod_manifests(engine, tmp_path, case):
    text, words = PODS[case]
    path = tmp_path / "pod.json"
    data = text if isinstance(text, bytes) else text.replace('"ID"', f'"{engine.default_image}"').encode()
    path.write_bytes(data)
    result = engine.rkt("run", f"--stage1-path={engine.stage1}", "--net=none", f"--pod-manifest={path}")
    refused(result, "" if words and words[0] == "user" else "pod.json" if "sha512" not in str(words) else "", *words)


@pytest.mark.parametrize("where", ["source", "inside the source", "middle of the source"])
def test_symlinks_in_a_volume_source(engine, tmp_path, where):
    """A source is taken as named, without links that others could turn: /tmp is everybody's."""
    real = tmp_path / "real/inner"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/inner/out").symlink_to("/etc")
    source = {"source": tmp_path / "link", "inside the source": real, "middle of the source": tmp_path / "link/inner"}
    result = engine.rkt(*run_words(
        engine, "--mount=volume=v,target=/v", arguments=["ls", "/v/out"],
        pod=["--net=none", f"--volume=v,kind=host,source={source[where]}"]))
    if where == "inside the source":  # it leads to the app's own /etc
        assert "shadow" not in result.text and "passwd" not in result.text, result
    else:
        refused(result, "volume v", "link")


def test_overlapping_volumes_do_not_hide_each_other(engine, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one/inner").mkdir()
    (tmp_path / "two/file").write_text("seen")
    result = engine.rkt(*run_words(
        engine, "--mount=volume=b,target=/v/inner", "--mount=volume=a,target=/v", arguments=["cat", "/v/inner/file"],
        pod=["--net=none", f"--volume=a,kind=host,source={tmp_path}/one", f"--volume=b,kind=host,source={tmp_path}/two"]))
    assert result.status == 0 and result.text.strip() == "seen", result


def swap_for_ever(folder, names):
    """
    What an app does that shares a volume: what is at names[0] changes all the time.  Bursts of
    swaps, and rests with the directory in its place: a machine of any speed meets both.
    """
    renameat2 = ctypes.CDLL(None).renameat2
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    first, others = names[0].encode(), [name.encode() for name in names[1:]]
    chance = random.Random(1)
    while True:
        for _ in range(chance.randrange(1, 200)):
            for other in others:  # away, and back
                renameat2(at, first, at, other, RENAME_EXCHANGE)
                renameat2(at, first, at, other, RENAME_EXCHANGE)
        time.sleep(chance.random() * 0.05)


@pytest.mark.parametrize("kind", ["empty", "host"])
def test_a_target_that_its_owner_swaps_for_links(engine, tmp_path, kind):
    """A hundred starts: whatever is at the target, nothing is made or mounted outside of the app."""
    shared, victim, inner = tmp_path / "shared", tmp_path / "victim", tmp_path / "inner"
    for folder in (shared, victim, inner, shared / "t"):
        folder.mkdir()
    os.chmod(shared, 0o777)
    (shared / "absolute").symlink_to(victim)
    (shared / "up").symlink_to("../" * 20 + str(victim)[1:])
    (shared / "file").write_text("")
    (shared / "proc").symlink_to("/proc/1/root" + str(victim))
    source = f"source={inner}" if kind == "host" else "mode=0777"
    words = run_words(engine, "--mount=volume=shared,target=/s", "--mount=volume=v,target=/s/t/made/deep",
                      pod=["--net=host", f"--volume=shared,kind=host,source={shared}",
                           f"--volume=v,kind={kind},{source}"],
                      arguments=["write", "/s/t/made/deep/written", "x"])
    swapper = multiprocessing.get_context("fork").Process(
        target=swap_for_ever, args=(shared, ["t", "absolute", "up", "file", "proc"]))
    swapper.start()
    try:
        results = [engine.rkt(*words) for _ in range(100)]
    finally:
        swapper.kill()
        swapper.join()
    assert not list(victim.iterdir()), list(victim.iterdir())
    assert {result.status for result in results} <= {0, 1, 254}, results
    assert any(result.status == 0 for result in results), "the race was lost each time"
    for result in results:
        if result.status == 254:
            refused(result, "volume v")
