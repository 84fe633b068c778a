# SPDX-License-Identifier: Apache-2.0
"""kill -9 of any process of a pod, at any moment, and then gc: nothing is left (checked after each test)."""

import os
import random
import signal
import time

import pytest

from harness.engine import wait_until


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def state(engine, uuid):
    for line in engine.rkt("status", uuid).stdout.splitlines():
        if line.startswith("state="):
            return line.partition("=")[2]
    return None


def test_kill_of_the_leader_ends_the_pod(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    uuid = pod.uuid
    pod.send(signal.SIGKILL)
    assert pod.wait().status == 137
    wait_until(lambda: state(engine, uuid) == "exited", "the pod's end")


def test_kill_of_the_first_process_ends_the_pod(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    uuid = pod.uuid
    first = children(pod.pid)
    os.kill(first[0] if first else pod.pid, signal.SIGKILL)
    assert pod.wait().status != 0
    wait_until(lambda: state(engine, uuid) == "exited", "the pod's end")


def test_kill_with_several_apps(engine):
    pod = engine.run_apps(["--name=a", "--", "sleep-forever"],
                          ["--name=b", "--", "print", "up", ",", "sleep-forever"], start=True).wait_for("up")
    uuid = pod.uuid
    pod.send(signal.SIGKILL)
    pod.wait()
    wait_until(lambda: state(engine, uuid) == "exited", "the pod's end")


@pytest.mark.parametrize("round", range(20))
def test_kill_during_the_start(engine, round):
    pod = engine.start("print", "up", ",", "sleep-forever",
                       pod=["--volume=v,kind=empty"], app=["--memory=50M", "--mount=volume=v,target=/v"])
    time.sleep(random.Random(round).uniform(0, 0.03))
    pod.send(signal.SIGKILL)
    pod.wait()


@pytest.mark.parametrize("round", range(5))
def test_kill_during_prepare(engine, round):
    pod = engine.start_words("prepare", f"--stage1-path={engine.stage1}", engine.default_image, "--no-overlay")
    time.sleep(random.Random(round).uniform(0, 0.02))
    pod.send(signal.SIGKILL)
    pod.wait()


@pytest.mark.parametrize("round", range(5))
def test_kill_of_gc_is_finished_by_the_next(engine, round):
    engine.run("exit", "0")
    collector = engine.start_words("gc", "--grace-period=0")
    time.sleep(random.Random(round).uniform(0, 0.01))
    collector.send(signal.SIGKILL)
    collector.wait()


def test_kill_during_fetch_leaves_the_store_intact(fresh_engine, image):
    mine = image(files={"/big": "x" * 5_000_000})
    for delay in (0.0, 0.005, 0.02):
        fetch = fresh_engine.start_words("fetch", mine)
        time.sleep(delay)
        fetch.send(signal.SIGKILL)
        fetch.wait()
    fetched = fresh_engine.rkt("fetch", mine)
    assert fetched.status == 0, fetched
    assert fresh_engine.run("exit", "0", image=fetched.stdout.split()[-1]).status == 0


def test_many_pods_at_once_leave_nothing(engine):
    pods = [engine.start("print", "up", ",", "sleep-forever") for _ in range(20)]
    for pod in pods:
        pod.wait_for("up")
    for pod in pods:
        pod.send(signal.SIGKILL)
    for pod in pods:
        pod.wait()
