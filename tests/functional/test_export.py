# SPDX-License-Identifier: Apache-2.0
"""What an app has made of its image can become an image: rkt export."""

import json
import os
import subprocess

import pytest

from harness.engine import wait_until


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / "out.aci")


def ended_pod(engine, *arguments, pod=(), **options):
    done = engine.start(*arguments, pod=pod, **options)
    result = done.wait()
    assert result.status == 0, result
    return done.uuid


def entries(path):
    listing = subprocess.run(["tar", "--numeric-owner", "-tvzf", path], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[5]: line.split() for line in listing.splitlines()}


def content(path, name):
    return subprocess.run(["tar", "-xOzf", path, name], check=True, stdout=subprocess.PIPE).stdout


def test_the_archive_has_what_the_app_changed(engine, image, out):
    mine = image(name="example.com/export", files={"/etc/kept": "1", "/etc/changed": "1",
                                                   "/gone/x": "1"})
    assert engine.rkt("fetch", mine).status == 0
    uuid = ended_pod(engine, "write", "/etc/changed", "2", ",", "write", "/new", "3", ",",
                     "remove", "/gone/x", image="example.com/export")
    done = engine.rkt("export", uuid, out)
    assert (done.status, done.stdout, done.stderr) == (0, "", ""), done
    assert content(out, "rootfs/etc/kept") == b"1"
    assert content(out, "rootfs/etc/changed") == b"2"
    assert content(out, "rootfs/new") == b"3"
    names = entries(out)
    assert "rootfs/gone/x" not in names and "rootfs/gone/" in names
    assert json.loads(content(out, "manifest"))["name"] == "example.com/export"
    # It is an image like any other.
    assert engine.rkt("fetch", out).status == 0
    assert engine.run("cat", "/new", image="example.com/export").content == "3"


def test_nothing_is_overwritten_unasked(engine, out):
    uuid = ended_pod(engine, "print", "x")
    assert engine.rkt("export", uuid, out).status == 0
    refused = engine.rkt("export", uuid, out)
    assert refused.status == 254
    assert refused.stderr == "export: error building aci: target file exists (try --overwrite)\n"
    assert engine.rkt("export", "--overwrite", uuid, out).status == 0
    assert os.listdir(os.path.dirname(out)) == ["out.aci"]


def test_what_cannot_be_exported_is_refused(engine, out):
    pod = engine.start("sleep-forever")
    wait_until(lambda: "running" in engine.rkt("status", pod.uuid).stdout, pod)
    running = engine.rkt("export", pod.uuid, out)
    assert running.status == 254
    assert running.stderr == "export: pod is not exited. Only exited pods can be exported\n"
    pod.kill()
    for words, text in [((pod.uuid, out[:-1]), "extension must be .aci"),
                        (("00000000", out), "problem retrieving pod"),
                        ((pod.uuid,), "must be given")]:
        refused = engine.rkt("export", *words)
        assert refused.status == 254 and text in refused.stderr
    assert not os.path.exists(out)


def test_what_an_app_made_comes_back_with_owner_and_mode(engine, image, out):
    mine = image(files={"/old": ("1", 0o4751, 7, 8)})
    uuid = ended_pod(engine, "mkdir", "/directory", ",", "append", "/old", "2", ",", "fill", "/large", "9",
                     app=["--user=0", "--group=0"], image=mine)
    assert engine.rkt("export", uuid, out).status == 0
    found = entries(out)
    assert found["rootfs/old"][1] == "7/8" and content(out, "rootfs/old") == b"12"
    assert found["rootfs/directory/"][0] == "drwxr-xr-x"
    assert content(out, "rootfs/large") == bytes((i * 7 + 1) % 256 for i in range(1 << 20)) * 9


def test_sockets_are_left_out_and_counted(engine, out):
    uuid = ended_pod(engine, "make-socket", "/one", ",", "make-socket", "/two", ",", "write", "/new", "1")
    done = engine.rkt("export", uuid, out)
    assert done.status == 0 and done.stderr.count("\n") == 1, done
    assert "warning: 2 socket(s) left out: an image cannot hold them" in done.stderr
    assert "rootfs/new" in entries(out) and "rootfs/one" not in entries(out)


def test_what_a_restarted_app_made_is_exported(engine, out):
    uuid = ended_pod(engine, "append", "/count", "x")
    assert engine.rkt("start", uuid).status == 0
    assert engine.rkt("export", uuid, out).status == 0
    assert content(out, "rootfs/count") == b"xx"


def test_an_app_of_several_is_chosen_by_name(engine, out):
    done = engine.run_apps(["--name=one", "--", "write", "/one", "1"],
                           ["--name=two", "--", "write", "/two", "2"], start=True)
    assert done.wait().status == 0
    refused = engine.rkt("export", done.uuid, out)
    assert refused.status == 254 and "\tone\n" in refused.stderr and "--app=" in refused.stderr
    unknown = engine.rkt("export", "--app=three", done.uuid, out)
    assert unknown.status == 254 and "app three is not present in pod" in unknown.stderr
    assert engine.rkt("export", "--app=two", done.uuid, out).status == 0
    assert content(out, "rootfs/two") == b"2" and "rootfs/one" not in entries(out)


def test_copies_can_be_exported(engine, out):
    uuid = ended_pod(engine, "write", "/new", "1", pod=["--no-overlay"])
    assert engine.rkt("export", uuid, out).status == 0
    assert content(out, "rootfs/new") == b"1"


def test_private_users_get_their_numbers_back(engine, image, out):
    mine = image(files={"/theirs": ("1", 0o644, 7, 8)})
    uuid = ended_pod(engine, "write", "/new", "1", pod=["--private-users"], image=mine)
    assert engine.rkt("export", uuid, out).status == 0
    found = entries(out)
    assert found["rootfs/new"][1] == "0/0" and found["rootfs/theirs"][1] == "7/8"


def test_dependencies_are_in_the_archive(engine, image, out):
    assert engine.rkt("fetch", image(name="example.com/export-base",
                                     files={"/low": "low"})).status == 0
    top = image(name="example.com/export-top", fields={
        "dependencies": [{"imageName": "example.com/export-base"}]})
    uuid = ended_pod(engine, "remove", "/low", image=top)
    assert engine.rkt("export", uuid, out).status == 0
    assert "dependencies" not in json.loads(content(out, "manifest"))
    assert "rootfs/low" not in entries(out)
