# SPDX-License-Identifier: Apache-2.0
"""
Many pods join and leave networks at once, killed at any moment, while gc runs: no address twice, none lost.

RKT_FAULT_ALL=1: a thousand of them.
"""

import os
import random
import re
import signal
import subprocess
import time

import pytest

from harness.engine import wait_until
from harness.plugin_network import OwnNetwork, run

PODS = 1008 if os.environ.get("RKT_FAULT_ALL") == "1" else 96
AT_ONCE = 24
START_S = 0.03  # about what one takes
FATES = ["killed while it starts", "killed", "stopped", "stopped"]
one_level = pytest.mark.parametrize("level", ["coreos"], scope="session")


@pytest.fixture(autouse=True)
def network():
    with OwnNetwork() as own:
        yield own


def state(network):
    return network.state() | set(run("nft", "list", "ruleset").splitlines())


class Pod:
    def __init__(self, engine, fate):
        self.fate = fate
        self.address = None
        words = ["run", f"--stage1-path={engine.stage1}", "--net=default", engine.default_image, "--name=app",
                 "--exec=/probe", "--", "addresses", ",", "sleep-forever"]
        self.process = subprocess.Popen(engine.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def settle(self, chance):
        if self.fate == FATES[0]:
            time.sleep(chance.uniform(0, START_S))
            self.process.kill()
            return
        said = []
        for line in self.process.stdout:
            said.append(line)
            found = re.search(r"eth0 (172\.16\.28\.\d+)", line)
            if found:
                self.address = found[1]
                return
        raise AssertionError(said)

    def end(self):
        self.process.send_signal(signal.SIGTERM if self.fate == "stopped" else signal.SIGKILL)
        self.process.stdout.close()
        self.process.wait(timeout=60)


@one_level
def test_no_address_is_given_twice_or_lost(engine, network):
    chance = random.Random(28)
    collect = engine.command(["gc", "--grace-period=0s"])
    assert engine.run("exit", "0", pod=["--net=default"]).status == 0  # makes what stays
    engine.aftermath.check(same_store=False)
    before = state(network)
    alive = []
    for _ in range(PODS // AT_ONCE):
        new = [Pod(engine, chance.choice(FATES)) for _ in range(AT_ONCE)]
        gc = subprocess.Popen(collect, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for pod in new:
            pod.settle(chance)
        held = [pod.address for pod in alive + new if pod.address]
        assert len(held) == len(set(held)), sorted(held)
        for pod in alive:
            pod.end()
        alive = new
        complaints = gc.communicate(timeout=120)[1]
        assert gc.returncode == 0, complaints
    for pod in alive:
        pod.end()
    wait_until(lambda: subprocess.run(collect, capture_output=True, timeout=120).returncode == 0 and
               not state(network) - before, "nothing to be left")
    engine.aftermath.check(same_store=False)
