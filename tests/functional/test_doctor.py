# SPDX-License-Identifier: Apache-2.0
"""rkt doctor: what this machine offers each isolator."""

import json
import os
import subprocess

import pytest

from conftest import make_engine

STATES = {"ok", "less", "missing"}


def hidden(engine, path, words):
    """Runs rkt where nothing can be executed at path: in a mount namespace of its own."""
    script = f'mount --bind /dev/null "{path}" && exec "$@"'
    return subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", *engine.command(words)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)


def levels_of(text):
    return {level["isolator"]: level for level in json.loads(text)}


def test_each_level_is_asked_and_says_what_it_found(engine):
    done = engine.rkt("doctor", "--format=json")
    assert done.status == 0, done
    assert done.stderr == ""
    level = levels_of(done.stdout)[engine.level]
    assert level["canRun"] is True
    assert {check["state"] for check in level["checks"]} <= STATES - {"missing"}
    names = {check["name"] for check in level["checks"]}
    assert {"root", "kernel", "cgroups", "limits", "system call filters", "overlays"} <= names
    assert ("namespaces" in names) == (engine.level == "coreos")
    assert ({"hypervisor", "KVM", "images as disks"} <= names) == (engine.level == "kvm")
    for check in level["checks"]:
        assert bool(check["mend"]) == (check["state"] != "ok"), check


def test_a_pipe_gets_lines_and_a_terminal_a_table(engine):
    lines = engine.rkt("doctor").stdout.splitlines()
    assert all(len(line.split("\t")) == 5 for line in lines)
    assert engine.level in {line.split("\t")[0] for line in lines}
    shown = subprocess.run(["script", "-qec", " ".join(engine.command(["doctor"])), "/dev/null"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120)
    assert f"{engine.level}: can run pods" in shown.stdout.decode()


@pytest.fixture
def machine(work, images):
    """An engine for what is the same at every level."""
    return make_engine(work, images, "coreos", os.path.join(work, "data-coreos"))


def test_what_is_missing_makes_the_status(machine):
    engine = machine
    qemu = "/usr/bin/qemu-system-x86_64"
    if not os.path.exists(qemu) or not os.path.exists(os.path.join(engine.out, "stage1-kvm.aci")):
        pytest.skip("no virtual machines here")
    done = hidden(engine, qemu, ["doctor", "--format=json"])
    assert done.returncode == 254, done
    levels = levels_of(done.stdout)
    assert levels["coreos"]["canRun"] and not levels["kvm"]["canRun"]
    (check,) = [c for c in levels["kvm"]["checks"] if c["state"] == "missing"]
    assert check["name"] == "hypervisor" and "install QEMU" in check["mend"]


def test_what_is_less_does_not(machine):
    done = hidden(machine, "/usr/bin/mkfs.erofs", ["doctor", "--format=json"])
    assert done.returncode == 0, done
    checks = {c["name"]: c for c in levels_of(done.stdout)["kvm"]["checks"]}
    assert checks["images as disks"]["state"] == "less"
    assert checks["images as disks"]["mend"] == "install erofs-utils"
