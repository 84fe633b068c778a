# SPDX-License-Identifier: Apache-2.0
"""What a pod leaves behind when nothing should remain of it."""

import glob
import os
import time

from harness.engine import PATIENCE

SETTLE_S = 5 * PATIENCE  # namespaces are torn down by the kernel after the last process has gone


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="surrogateescape")
    except OSError:
        return ""


def _mounts(data):
    return {f"mount: {line}" for line in _read("/proc/self/mountinfo").splitlines() if data in line}


def _cgroups(uuids):
    found = set()
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        for name in names:
            plain = name.replace("\\x2d", "-")
            if any(uuid in plain for uuid in uuids):
                found.add(f"cgroup: {os.path.join(folder, name)}")
    return found


def _is_of_pod(folder, data):
    """By its command line, its working directory, or an overlay of ours among its mounts."""
    if data in _read(f"{folder}/cmdline"):
        return True
    try:
        if os.readlink(f"{folder}/cwd").startswith(data):
            return True
    except OSError:
        pass
    return data in _read(f"{folder}/mountinfo")


def _processes(data):
    found = set()
    for folder in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(folder))
        if pid != os.getpid() and _is_of_pod(folder, data):
            name = _read(f"{folder}/comm").strip()
            state = _read(f"{folder}/stat").rpartition(")")[2].split()[:1]
            found.add(f"process: {pid} {name} {state}")
    return found


def _network_namespaces(uuids):
    return {f"netns: {path}" for path in glob.glob("/run/netns/*") + glob.glob("/var/run/netns/*")
            if any(uuid in path for uuid in uuids)}


def _leases(uuids):
    return {f"lease: {path}" for path in glob.glob("/var/lib/cni/networks/*/*")
            if any(uuid in _read(path) for uuid in uuids)}


def _pod_directories(data):
    found = set()
    for path in glob.glob(os.path.join(data, "pods", "*", "*")):
        if os.path.isdir(path):
            found.add(f"pod: {path}")
    return found


def look(data, uuids):
    return (_mounts(data) | _cgroups(uuids) | _processes(data) | _network_namespaces(uuids) |
            _leases(uuids) | _pod_directories(data))


def check_none(engine):
    """
    Collects, and fails when something is still there after a while: a pod that was killed has
    its lock until its last process has ended, and gc leaves it alone as long.
    """
    end = time.monotonic() + SETTLE_S
    while True:
        collected = engine.collect()
        assert collected.status == 0, collected
        left = look(engine.data, engine.uuids)
        if not left or time.monotonic() > end:
            break
        time.sleep(0.05)
    assert not left, "left behind:\n" + "\n".join(sorted(left))
