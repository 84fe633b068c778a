# SPDX-License-Identifier: Apache-2.0
"""Malformed and hostile input: one clear line, not zero, nothing left."""

import io
import json
import os
import tarfile

import pytest


def refused(result, *words):
    assert result.status not in (0, 139, 134, 137), result
    assert "ran" not in result.text
    assert result.stderr.strip(), "no word about it"
    for word in words:
        assert word in result.stderr, result


GOOD = {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": "example.com/bad",
        "app": {"exec": ["/probe", "print", "ran"], "user": "0", "group": "0"}}


def manifest(**changes):
    return json.dumps({**GOOD, **changes})


def app(**changes):
    return manifest(app={**GOOD["app"], **changes})


MANIFESTS = {
    "not JSON": "not json",
    "empty": "",
    "cut": '{"acKind": "ImageMan',
    "array": "[]",
    "duplicate key": manifest()[:-1] + ', "name": "example.com/other"}',
    "wrong kind": manifest(acKind="PodManifest"),
    "no name": json.dumps({k: v for k, v in GOOD.items() if k != "name"}),
    "bad name": manifest(name="../../etc"),
    "upper case name": manifest(name="EXAMPLE.com/x"),
    "bad version": manifest(acVersion="one"),
    "user missing": manifest(app={"exec": ["/probe"], "group": "0"}),
    "exec no array": app(exec="/probe"),
    "relative mount point": app(mountPoints=[{"name": "a", "path": "relative"}]),
    "unknown field": app(isolator=[]),
    "bad isolator": app(isolators=[{"name": "resource/memory", "value": {"limit": "lots"}}]),
    "bad environment": app(environment=[{"name": "A=B", "value": "x"}]),
    "NUL": app(user="ro\u0000ot"),
    "deep": manifest(annotations=[])[:-1] + ', "x": ' + "[" * 200 + "]" * 200 + "}",
    "not UTF-8": manifest(name="example.com/x").replace("example", "ex\udcff"),
}


def archive(path, entries, text=None):
    """A tar file written entry by entry, as no honest tool would."""
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        data = (text if text is not None else manifest()).encode(errors="surrogateescape")
        info = tarfile.TarInfo("manifest")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        root = tarfile.TarInfo("rootfs")
        root.type, root.mode = tarfile.DIRTYPE, 0o755
        tar.addfile(root)
        for entry in entries:
            info = tarfile.TarInfo(entry["name"])
            content = entry.get("content", b"")
            info.type = entry.get("type", tarfile.REGTYPE)
            info.linkname = entry.get("link", "")
            info.mode = entry.get("mode", 0o644)
            info.size = len(content)
            info.pax_headers = entry.get("pax", {})
            info.devmajor, info.devminor = entry.get("device", (0, 0))
            tar.addfile(info, io.BytesIO(content))
    return str(path)


@pytest.mark.parametrize("case", sorted(MANIFESTS))
def test_a_bad_manifest_is_refused(engine, tmp_path, case):
    image = archive(tmp_path / "bad.aci", [], MANIFESTS[case])
    refused(engine.rkt("fetch", image))
    refused(engine.run("print", "ran", image=image))


ENTRIES = {
    "dot dot": [{"name": "rootfs/../../escaped", "content": b"x"}],
    "absolute": [{"name": "/tmp/escaped-absolute", "content": b"x"}],
    "top level": [{"name": "escaped", "content": b"x"}],
    "root is a link": [{"name": "rootfs", "type": tarfile.SYMTYPE, "link": "/tmp"},
                       {"name": "rootfs/escaped-link", "content": b"x"}],
    "second manifest": [{"name": "manifest", "content": b"{}"}],
    "hard link out": [{"name": "rootfs/passwd", "type": tarfile.LNKTYPE, "link": "/etc/passwd"}],
    "hard link to manifest": [{"name": "rootfs/m", "type": tarfile.LNKTYPE, "link": "../manifest"}],
    "write through a link": [{"name": "rootfs/out", "type": tarfile.SYMTYPE, "link": "/tmp"},
                             {"name": "rootfs/out/escaped-through", "content": b"x"}],
    "long name": [{"name": "rootfs/" + "x" * 5000, "content": b"x"}],
    "PAX path out": [{"name": "rootfs/x", "content": b"x", "pax": {"path": "../escaped-pax"}}],
}


