# SPDX-License-Identifier: Apache-2.0
"""kill -9 at each step of joining and leaving networks: gc leaves no interface, rule, lease or name."""

import pytest

from harness.plugin_network import OwnNetwork, run
from test_kill_steps import kill_at_each_step, one_level, run_words


@pytest.fixture(scope="module", autouse=True)
def network():
    with OwnNetwork() as own:
        yield own


def state(network):
    return network.state() | set(run("nft", "list", "ruleset").splitlines())


@one_level
@pytest.mark.parametrize("flags", [["--net=default"], ["--net=default", "--port=web:8080"]], ids=["default", "port"])
def test_run_in_a_network(engine, kill_step, network, image, flags):
    path = image(ports=[{"name": "web", "protocol": "tcp", "port": 80, "count": 1, "socketActivated": False}])
    assert engine.rkt("fetch", path).status == 0
    words = run_words(engine, pod=flags)
    words[words.index(engine.default_image)] = path
    before = state(network)

    def nothing_stays():
        left = state(network) - before
        assert not left, f"left behind: {left}"

    kill_at_each_step(engine, kill_step, lambda _: words, after=nothing_stays, stride=4, same_store=False)
    assert engine.rkt(*words).status == 0
