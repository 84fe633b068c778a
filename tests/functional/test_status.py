# SPDX-License-Identifier: Apache-2.0
"""rkt status, list, cat-manifest, rm, gc."""

import json
import os
import threading
import time


def status(engine, uuid, *options):
    result = engine.rkt("status", *options, uuid)
    assert result.status == 0, result
    return dict(line.split("=", 1) for line in result.stdout.splitlines())


def test_a_running_pod_is_running(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    values = status(engine, pod.uuid)
    assert values["state"] == "running"
    assert values["exited"] == "false"
    assert int(values["pid"]) > 0
    assert os.path.exists(f"/proc/{values['pid']}")


def test_an_exited_pod_is_exited(engine):
    pod = engine.start("exit", "3")
    pod.wait()
    values = status(engine, pod.uuid)
    assert values["state"] == "exited"
    assert values["exited"] == "true"


def test_the_exit_status_is_kept(engine):
    pod = engine.start("exit", "3")
    pod.wait()
    assert status(engine, pod.uuid)["app-app"] == "3"


def test_json_says_the_same(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    for form in ("json", "json-pretty"):
        value = json.loads(engine.rkt("status", f"--format={form}", pod.uuid).stdout)
        assert value["name"] == pod.uuid
        assert value["state"] == "running"
        assert value["app_names"] == ["app"]
        assert isinstance(value["started_at"], int)


def test_waiting_ends_with_the_pod(engine):
    pod = engine.start("trap", "TERM", "4").wait_for("ready")
    threading.Timer(0.5, lambda: engine.rkt("stop", pod.uuid)).start()
    start = time.monotonic()
    values = status(engine, pod.uuid, "--wait")
    assert values["state"] == "exited"
    assert time.monotonic() - start > 0.3
    assert pod.wait().status == 4


def test_waiting_can_time_out(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    start = time.monotonic()
    result = engine.rkt("status", "--wait=300ms", pod.uuid)
    assert time.monotonic() - start < 5
    assert "state=running" in result.stdout or result.status != 0


def test_a_ready_pod_is_ready(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    assert status(engine, pod.uuid, "--wait-ready=10s")["state"] == "running"


def rows(engine, *options):
    result = engine.rkt("list", "--no-legend", "--full", *options)
    assert result.status == 0, result
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_list_shows_pods_and_their_apps(engine):
    pod = engine.run_apps(["--name=one", "--", "sleep-forever"], ["--name=two", "--", "print", "up", ",", "sleep-forever"],
                          start=True).wait_for("up")
    text = engine.rkt("list", "--full").stdout
    assert text.splitlines()[0].split()[:2] == ["UUID", "APP"]
    assert pod.uuid in text and "one" in text and "two" in text and "running" in text
    value = json.loads(engine.rkt("list", "--format=json").stdout)
    (mine,) = [entry for entry in value if entry["name"] == pod.uuid]
    assert mine["app_names"] == ["one", "two"]
    assert mine["state"] == "running"


def test_list_of_an_empty_directory(fresh_engine):
    result = fresh_engine.rkt("list")
    assert result.status == 0
    assert len(result.stdout.splitlines()) <= 1
    assert json.loads(fresh_engine.rkt("list", "--format=json").stdout or "[]") in ([], None)


def test_a_manifest_can_be_printed(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    manifest = json.loads(engine.rkt("cat-manifest", pod.uuid).stdout)
    assert manifest["acKind"] == "PodManifest"
    assert manifest["apps"][0]["name"] == "app"


def test_rm_removes_an_exited_pod_only(engine):
    pod = engine.start("trap", "TERM", "0").wait_for("ready")
    assert engine.rkt("rm", pod.uuid).status != 0
    assert status(engine, pod.uuid)["state"] == "running"
    assert engine.rkt("stop", pod.uuid).status == 0
    pod.wait()
    removed = engine.rkt("rm", pod.uuid)
    assert removed.status == 0 and pod.uuid in removed.stdout
    assert engine.rkt("status", pod.uuid).status != 0


def test_gc_leaves_running_pods_alone(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    assert engine.rkt("gc", "--grace-period=0").status == 0
    assert status(engine, pod.uuid)["state"] == "running"


def test_gc_has_patience(engine):
    pod = engine.start("exit", "0")
    pod.wait()
    assert engine.rkt("gc", "--grace-period=1h").status == 0
    assert status(engine, pod.uuid)["state"] in ("exited", "exited garbage")
    assert engine.rkt("gc", "--grace-period=0").status == 0
    assert engine.rkt("status", pod.uuid).status != 0
    assert engine.rkt("gc", "--grace-period=0").status == 0
