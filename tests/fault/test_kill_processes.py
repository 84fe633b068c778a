# SPDX-License-Identifier: Apache-2.0
"""kill -9 of any process of living pods, at moments that nobody chose: nothing outlives its pod."""

import os
import random
import signal
import subprocess
import threading
import time

import pytest

from aftermath import read
from harness.engine import wait_until

HANDLED = {"eventHandlers": [
    {"name": "pre-start", "exec": ["/probe", "print", "before", ",", "sleep", "20"]},
    {"name": "post-stop", "exec": ["/probe", "print", "after", ",", "sleep", "20"]}]}
UP = ["print", "up", ",", "sleep-forever"]


def children(pid):
    return [int(word) for word in read(f"/proc/{pid}/task/{pid}/children").split()]


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def alive(pid):
    return ") Z " not in (read(f"/proc/{pid}/stat") or ") Z ")


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def statuses(engine, uuid):
    """app-NAME=STATUS lines of rkt status."""
    lines = engine.rkt("status", uuid).stdout.splitlines()
    return dict(line[4:].split("=") for line in lines if line.startswith("app-"))


def state(engine, uuid):
    lines = engine.rkt("status", uuid).stdout.splitlines()
    return next((line[6:] for line in lines if line.startswith("state=")), None)


def start_three(engine, **options):
    pod = engine.run_apps(["--name=one", "--", "fork-orphan", "1000", ",", *UP],
                          ["--name=two", "--", *UP], ["--name=three", "--", *UP], start=True)
    wait_until(lambda: pod._read("out").count("up") == 3, pod, process=pod.process)
    return pod


def test_the_leader(engine):
    pod = start_three(engine)
    uuid = pod.uuid
    programs = [pid for pid in descendants(pod.pid) if "AC_APP_NAME=" in read(f"/proc/{pid}/environ")]
    mains = [pid for pid in programs if os.getsid(pid) == pid]
    assert len(mains) == 3 and len(programs) == 4
    kill(pod.pid)
    assert pod.wait().status == 137
    wait_until(lambda: state(engine, uuid) == "exited", "the end of the pod")
    # The apps end with whoever runs them; what they left to themselves has no one at the fly level but gc.
    wait_until(lambda: not any(alive(pid) for pid in mains), "the end of the apps")
    if engine.level == "fly":
        engine.aftermath.collect()
    engine.aftermath.wait_for_the_end()


def test_an_app_of_three(engine):
    pod = start_three(engine)
    uuid = pod.uuid
    two = next(pid for pid in descendants(pod.pid)
               if "AC_APP_NAME=two" in read(f"/proc/{pid}/environ").split("\0"))
    kill(two)
    assert pod.wait().status == 137, pod  # an app that fails ends its pod
    assert statuses(engine, uuid)["two"] == "137"


def test_the_only_app(engine):
    pod = engine.start("fork-orphan", "1000", ",", *UP).wait_for("up")
    uuid = pod.uuid
    app = pod.pid if engine.level == "fly" else next(
        pid for pid in descendants(pod.pid)
        if "AC_APP_NAME=app" in read(f"/proc/{pid}/environ").split("\0"))
    kill(app)
    assert pod.wait().status == 137
    if engine.level == "coreos":
        assert statuses(engine, uuid) == {"app": "137"}
        return
    # The orphan is the pod now: it lives on, as gc sees, until it is stopped.
    engine.aftermath.collect()
    assert state(engine, uuid) == "running"
    assert engine.rkt("stop", uuid).status == 0
    engine.aftermath.wait_for_the_end()


