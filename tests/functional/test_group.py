# SPDX-License-Identifier: Apache-2.0
"""Members of the data directory's group may look at pods and images, and at nothing in them."""

import json
import os
import shutil
import subprocess
import tempfile

import pytest

from conftest import OUT
from harness.engine import Result

GROUP, USER = 54321, 54322
SECRETS = ("appsinfo", "run-arguments", "log", "sharedVolumes")


@pytest.fixture
def place(work):
    """A directory that everybody may enter, with rkt and a data directory of the group."""
    path = tempfile.mkdtemp(prefix="rkt-group-", dir=os.environ.get("RKT_TEST_DIR"))
    os.chmod(path, 0o755)
    shutil.copy(os.path.join(OUT, "rkt"), path)
    os.chmod(os.path.join(path, "rkt"), 0o755)
    os.mkdir(os.path.join(path, "data"))
    os.chown(os.path.join(path, "data"), 0, GROUP)
    os.chmod(os.path.join(path, "data"), 0o2750)
    yield path
    shutil.rmtree(path)


class Person:
    def __init__(self, place, *groups):
        self.place = place
        self.groups = groups

    def do(self, *command):
        done = subprocess.run(command, user=USER, group=self.groups[0] if self.groups else USER,
                              extra_groups=[], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, cwd="/")
        return Result(done.returncode, done.stdout, done.stderr)

    def rkt(self, *words):
        return self.do(f"{self.place}/rkt", f"--dir={self.place}/data", *words)


def as_root(place, *words):
    done = subprocess.run(
        [os.path.join(OUT, "rkt"), f"--dir={place}/data", "--insecure-options=image", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture
def pods(place, images):
    """UUIDs of pods that have run: with overlays, and with copies."""
    name = as_root(place, "fetch", images.build(
        name="example.com/group", mountPoints=[{"name": "data", "path": "/data"}])).strip()
    found = []
    for more in ([], ["--no-overlay"]):
        file = f"{place}/uuid"
        as_root(place, "run", "--net=host", f"--stage1-path={OUT}/stage1-coreos.aci",
                f"--uuid-file-save={file}", "--set-env=SECRET=1", *more, "example.com/group",
                "--name=app", "--exec=/probe", "--", "write", "/new", "x", ",", "write", "/data/new", "x")
        found.append(open(file).read())
    yield name, found
    as_root(place, "gc", "--grace-period=0s")


def test_the_group_may_look(place, pods):
    image, (uuid, copied) = pods
    member = Person(place, GROUP)
    listed = member.rkt("list", "--full", "--no-legend")
    assert listed.status == 0 and listed.stderr == ""
    assert uuid in listed.stdout and copied in listed.stdout and "example.com/group" in listed.stdout
    status = member.rkt("status", uuid)
    assert status.stderr == "" and "state=exited" in status.stdout and "app-app=0" in status.stdout
    assert json.loads(member.rkt("status", "--format=json", copied).stdout)["state"] == "exited"
    assert json.loads(member.rkt("cat-manifest", uuid).stdout)["acKind"] == "PodManifest"
    images = member.rkt("image", "list", "--full", "--no-legend")
    assert images.status == 0 and image in images.stdout
    for reference in ("example.com/group", image, image[:20]):
        manifest = member.rkt("image", "cat-manifest", reference)
        assert manifest.status == 0, manifest
        assert json.loads(manifest.stdout)["name"] == "example.com/group"


def test_the_group_may_do_nothing(place, pods):
    image, (uuid, _) = pods
    member = Person(place, GROUP)
    before = as_root(place, "list", "--full") + as_root(place, "image", "list", "--full")
    for words in (["run", image], ["prepare", image], ["run-prepared", uuid], ["enter", uuid],
                  ["stop", uuid], ["rm", uuid], ["gc"],
                  ["export", uuid, "/tmp/x.aci"], ["image", "rm", image], ["image", "gc"],
                  ["image", "export", image, "/tmp/x.aci"], ["image", "extract", image, "/tmp/x"],
                  ["image", "render", image, "/tmp/x"], ["image", "verify", image]):
        done = member.rkt(*words)
        assert done.status == 254, done
        assert done.stderr.endswith(": cannot run as unprivileged user\n"), done
    assert as_root(place, "list", "--full") + as_root(place, "image", "list", "--full") == before


def test_the_group_does_not_reach_the_files_of_pods_and_images(place, pods):
    """A set-id program in one of them would be a way to become root."""
    member = Person(place, GROUP)
    found = member.do("find", f"{place}/data", "-type", "f", "-readable").stdout.splitlines()
    assert found
    names = {os.path.basename(path) for path in found}
    assert not names & {"probe", "new"}, found
    assert not any(part in path for path in found for part in ("/upper/", "/tree/deps-"))
    for path in found:
        assert "SECRET" not in open(path, errors="replace").read() or os.path.basename(path) == "pod"
    entered = member.do("find", f"{place}/data", "-type", "d", "-executable").stdout.splitlines()
    assert not any(os.path.basename(path) in SECRETS for path in entered), entered


def test_others_may_not_even_look(place, pods):
    stranger = Person(place)
    for words in (["list"], ["image", "list"], ["status", pods[1][0]], ["image", "cat-manifest", "x"]):
        done = stranger.rkt(*words)
        assert done.status == 254 and "Permission denied" in done.stderr
        assert done.stderr.count("\n") == 1 and done.stdout == ""
