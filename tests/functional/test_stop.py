# SPDX-License-Identifier: Apache-2.0
"""Stopping pods, and signals on their way to the app."""

import signal
import time

import pytest


def trap(engine, name="TERM", status=5, **options):
    return engine.start("trap", name, str(status), **options).wait_for("ready")


def test_stop_sends_sigterm_and_keeps_the_status(engine):
    pod = trap(engine)
    stopped = engine.rkt("stop", pod.uuid)
    assert stopped.status == 0, stopped
    assert pod.uuid in stopped.stdout
    result = pod.wait()
    assert result.status == 5
    assert "got TERM" in result.text


def test_an_app_that_does_not_listen_is_killed_after_its_grace(engine):
    pod = engine.start("ignore", "TERM", ",", "sleep-forever").wait_for("ready")
    start = time.monotonic()
    assert engine.rkt("stop", pod.uuid, timeout=120).status == 0
    assert pod.wait(120).status == 137
    assert time.monotonic() - start > 1


def test_force_kills_at_once(engine):
    pod = engine.start("ignore", "TERM", ",", "sleep-forever").wait_for("ready")
    start = time.monotonic()
    assert engine.rkt("stop", "--force", pod.uuid).status == 0
    assert pod.wait().status == 137
    assert time.monotonic() - start < 5


def test_all_apps_are_stopped(engine):
    pod = engine.run_apps(["--name=a", "--", "trap", "TERM", "0"], ["--name=b", "--", "trap", "TERM", "0"],
                          start=True)
    pod.wait_for("a[") if engine.level != "fly" else pod.wait_for("ready")
    time.sleep(0.3)
    assert engine.rkt("stop", pod.uuid).status == 0
    result = pod.wait()
    assert result.status == 0
    assert result.text.count("got TERM") == 2


def test_a_uuid_can_come_from_a_file(engine):
    pod = trap(engine)
    assert pod.uuid
    assert engine.rkt("stop", f"--uuid-file={pod.uuid_file}").status == 0
    assert pod.wait().status == 5


def test_several_pods_are_stopped_by_one_command(engine):
    pods = [trap(engine, status=0) for _ in range(3)]
    assert engine.rkt("stop", *[pod.uuid for pod in pods]).status == 0
    assert [pod.wait().status for pod in pods] == [0, 0, 0]


@pytest.mark.parametrize("ask", [lambda engine, pod: engine.rkt("stop", pod.uuid),
                                 lambda engine, pod: pod.send(signal.SIGTERM)], ids=["stop", "TERM"])
def test_an_app_that_its_stop_signal_ends_has_not_failed(engine, ask):
    """As in the original.  fly: the signal ends what rkt became, as it ends any program."""
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    ask(engine, pod)
    assert pod.wait().status == (128 + signal.SIGTERM if engine.level == "fly" else 0)
    if engine.level != "fly":
        assert "app-app=0\n" in engine.rkt("status", pod.uuid).stdout


def test_a_kill_is_told(engine):
    pod = engine.start("print", "up", ",", "ignore", "TERM", ",", "sleep-forever").wait_for("up")
    assert engine.rkt("stop", "--force", pod.uuid).status == 0
    assert pod.wait().status == 128 + signal.SIGKILL


def test_an_app_stopped_because_another_failed_has_not_failed(engine):
    result = engine.run_apps(["--name=a", "--", "exit", "0"],
                             ["--name=b", "--", "sleep", "300", ",", "exit", "5"],
                             ["--name=c", "--", "sleep", "20000", ",", "exit", "6"], start=True)
    assert result.wait().status == 5
    status = engine.rkt("status", result.uuid).stdout
    assert "app-a=0\n" in status and "app-b=5\n" in status and "app-c=0\n" in status


def test_a_pod_that_has_ended_is_stopped_already(engine):
    pod = engine.start("exit", "0")
    pod.wait()
    result = engine.rkt("stop", pod.uuid)
    assert result.status == 0
    assert result.stdout == f'pod "{pod.uuid}" is already stopped\n'


def test_a_uuid_that_does_not_exist_is_refused(engine):
    assert engine.rkt("stop", "01234567-89ab-4def-8123-456789abcdef").status != 0
    assert engine.rkt("stop", "../../etc").status != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_rkt_stops_the_pod(engine, number):
    if engine.level == "fly":  # the signal itself reaches the app, which has replaced rkt
        pod = trap(engine, number.name.removeprefix("SIG"))
    else:
        pod = trap(engine, "TERM")
    pod.send(number)
    assert pod.wait().status == 5


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_other_signals_are_handed_on(engine, number):
    pod = trap(engine, number.name.removeprefix("SIG"))
    pod.send(number)
    assert pod.wait().status == 5


def test_grandchildren_do_not_outlive_the_pod(engine):
    pod = engine.start("fork-orphan", "300", ",", "trap", "TERM", "0").wait_for("ready")
    assert engine.rkt("stop", pod.uuid).status == 0
    assert pod.wait(30).status == 0  # that nothing is left is checked after every test
