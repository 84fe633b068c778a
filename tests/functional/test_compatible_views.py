# SPDX-License-Identifier: Apache-2.0
"""What an app with CAP_SYS_PTRACE finds at PID 1, as the functional tests of rkt 1.30 look for it."""

import os

import pytest

# Not everywhere may root look at PID 1 of the host, which is fly's as well.
HOST_CLOSED = not os.access("/proc/1/root/", os.R_OK)
MAY_LOOK = ["--caps-retain=CAP_SYS_PTRACE"]


def test_its_mounts_are_not_those_of_pid_1(engine):
    if engine.level == "fly" and HOST_CLOSED:
        return
    result = engine.run("readlink", "/proc/self/ns/mnt", ",", "readlink", "/proc/1/ns/mnt", app=MAY_LOOK)
    own, first = result.text.splitlines()
    assert own.startswith("mnt:[") and first.startswith("mnt:[") and own != first


@pytest.mark.parametrize("words,option,value", [
    (["memory", "memory.limit_in_bytes"], "--memory=50M", 50000000 // 4096 * 4096),
    (["cpu", "cpu.cfs_quota_us"], "--cpu=500m", 50000),
    (["cpu", "cpu.shares"], "--cpu-shares=512", 512),
], ids=lambda words: words[1] if isinstance(words, list) else "")
def test_its_limits_are_below_the_root_of_pid_1(engine, words, option, value):
    """Of cgroup v1 only: on v2 /sys/fs/cgroup of each app shows what is its own."""
    if not os.path.isdir(f"/sys/fs/cgroup/{words[0]}") or engine.level == "fly" and HOST_CLOSED:
        return
    result = engine.run("limit", *words, app=[*MAY_LOOK, option])
    if engine.level == "kvm":
        # The guest has a kernel of its own, with cgroups of v2.
        assert (result.status, result.text) == (1, "")
    else:
        assert result.text == f"{value}\n", result


@pytest.mark.parametrize("option", [MAY_LOOK, []], ids=["may look", "may not"])
def test_nothing_can_be_written_by_that_way(engine, option):
    if engine.level == "fly" and option and not HOST_CLOSED:
        return  # fly's PID 1 is the host's: an app that may trace it is the host
    result = engine.run("write", "/proc/1/root/sys/fs/cgroup/memory/notify_on_release", "1", app=option)
    assert result.status == 1


CAP_KILL, CAP_NET_ADMIN, CAP_MKNOD = 5, 12, 27


@pytest.mark.levels("coreos", "kvm")
@pytest.mark.parametrize("option,there,gone", [
    ([], [CAP_MKNOD], [CAP_NET_ADMIN]),
    (["--caps-retain=CAP_NET_ADMIN"], [CAP_NET_ADMIN], [CAP_MKNOD]),
    (["--caps-remove=CAP_KILL"], [CAP_MKNOD], [CAP_KILL, CAP_NET_ADMIN]),
], ids=["default", "retain", "remove"])
def test_pid_1_can_give_no_more_than_apps_have(engine, option, there, gone):
    result = engine.run("cat", "/proc/1/status", app=option)
    bounding = next(int(line.split()[1], 16) for line in result.text.splitlines() if line.startswith("CapBnd:"))
    assert all(bounding >> number & 1 for number in there), result
    assert not any(bounding >> number & 1 for number in gone), result
