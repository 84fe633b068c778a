# SPDX-License-Identifier: Apache-2.0
"""kill -9 around a virtual machine: of its leader, its hypervisor, its file server, who enters."""

import os
import random
import signal
import subprocess
import time

import pytest

from aftermath import read
from harness.engine import wait_until

pytestmark = pytest.mark.parametrize("level", ["kvm"], scope="session")
UP = ["print", "up", ",", "sleep-forever"]


def children(pid):
    return [int(word) for word in read(f"/proc/{pid}/task/{pid}/children").split()]


def child(pid, name):
    """The leader's child that runs this program."""
    return next(found for found in children(pid) if read(f"/proc/{found}/comm").startswith(name))


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def volume(tmp_path):
    return {"pod": [f"--volume=v,kind=host,source={tmp_path}"], "app": ["--mount=volume=v,target=/v"]}


def test_the_leader(engine, tmp_path):
    pod = engine.start("fork-orphan", "1000", ",", *UP, **volume(tmp_path)).wait_for("up")
    kill(pod.pid)
    assert pod.wait().status == 137
    engine.aftermath.wait_for_the_end()


def test_the_hypervisor(engine, tmp_path):
    pod = engine.start(*UP, **volume(tmp_path)).wait_for("up")
    kill(child(pod.pid, "qemu"))
    assert pod.wait().status == 137
    assert "app-app=137" in engine.rkt("status", pod.uuid).stdout


def test_the_file_server(engine, tmp_path):
    pod = engine.start(*UP, **volume(tmp_path)).wait_for("up")
    kill(child(pod.pid, "virtiofsd"))
    result = pod.wait()
    assert result.status == 254
    assert "v" in result.stderr and "stage1-kvm: run: " in result.stderr, result


def test_who_enters(engine):
    pod = engine.start(*UP).wait_for("up")
    with open(os.path.join(pod.folder, "entered"), "wb+") as output:
        entering = subprocess.Popen(
            engine.command(["enter", pod.uuid, "/probe", "print", "entered", ",", "sleep-forever"]),
            stdin=subprocess.DEVNULL, stdout=output)
        wait_until(lambda: "entered" in read(output.name), "enter", process=entering)
    kill(entering.pid)
    assert entering.wait() == -signal.SIGKILL
    # The guest's process goes with it: nobody but the app and us is left to be counted.
    def alone():
        listed = engine.rkt("enter", pod.uuid, "/probe", "ls", "/proc").stdout.split()
        return sum(name.isdigit() for name in listed) <= 3
    wait_until(alone, "the end of what enter started")
    assert pod.process.poll() is None


@pytest.mark.parametrize("round", range(8))
def test_anybody_at_any_moment(engine, tmp_path, round):
    chance = random.Random(round)
    pod = engine.start("fork-orphan", "1000", ",", "print", "up", ",", "sleep", "500",
                       **(volume(tmp_path) if round % 2 else {}))
    time.sleep(chance.uniform(0, 1.5))
    kill(chance.choice([pod.pid, *children(pod.pid)]))
    pod.kill()


def test_gc_takes_no_living_machine(engine):
    pod = engine.start(*UP).wait_for("up")
    assert engine.rkt("gc", "--grace-period=0s").status == 0
    assert pod.process.poll() is None
    assert engine.rkt("enter", pod.uuid, "/probe", "print", "alive").stdout == "alive\n"
