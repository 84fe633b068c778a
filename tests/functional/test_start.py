# SPDX-License-Identifier: Apache-2.0
"""rkt start: a pod that has ended runs again."""

import os
import signal

from harness.engine import wait_until


def test_a_pod_runs_again_as_it_did(engine):
    first = engine.start("print", "hello", ",", "cwd", ",", "exit", "7",
                         pod=["--hostname=again", engine.quiet_network], app=["--working-dir=/proc"])
    assert first.wait().status == 7
    again = engine.rkt("start", first.uuid)
    assert again.status == 7, again
    assert again.text == first.result().text
    assert again.text.splitlines() == ["hello", "cwd=/proc"] or "/proc" in again.text
    assert engine.rkt("start", first.uuid).status == 7


def test_what_was_written_is_still_there(engine):
    pod = engine.start("append", "/count", "x", ",", "cat", "/count", pod=[engine.quiet_network])
    assert pod.wait().content == "x"
    again = engine.rkt("start", pod.uuid)
    assert again.status == 0, again
    assert again.content == "xx"
    assert "warning" not in again.stderr


def test_an_empty_volume_keeps_its_content(engine, image):
    pod = engine.start("append", "/data/count", "x", ",", "cat", "/data/count",
                       pod=["--volume=data,kind=empty", "--mount=volume=data,target=/data",
                            engine.quiet_network])
    assert pod.wait().content == "x"
    again = engine.rkt("start", pod.uuid)
    assert again.status == 0, again
    assert again.content == "xx"


def test_it_is_running_while_it_runs_and_exited_afterwards(engine):
    pod = engine.start("exit", "3")
    pod.wait()
    again = engine.start_words("start", pod.uuid)
    again.wait()
    status = engine.rkt("status", pod.uuid).stdout
    assert "exited=true" in status and "state=exited" in status
    assert ("app-app=3" in status) == (engine.level != "fly")


def test_a_pod_that_runs_is_refused(engine):
    pod = engine.start("print", "up", ",", "sleep", "60000", pod=["--pod-name=busy"])
    pod.wait_for("up")
    refused = engine.rkt("start", "busy")
    assert refused.status == 254
    assert f'pod "{pod.uuid}" is running' in refused.stderr
    engine.rkt("stop", "--force", pod.uuid)
    pod.wait()
    assert engine.rkt("rm", pod.uuid).status == 0


def test_a_pod_that_has_not_run_is_refused(engine):
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}",
                          engine.default_image, "--exec=/probe")
    refused = engine.rkt("start", prepared.stdout.strip())
    assert refused.status == 254 and "it is prepared" in refused.stderr
    unknown = engine.rkt("start", "nobody")
    assert unknown.status == 254 and 'no matches found for "nobody"' in unknown.stderr


def test_a_prepared_pod_runs_again_as_run_prepared_said(engine):
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}",
                          engine.default_image, "--exec=/probe", "--", "hostname")
    uuid = prepared.stdout.strip()
    words = [engine.quiet_network, "--hostname=later"]
    first = engine.rkt("run-prepared", *words, uuid)
    again = engine.rkt("start", uuid)
    assert again.status == first.status == 0, again
    assert again.text == first.text


def test_a_killed_pod_starts_again(engine):
    pod = engine.start("print", "up", ",", "sleep", "60000", pod=[engine.quiet_network])
    pod.wait_for("up")
    os.kill(pod.pid, signal.SIGKILL)
    pod.wait()
    again = engine.start_words("start", pod.uuid)
    again.wait_for("up")
    assert "state=running" in engine.rkt("status", pod.uuid).stdout
    assert engine.rkt("stop", pod.uuid).status == 0
    again.wait()


def test_the_log_goes_on(engine):
    pod = engine.run_apps(["--name=a", "--", "print", "hello"], ["--name=b", "--", "print", "you"],
                          start=True)
    pod.wait()
    assert engine.rkt("start", pod.uuid).status == 0
    assert engine.rkt("logs", "--app=a", pod.uuid).stdout == "hello\nhello\n"


def test_a_root_of_somebody_stays_as_it_is(engine, image):
    """Also when the pod was killed: what that has left on a disk is in nobody's way."""
    mine = image(directories={"/": (0o1751, 7, 8)})
    pod = engine.start("stat", "/", ",", "append", "/tmp/count", "x", ",", "print", "up", ",", "sleep", "60000",
                       pod=[engine.quiet_network], image=mine).wait_for("up")
    uuid = pod.uuid
    for _ in range(3):
        assert "mode=1751 uid=7 gid=8" in pod.result().text, pod
        pod.send(signal.SIGKILL)
        pod.wait()
        wait_until(lambda: "exited=true" in engine.rkt("status", uuid).stdout, pod)
        pod = engine.start_words("start", uuid).wait_for("up")
    assert "mode=1751 uid=7 gid=8" in pod.result().text, pod
    pod.send(signal.SIGKILL)
    pod.wait()
