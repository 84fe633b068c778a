# SPDX-License-Identifier: Apache-2.0
"""rkt stats: what the apps of running pods use."""

import json
import re
import time

COUNTED = {"cpuNs", "memoryBytes", "pids", "ioReadBytes", "ioWriteBytes"}


def stats(engine, *words):
    done = engine.rkt("stats", "--format=json", *words)
    assert done.status == 0, done
    return json.loads(done.stdout)


def start(engine, *arguments, pod=("--accounting",)):
    running = engine.start("print", "up", ",", *arguments, pod=[*pod])
    if engine.level == "fly":
        running.wait_for("up\n")
    else:
        running.wait_for("]: up")
    return running


def test_all_is_counted_when_asked_for(engine):
    pod = start(engine, "sleep", "60000")
    assert "--accounting" not in pod.result().stderr
    (found,) = stats(engine, pod.uuid)
    assert found["uuid"] == pod.uuid and found["isolator"] == engine.level
    (app,) = found["apps"]
    assert set(app) == COUNTED | {"name"} and app["name"] == "app", app
    assert app["pids"] >= 1 and app["memoryBytes"] > 0
    assert ("machine" in found) == (engine.level == "kvm")


def test_cpu_time_grows_with_work(engine):
    pod = start(engine, "burn-cpu", "60000")
    before = stats(engine, pod.uuid)[0]["apps"][0]["cpuNs"]
    time.sleep(1)
    after = stats(engine, pod.uuid)[0]["apps"][0]["cpuNs"]
    assert 100_000_000 < after - before < 10_000_000_000


def test_memory_grows_with_use(engine):
    idle = start(engine, "sleep", "60000")
    using = start(engine, "memhold", "64", "60000")
    engine_stats = [stats(engine, pod.uuid)[0]["apps"][0]["memoryBytes"] for pod in (idle, using)]
    deadline = time.monotonic() + 20
    while engine_stats[1] < engine_stats[0] + (60 << 20) and time.monotonic() < deadline:
        time.sleep(0.2)
        engine_stats[1] = stats(engine, using.uuid)[0]["apps"][0]["memoryBytes"]
    assert engine_stats[1] > engine_stats[0] + (60 << 20)


def test_apps_are_counted_apart(engine):
    pod = engine.run_apps(["--name=busy", "--", "print", "up", ",", "burn-cpu", "60000"],
                          ["--name=idle", "--", "sleep", "60000"], pod=["--accounting"], start=True)
    pod.wait_for("]: up")
    time.sleep(1)
    busy, idle = stats(engine, pod.uuid)[0]["apps"]
    assert (busy["name"], idle["name"]) == ("busy", "idle")
    assert busy["cpuNs"] > 2 * idle["cpuNs"]


def test_processes_are_counted_without_being_asked(engine):
    pod = start(engine, "sleep", "60000", pod=())
    (app,) = stats(engine, pod.uuid)[0]["apps"]
    assert app["pids"] >= 1
    assert set(app) - {"name"} <= COUNTED


def test_all_that_run_are_shown_when_none_is_named(engine):
    first = start(engine, "sleep", "60000", pod=["--pod-name=first"])
    second = start(engine, "sleep", "60000", pod=())
    ended = engine.start("exit", "0")
    ended.wait()
    found = {pod["uuid"]: pod.get("podName") for pod in stats(engine)}
    assert found == {first.uuid: "first", second.uuid: None}
    table = engine.rkt("stats").stdout.splitlines()
    assert table[0].split("\t")[0].strip() == "UUID"
    assert {line[:8] for line in table[1:]} - {" " * 8} >= {first.uuid[:8], second.uuid[:8]} - {""}


def test_prometheus_reads_it(engine):
    pod = start(engine, "sleep", "60000", pod=["--accounting", "--pod-name=watched"])
    text = engine.rkt("stats", "--format=prometheus", "watched").stdout
    label = f'pod="{pod.uuid}",pod_name="watched",app="app"'
    assert re.search(rf"^rkt_app_cpu_seconds_total\{{{label}\}} \d+\.\d{{9}}$", text, re.M)
    assert re.search(rf"^rkt_app_memory_bytes\{{{label}\}} \d+$", text, re.M)
    for line in text.splitlines():
        assert re.match(r"^(# (HELP|TYPE) \w+ .+|\w+\{[^}]*\} [0-9.]+)$", line), line
    assert ("rkt_machine_memory_bytes{" in text) == (engine.level == "kvm")


def test_a_pod_that_does_not_run_is_named(engine):
    ended = engine.start("exit", "0")
    ended.wait()
    refused = engine.rkt("stats", ended.uuid)
    assert refused.status == 254
    assert f'pod "{ended.uuid}": it is not running' in refused.stderr
    unknown = engine.rkt("stats", "nobody")
    assert unknown.status == 254 and 'no matches found for "nobody"' in unknown.stderr