@pytest.mark.parametrize("event", ["pre-start", "post-stop"])
@pytest.mark.parametrize("victim", ["leader", "handler", "first"])
def test_during_an_event_handler(engine, image, event, victim):
    handlers = [handler for handler in HANDLED["eventHandlers"] if handler["name"] == event]
    pod = engine.start("exit", "0", image=image(eventHandlers=handlers))
    pod.wait_for("before" if event == "pre-start" else "after")
    family = descendants(pod.pid)
    kill({"leader": pod.pid, "handler": family[-1], "first": family[0]}[victim])
    status = pod.wait().status
    if victim == "leader":
        assert status == 137
    elif event == "pre-start":  # it must succeed, or there is no app
        assert status != 0


@pytest.mark.parametrize("user", ["0", "1000"])
def test_enter(engine, user):
    pod = engine.start(*UP, app=[f"--user={user}", f"--group={user}"]).wait_for("up")
    with open(os.path.join(pod.folder, "entered"), "wb+") as output:
        entering = subprocess.Popen(
            engine.command(["enter", pod.uuid, "/probe", "print", "entered", ",", "sleep-forever"]),
            stdin=subprocess.DEVNULL, stdout=output)
        wait_until(lambda: "entered" in read(output.name), "enter", process=entering)
    program = descendants(entering.pid)
    assert len(program) == 1
    kill(entering.pid)
    assert entering.wait() == -signal.SIGKILL
    wait_until(lambda: read(f"/proc/{program[0]}/stat") == "" or
               ") Z " in read(f"/proc/{program[0]}/stat"), "what enter started")
    assert pod.process.poll() is None
    assert state(engine, pod.uuid) == "running"


@pytest.mark.parametrize("round", range(15))
def test_anybody_at_any_moment(engine, image, round):
    """A pod is starting, running or ending; one of its processes, whichever, is killed."""
    chance = random.Random(round)
    handled = image(eventHandlers=[
        {"name": "pre-start", "exec": ["/probe", "sleep", "5"]},
        {"name": "post-stop", "exec": ["/probe", "sleep", "5"]}])
    words = ["run", "--uuid-file-save=@UUID_FILE@", f"--stage1-path={engine.stage1}"]
    pod = engine.start_words(*words, handled, "--name=one", "--exec=/probe", "--", "sleep", "10",
                             "---", handled, "--name=two", "--exec=/probe", "--", "fork-orphan", "1000")
    time.sleep(chance.uniform(0, 0.06))
    for _ in range(chance.randint(1, 2)):
        kill(chance.choice([pod.pid, *descendants(pod.pid)]))
        time.sleep(chance.uniform(0, 0.005))
    pod.kill()


def test_thirty_pods_killed_in_parallel(engine):
    chance = random.Random(30)
    pods = [engine.start("fork-orphan", "1000", ",", *UP, pod=["--net=host"]) for _ in range(30)]
    deadline = time.monotonic() + 60
    while alive := [pod for pod in pods if pod.process.poll() is None]:
        pod = chance.choice(alive)
        if "up" in pod._read("out") or chance.random() < 0.1:
            kill(chance.choice([pod.pid, *descendants(pod.pid)]))
        assert time.monotonic() < deadline


def test_gc_takes_no_living_pod(engine):
    """gc all the time, while pods are made, run and end."""
    stop = threading.Event()
    failed = []

    def collect():
        while not stop.is_set():
            done = engine.rkt("gc", "--grace-period=0s", "--expire-prepared=1h")
            if done.status != 0:
                failed.append(done)

    collectors = [threading.Thread(target=collect) for _ in range(2)]
    for thread in collectors:
        thread.start()
    try:
        for round in range(12):
            pods = [engine.start("sleep", "100", ",", "exit", "7", pod=["--net=host"]) for _ in range(4)]
            prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}",
                                  engine.default_image, "--exec=/probe", "--", "exit", "3")
            assert prepared.status == 0, prepared
            ran = engine.rkt("run-prepared", "--net=host", prepared.stdout.strip())
            assert ran.status == 3, ran
            for pod in pods:
                result = pod.wait()
                assert result.status == 7, result
    finally:
        stop.set()
        for thread in collectors:
            thread.join()
    assert not failed, failed[0]
