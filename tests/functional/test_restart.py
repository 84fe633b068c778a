# SPDX-License-Identifier: Apache-2.0
"""--restart: apps that end are started again."""

import json
import re
import time


def count(pod):
    return pod.result().stdout.count("tick\n")


def wait_for_ticks(pod, n, timeout=60):
    deadline = time.monotonic() + timeout
    while count(pod) < n:
        assert time.monotonic() < deadline and pod.process.poll() is None, pod
        time.sleep(0.05)


def test_an_app_that_fails_is_started_again(engine):
    pod = engine.start("print", "tick", ",", "exit", "3",
                       pod=["--restart=on-failure", engine.quiet_network])
    wait_for_ticks(pod, 3)
    assert "ended with status 3 and is started again in 100 ms" in pod.result().stderr
    assert "--restart" not in pod.result().stderr
    lines = engine.rkt("status", pod.uuid).stdout.splitlines()
    (restarts,) = [int(line.split("=")[1]) for line in lines if line.startswith("restarts-app=")]
    assert restarts >= 2
    (app,) = json.loads(engine.rkt("status", "--format=json", pod.uuid).stdout)["apps"]
    assert app["restarts"] >= 2 and app["state"] == "running"
    assert engine.rkt("stop", pod.uuid).status == 0
    assert pod.wait().status == 3
    assert "exited=true" in engine.rkt("status", pod.uuid).stdout


def test_times_between_starts_grow(engine):
    pod = engine.start("print", "tick", ",", "exit", "1",
                       pod=["--restart=on-failure", engine.quiet_network])
    wait_for_ticks(pod, 5)
    engine.rkt("stop", "--force", pod.uuid)
    pod.wait()
    times = [int(t) for t in re.findall(r"started again in (\d+) ms", pod.result().stderr)]
    assert times[:4] == [100, 200, 400, 800]


def test_an_app_that_ends_well_is_left_alone_on_failure_only(engine):
    assert engine.run("exit", "0", pod=["--restart=on-failure"]).status == 0
    pod = engine.start("print", "tick", ",", "exit", "0",
                       pod=["--restart=always", engine.quiet_network])
    wait_for_ticks(pod, 2)
    assert engine.rkt("stop", pod.uuid).status == 0
    assert pod.wait().status == 0


def test_what_it_has_written_is_still_there(engine):
    pod = engine.start("append", "/count", "x", ",", "cat", "/count", ",", "print", "tick", ",",
                       "exit", "1", pod=["--restart=on-failure", engine.quiet_network])
    wait_for_ticks(pod, 3)
    engine.rkt("stop", "--force", pod.uuid)
    pod.wait()
    assert "xxx" in pod.result().stdout


def test_a_program_that_does_not_exist_ends_the_pod(engine):
    result = engine.run(execute="/nowhere", pod=["--restart=always"])
    assert result.status == 127
    assert "started again" not in result.stderr


def test_only_the_app_that_ended_is_started_again(engine):
    pod = engine.run_apps(["--name=falls", "--", "print", "tick", ",", "exit", "1"],
                          ["--name=stays", "--", "print", "stays up", ",", "sleep", "60000"],
                          pod=["--restart=on-failure"], start=True)
    wait_for_ticks(pod, 3)
    assert pod.result().stdout.count("stays up") == 1
    status = engine.rkt("status", pod.uuid).stdout
    assert "restarts-falls=" in status and "restarts-stays=" not in status
    assert engine.rkt("stop", pod.uuid).status == 0
    pod.wait()


def test_all_starts_are_in_one_log(engine):
    pod = engine.start("print", "tick", ",", "exit", "1",
                       pod=["--restart=on-failure", engine.quiet_network])
    wait_for_ticks(pod, 3)
    engine.rkt("stop", "--force", pod.uuid)
    pod.wait()
    logs = engine.rkt("logs", pod.uuid)
    assert logs.stdout.count("tick\n") == count(pod)
    assert "started again in 100 ms" in logs.stderr


def test_a_policy_that_is_none_is_refused(engine):
    refused = engine.run("exit", "0", pod=["--restart=maybe"])
    assert refused.status == 254 and "--restart" in refused.stderr
