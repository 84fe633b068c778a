# SPDX-License-Identifier: Apache-2.0
"""Memory, CPU, processes, rlimits, OOM score."""

import os
import time

import pytest


def controller(name):
    """Whether this machine lets us limit it, by either version of cgroups."""
    if os.path.isdir(f"/sys/fs/cgroup/{name}"):
        return True
    for path in ("/sys/fs/cgroup/cgroup.controllers", "/sys/fs/cgroup/unified/cgroup.controllers"):
        if os.path.exists(path) and name in open(path).read().split():
            return True
    return False


def need(name):
    if not controller(name):
        pytest.skip(f"no {name} controller here")


def cgroup_value(engine, pod, names):
    """Values of the app's cgroup files, whichever of the names exists."""
    found = {}
    uuid = pod.uuid
    for folder, folders, files in os.walk("/sys/fs/cgroup"):
        plain = folder.replace("\\x2d", "-")
        if uuid in plain and plain.endswith("app.service"):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    found[name] = open(path).read().strip()
    return found


def test_a_memory_limit_kills_what_exceeds_it(engine):
    need("memory")
    result = engine.run("memhog", "200", app=["--memory=50M"])
    assert result.status == 137
    assert "has 200" not in result.text


def test_a_memory_limit_leaves_room_below(engine):
    need("memory")
    result = engine.run("memhog", "20", app=["--memory=50M"])
    assert result.status == 0
    assert result.text == "has 20 MiB\n"


def test_an_image_can_limit_its_memory(engine, isolated_image):
    need("memory")
    mine = isolated_image(("resource/memory", {"request": "10M", "limit": "30M"}))
    assert engine.run("memhog", "100", image=mine).status == 137


def test_a_limit_of_processes_holds(engine, isolated_image):
    need("pids")
    mine = isolated_image(("resource/pids", {"limit": "10"}))
    values = dict(word.split("=") for word in engine.run("forkbomb", "50", image=mine).text.split())
    assert values["stopped_by"] == "EAGAIN"
    assert int(values["forked"]) < 10


def processor_seconds(pod):
    """What the host has spent on the processes of a pod so far: a guest's own count has waits in it."""
    pids = set()
    for folder, _, _ in os.walk("/sys/fs/cgroup"):
        if pod.uuid in folder.replace("\\x2d", "-"):
            pids.update(open(os.path.join(folder, "cgroup.procs")).read().split())
    assert pids, pod
    ticks = 0
    for pid in pids:
        ticks += sum(map(int, open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def test_a_cpu_limit_holds(engine):
    need("cpu")
    pod = engine.start("print", "up", ",", "burn-cpu", "60000", app=["--cpu=200m"]).wait_for("up")
    before, start = processor_seconds(pod), time.monotonic()
    time.sleep(3)
    spent, passed = processor_seconds(pod) - before, time.monotonic() - start
    assert 0 < spent < 0.3 * passed, f"{spent} of {passed} s"


def test_the_values_are_in_the_cgroup_of_the_app(engine):
    need("memory")
    need("cpu")
    pod = engine.start("print", "up", ",", "sleep-forever",
                       app=["--memory=64M", "--cpu=500m", "--cpu-shares=512"]).wait_for("up")
    values = cgroup_value(engine, pod, ["memory.limit_in_bytes", "memory.max", "cpu.cfs_quota_us",
                                        "cpu.cfs_period_us", "cpu.max", "cpu.shares", "cpu.weight"])
    assert values.get("memory.limit_in_bytes") == str(64000000 // 4096 * 4096) or \
        values.get("memory.limit_in_bytes") == str(64 << 20) or \
        values.get("memory.max") in (str(64000000 // 4096 * 4096), str(64 << 20)), values
    if "cpu.cfs_quota_us" in values:
        assert 2 * int(values["cpu.cfs_quota_us"]) == int(values["cpu.cfs_period_us"])
        assert values["cpu.shares"] == "512"
    else:
        quota, period = values["cpu.max"].split()
        assert 2 * int(quota) == int(period)
        assert int(values["cpu.weight"]) < 100


def rlimits(result):
    assert result.status == 0, result
    return {name: value.split(",") for name, value in result.values().items()}


def test_limits_of_resources_are_set(engine, isolated_image):
    mine = isolated_image(("os/unix/rlimits", {"RLIMIT_NOFILE": {"soft": 64, "hard": 128},
                                               "RLIMIT_CORE": {"soft": 0, "hard": 0}}))
    limits = rlimits(engine.run("rlimits", image=mine))
    assert limits["NOFILE"] == ["64", "128"]
    assert limits["CORE"] == ["0", "0"]


def test_a_soft_limit_above_the_hard_one_is_refused(engine, isolated_image):
    mine = isolated_image(("os/unix/rlimits", {"RLIMIT_NOFILE": {"soft": 128, "hard": 64}}),
                          unchecked=True)
    result = engine.run("rlimits", image=mine)
    assert result.status != 0
    assert "RLIMIT_NOFILE" in result.stderr


def test_the_oom_score_is_adjusted(engine):
    assert engine.run("oom", app=["--oom-score-adj=500"]).text == "500\n"


@pytest.mark.parametrize("option", ["--memory=0x10", "--memory=-1", "--memory=1Q", "--cpu=abc",
                                    "--cpu=-500m", "--cpu-shares=1", "--cpu-shares=262145",
                                    "--oom-score-adj=1001", "--memory=99999999999999999999"])
def test_quantities_that_are_none_are_refused(engine, option):
    result = engine.run("print", "ran", app=[option])
    assert result.status != 0
    assert "ran" not in result.text
    assert option.partition("=")[2] in result.stderr


def test_limits_of_the_pod_bound_its_apps(engine, tmp_path):
    need("memory")
    result = engine.run_pod(tmp_path, "memhog", "200",
                            isolators=[{"name": "resource/memory", "value": {"limit": "40M"}}])
    assert result.status == 137
