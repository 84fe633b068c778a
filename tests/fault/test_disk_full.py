# SPDX-License-Identifier: Apache-2.0
"""A data directory without space or inodes: one line, nothing half made, and all works when there is room."""

import os
import re
import shutil
import subprocess

import pytest

from aftermath import Aftermath
from conftest import make_engine
from harness.oci_builder import OciImage, entry, layer, write_archive, write_layout

KIB = 1024
FULL = "No space left on device"
one_level = pytest.mark.parametrize("level", ["coreos"], scope="session")


class SmallDisk:
    """A tmpfs of some size as the data directory of an engine."""

    def __init__(self, engine):
        self.engine = engine
        self.filler = os.path.join(engine.data, "filler")

    def resize(self, options):
        subprocess.run(["mount", "-o", f"remount,{options}", self.engine.data], check=True)

    def leave(self, free_kib):
        """Fills the disk but for so many KiB."""
        self.free()
        state = os.statvfs(self.engine.data)
        taken = state.f_bfree * state.f_frsize - free_kib * KIB
        with open(self.filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(taken, 1))

    def leave_inodes(self, n):
        state = os.statvfs(self.engine.data)
        self.resize(f"nr_inodes={state.f_files - state.f_ffree + n}")

    def free(self):
        if os.path.exists(self.filler):
            os.unlink(self.filler)
        self.resize("nr_inodes=10000")


@pytest.fixture
def disk(work, images, level):
    data = os.path.join(work, f"small-{level}")
    os.makedirs(data)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24M,nr_inodes=10000,mode=755", "small", data], check=True)
    engine = None
    try:
        engine = make_engine(work, images, level, data)
        engine.aftermath = Aftermath(engine)
        yield SmallDisk(engine)
        engine.aftermath.check(same_store=False, anywhere=True)
    finally:
        subprocess.run(["umount", data], check=True)
        os.rmdir(data)


def clear_failure(result):
    assert result.status not in (0, 134, 137, 139), result
    lines = [line for line in result.stderr.splitlines() if "warning: " not in line]
    # An app that cannot start has a status, which cannot be recorded either.
    lines = [line for line in lines if "recording a status" not in line]
    assert len(lines) == 1, result
    assert FULL in lines[0], result


def scarce(disk, levels, leave, command, undo=lambda: None):
    """Runs command with so much room left: nothing works at the first level, all does at the last."""
    worked = []
    for level in levels:
        leave(level)
        result = command()
        worked.append(result.status == 0)
        if result.status != 0:
            clear_failure(result)
        # What is visible is whole, what is not is gone, on the full disk already.
        disk.engine.aftermath.note()
        collected = disk.engine.rkt("gc", "--grace-period=0s", "--expire-prepared=0s")
        assert collected.status == 0 and "warning" not in collected.stderr, (level, collected)
        undo()
        disk.free()
        problems = disk.engine.aftermath.problems()
        assert not problems, (level, result, problems)
    assert not worked[0] and worked[-1], (worked, result)


@one_level
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_fetch(disk, image, compression):
    name = f"example.com/full-{compression}"
    path = image(name=name, files={"/big": os.urandom(1500 * KIB).hex()},
                 unchecked=compression == "none")
    engine = disk.engine

    def forget():
        engine.rkt("image", "rm", name)

    scarce(disk, range(0, 4801, 480), disk.leave,
           lambda: engine.rkt("fetch", path), forget)
    scarce(disk, range(0, 21, 2), disk.leave_inodes,
           lambda: engine.rkt("fetch", path), forget)
    ran = engine.run("exit", "7", image=path, pod=["--net=host"])
    assert ran.status == 7, ran


@one_level
@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_fetch_of_layers(disk, form):
    engine = disk.engine
    name = f"full-{form}"
    layers = [layer(entry("big", os.urandom(1500 * KIB))), layer(entry("big", os.urandom(1000 * KIB)), entry("x", b"y"))]
    write = write_layout if form == "oci" else write_archive
    source = f"{form}:{write(os.path.join(engine.work, name), OciImage(layers).files())}"

    def forget():
        engine.rkt("image", "rm", name)

    scarce(disk, range(0, 3201, 320), disk.leave, lambda: engine.rkt("fetch", source), forget)
    scarce(disk, range(0, 21, 2), disk.leave_inodes, lambda: engine.rkt("fetch", source), forget)


