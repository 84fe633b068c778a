# SPDX-License-Identifier: Apache-2.0
"""kill -9 at each step of joining and leaving networks: gc leaves no interface, rule, lease or name."""

import json
import os
import shutil

import pytest

from aftermath import tree
from harness.plugin_network import OwnNetwork, run
from test_kill_steps import kill_at_each_step, run_words

SETNS = "308"
both_levels = pytest.mark.parametrize("level", ["coreos", "kvm"], scope="session")


@pytest.fixture(scope="module", autouse=True)
def network():
    with OwnNetwork() as own:
        yield own


def state(network):
    return network.state() | set(run("nft", "list", "ruleset").splitlines())


def since_there_is_a_namespace(steps):
    """What comes before is the same at each level."""
    begin = next(at for at, (process, _, call) in enumerate(steps) if process == "0" and call == SETNS)
    return [(process, step) for process, step, _ in steps[begin:]]


def of_a_machine(steps):
    """Most are the hypervisor's, the only one with threads, which has no part in networks but the tap it was given."""
    late = since_there_is_a_namespace(steps)
    machine = {process for process, _ in late if process.count(".") > 1}
    machine |= {process.rpartition(".")[0] for process in machine}
    assert machine and {"0", "0.0"} <= {process for process, _ in late} - machine
    return ([each for each in late if each[0] not in machine][::3] + [each for each in late if each[0] in machine][::64])


@both_levels
@pytest.mark.parametrize("flags", [["--net=default"], ["--net=default", "--port=web:8080"]], ids=["default", "port"])
def test_run_in_a_network(engine, kill_step, network, image, flags):
    path = image(ports=[{"name": "web", "protocol": "tcp", "port": 80, "count": 1, "socketActivated": False}])
    fetched = engine.rkt("fetch", path)
    assert fetched.status == 0, fetched
    words = run_words(engine, pod=flags)
    words[words.index(engine.default_image)] = fetched.stdout.split()[-1]  # a brand-new file would be imported again
    before = state(network)
    assert engine.rkt(*words).status == 0  # the first one makes the image's disk, and saves a guest with a card
    engine.aftermath.collect()
    engine.aftermath.tree = tree(engine.data)

    def nothing_stays():
        left = state(network) - before
        assert not left, f"left behind: {left}"

    kill_at_each_step(engine, kill_step, lambda _: words, after=nothing_stays, stride=4,
                      choose=of_a_machine if engine.level == "kvm" else None, same_store=False)
    assert engine.rkt(*words).status == 0


@pytest.fixture
def broken(engine):
    """A network that cannot be joined."""
    folder = os.path.join(engine.config, "net.d")
    os.makedirs(folder)
    with open(os.path.join(folder, "20-broken.conf"), "w") as file:
        json.dump({"cniVersion": "1.0.0", "name": "broken", "type": "broken"}, file)
    with open(os.path.join(folder, "broken"), "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
        file.write("#!/bin/sh\ntest \"$CNI_COMMAND\" = DEL\n")
    yield
    shutil.rmtree(folder)


@both_levels
def test_run_that_cannot_join_its_last_network(engine, kill_step, network, broken):
    """It leaves the others again, or gc does."""
    words = run_words(engine, pod=["--net=default,broken"])
    before = state(network)
    failed = engine.rkt(*words)
    assert failed.status == 254 and "broken" in failed.stderr, failed

    def nothing_stays():
        left = state(network) - before
        assert not left, f"left behind: {left}"

    kill_at_each_step(engine, kill_step, lambda _: words, after=nothing_stays, stride=2, status=254, same_store=False,
                      choose=since_there_is_a_namespace if engine.level == "kvm" else None)
