# SPDX-License-Identifier: Apache-2.0
"""kill -9 around a virtual machine: of its leader, its hypervisor, its file server, who enters."""

import os
import random
import shutil
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


def templates(engine):
    return os.path.join(engine.data, "vm-templates")


def forget_templates(engine):
    for name in os.listdir(templates(engine)):
        if len(name) == 32:
            shutil.rmtree(os.path.join(templates(engine), name))


def test_a_maker_of_a_template_that_is_killed_leaves_nothing_that_counts(engine):
    forget_templates(engine)
    pod = engine.start("exit", "3")
    wait_until(lambda: os.path.exists(os.path.join(templates(engine), "new/memory")), "a template on its way")
    kill(pod.pid)
    pod.wait()
    engine.aftermath.wait_for_the_end()
    assert engine.run("exit", "4").status == 4
    left = set(os.listdir(templates(engine))) - {"lock", "emulated"}
    assert len(left) == 1 and len(left.pop()) == 32


@pytest.mark.parametrize("kib", [0, 4, 2048, 20000])
def test_without_room_for_a_template_the_machine_is_booted(engine, kib):
    forget_templates(engine)
    place = templates(engine)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kib + 8}k,mode=700", "small", place], check=True)
    try:
        engine.accept_emulation()
        if kib == 0:
            with open(os.path.join(place, "filler"), "wb") as file:
                os.posix_fallocate(file.fileno(), 0, 4096)
        result = engine.run("exit", "5", pod=[engine.quiet_network])
        left = set(os.listdir(place)) - {"lock", "emulated", "filler"}
    finally:
        subprocess.run(["umount", place], check=True)
    assert result.status == 5
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and "the machine is booted, not restored: making a template: " in lines[0], result
    assert not left, left
    assert engine.run("exit", "6").status == 6


REPLACE_QEMU = """
set -eu
mkdir "$1/upper" "$1/work"
mount -t overlay -o "lowerdir=/usr/bin,upperdir=$1/upper,workdir=$1/work" overlay /usr/bin
rm -f /usr/bin/qemu-system-x86_64
[ -z "$2" ] || cp "$2" /usr/bin/qemu-system-x86_64
shift 2
exec "$@"
"""


def run_with_qemu(engine, tmp_path, program):
    """Where this program stands for QEMU; "": where there is none."""
    layers = tmp_path / "layers"
    layers.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "layers", str(layers)], check=True)
    try:
        command = engine.command(engine._words("run", ["exit", "3"], [engine.quiet_network], [], None, "/probe"))
        return subprocess.run(["unshare", "--mount", "--propagation=private", "sh", "-c", REPLACE_QEMU, "sh", str(layers),
                               program, *command], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    finally:
        subprocess.run(["umount", str(layers)], check=True)
        engine.note_uuids()


def test_without_a_hypervisor_one_line_says_so(engine, tmp_path):
    done = run_with_qemu(engine, tmp_path, "")
    assert done.returncode == 254
    assert done.stderr.splitlines() == [
        "stage1-kvm: run: looking for a hypervisor: /usr/bin/qemu-system-x86_64: No such file or directory"], done


def test_a_hypervisor_that_ends_at_once_is_an_error(engine, tmp_path):
    done = run_with_qemu(engine, tmp_path, "/bin/false")
    assert done.returncode == 254
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and "booted, not restored: making a template: " in lines[0], done
    assert "the virtual machine ended by itself before it was up" in lines[1], done


def test_gc_takes_no_living_machine(engine):
    pod = engine.start(*UP).wait_for("up")
    assert engine.rkt("gc", "--grace-period=0s").status == 0
    assert pod.process.poll() is None
    assert engine.rkt("enter", pod.uuid, "/probe", "print", "alive").stdout == "alive\n"