@pytest.mark.parametrize("case", sorted(ENTRIES))
def test_a_hostile_archive_writes_nothing_outside(fresh_engine, tmp_path, case):
    before = set(os.listdir("/tmp"))
    image = archive(tmp_path / "bad.aci", ENTRIES[case])
    result = fresh_engine.rkt("fetch", image)
    names = {name for name in set(os.listdir("/tmp")) - before if name.startswith("escaped")}
    assert not names
    for folder, _, files in os.walk(fresh_engine.data):
        if "rootfs" not in folder:
            assert not [name for name in files if name.startswith("escaped")], folder
    if case not in ("write through a link",):
        refused(result)


@pytest.mark.parametrize("content", [b"", b"\0" * 10240, b"garbage" * 1000, b"\x1f\x8b\x08garbage",
                                     b"\xfd7zXZ\x00garbage", b"\x28\xb5\x2f\xfdgarbage", b"BZhgarbage"])
def test_a_file_that_is_no_image_is_refused(engine, tmp_path, content):
    path = tmp_path / "file.aci"
    path.write_bytes(content)
    refused(engine.rkt("fetch", str(path)))


def test_a_cut_image_is_refused(engine, image, tmp_path):
    whole = open(image(), "rb").read()
    path = tmp_path / "cut.aci"
    path.write_bytes(whole[:len(whole) // 2])
    refused(engine.rkt("fetch", str(path)))


@pytest.mark.parametrize("words", [
    ["no-such-command"], ["run"], ["run", "--no-such-flag", "x"], ["run", "--net"], ["status"],
    ["status", "not-a-uuid"], ["status", "../../../etc"], ["enter"], ["run", "/no/such/file.aci"],
    ["run", "--private-users=x", "y"], ["list", "--format=xml"], ["gc", "--grace-period=-5"],
    ["stop", ""], ["cat-manifest", "00000000"], ["rm", "*"]])
def test_a_bad_command_line_is_refused(engine, words):
    refused(engine.rkt(*words))


@pytest.mark.parametrize("flag", ["--pull-policy=update", "--no-store"])
def test_what_is_outside_of_the_store_is_not_answered_from_it(engine, image, flag):
    """Nothing is to be found where the name leads: that is said, and not what was fetched before used."""
    name = "nonexistent.invalid/fetched-before"
    path = image(name=name)
    assert engine.rkt("fetch", path).status == 0
    assert engine.rkt("fetch", name).status == 0
    assert engine.rkt("fetch", flag, path).status == 0
    refused(engine.rkt("fetch", flag, name), name, "discovery failed")
    refused(engine.rkt("run", flag, "--net=none", name), name, "discovery failed")


@pytest.mark.parametrize("pod", [
    "not json", "{}", "[]", '{"acKind":"PodManifest","acVersion":"0.8.11","apps":[{}]}',
    '{"acKind":"PodManifest","acVersion":"0.8.11","apps":[{"name":"../x","image":{"id":"sha512-00"}}]}'])
def test_a_bad_pod_manifest_is_refused(engine, tmp_path, pod):
    path = tmp_path / "pod.json"
    path.write_text(pod)
    refused(engine.rkt("run", f"--stage1-path={engine.stage1}", f"--pod-manifest={path}"))


def test_app_names_cannot_become_paths(engine):
    for name in ("../x", "a/b", ".", "", "UPPER", "a" * 300):
        refused(engine.rkt("run", f"--stage1-path={engine.stage1}", engine.default_image,
                           f"--name={name}", "--exec=/probe", "--", "print", "ran"))


def test_a_private_user_range_is_checked(engine):
    result = engine.run("id", pod=["--private-users"])
    if engine.level == "fly":
        assert result.status != 0 or "ignored" in result.stderr
    else:
        assert result.status == 0, result
        assert result.text.startswith("uid=0,0,0")