@one_level
@pytest.mark.parametrize("copies", [False, True])
def test_prepare(disk, copies):
    engine = disk.engine
    words = ["prepare", "--quiet", *(["--no-overlay"] if copies else []),
             f"--stage1-path={engine.stage1}", engine.default_image, "--exec=/probe"]
    levels = range(0, 4001, 400) if copies else range(0, 61, 5)
    scarce(disk, levels, disk.leave, lambda: engine.rkt(*words))
    scarce(disk, range(0, 61, 4), disk.leave_inodes, lambda: engine.rkt(*words))


def test_run(disk):
    engine = disk.engine

    def run():
        return engine.run("exit", "0", pod=["--net=host"])

    scarce(disk, range(0, 121, 8), disk.leave, run)
    scarce(disk, range(0, 61, 3), disk.leave_inodes, run)


def test_a_pod_that_runs_when_the_disk_fills(disk):
    """Its status can no longer be recorded; it still ends, and rm, gc and list work."""
    engine = disk.engine
    pod = engine.start("print", "up", ",", "sleep", "300", ",", "exit", "7", pod=["--net=host"])
    pod.wait_for("up")
    uuid = pod.uuid
    disk.leave(0)
    disk.leave_inodes(0)
    assert pod.wait().status == 7
    assert uuid[:8] in engine.rkt("list", "--no-legend").stdout
    assert engine.rkt("rm", uuid).status == 0
    disk.free()


def test_apps_that_print_when_the_disk_fills(disk):
    """What they print still comes out of run; what is not in the log is counted."""
    engine = disk.engine
    words = ["print", "up", ",", "sleep", "500", ",", "lines", "20000", "64", ",", "sleep", "1500",
             ",", "print", "last"]
    pod = engine.start(*words, pod=["--net=host" if engine.level != "kvm" else "--net=none"])
    pod.wait_for("up")
    uuid = pod.uuid
    disk.leave(0)
    pod.wait_for("\n19999 " if engine.level == "fly" else "]: 19999 ")
    disk.free()
    run = pod.wait()
    assert run.status == 0, run.stderr
    assert len(run.text.splitlines()) == 20002
    logs = engine.rkt("logs", uuid)
    if engine.level == "fly":
        assert logs.status == 254
        return
    assert logs.status == 0
    assert logs.stdout.endswith("last\n")
    lost = re.findall(r"logs: (\d+) bytes of output could not be kept here", logs.stderr)
    assert lost and len(logs.stdout) + sum(map(int, lost)) == len(run.text), logs.stderr


def test_a_log_that_ends_on_a_full_disk_says_so(disk):
    engine = disk.engine
    pod = engine.start("print", "up", ",", "sleep", "500", ",", "lines", "20000", "64",
                       pod=["--net=host" if engine.level != "kvm" else "--net=none"])
    pod.wait_for("up")
    disk.leave(0)
    run = pod.wait()
    assert run.status == 0, run.stderr
    disk.free()
    if engine.level == "fly":
        return
    # The last count may have found room in what was left of a block.
    said = re.search(r"(\d+) bytes of the apps' output are not in the log: No space left", run.stderr)
    logs = engine.rkt("logs", pod.uuid)
    lost = re.findall(r"logs: (\d+) bytes of output could not be kept here", logs.stderr)
    lost += [said.group(1)] if said else []
    kept = len(logs.stdout.removesuffix("\n")), len(logs.stdout)
    assert lost and len(run.text) - sum(map(int, lost)) in kept, (run.stderr, logs.stderr)


@one_level
def test_no_disk_at_all(disk, image):
    """The data directory cannot even be begun."""
    disk.leave(0)
    disk.leave_inodes(0)
    engine = disk.engine
    data, engine.data = engine.data, os.path.join(engine.data, "none")
    try:
        clear_failure(engine.rkt("fetch", image()))
    finally:
        engine.data = data
        disk.free()
    shutil.rmtree(os.path.join(data, "none"), ignore_errors=True)
