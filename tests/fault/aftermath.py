# SPDX-License-Identifier: Apache-2.0
"""What is left when a pod is over and rkt gc has run: nothing."""

import glob
import os
import re
import signal
import time

from harness.engine import UUID, wait_until

SETTLE_S = 5
# Bookkeeping that comes with the first use and stays: what was imported from where, a few locks.
KEPT = ("cas/sources", "cas/lock-", "pods/users/lock")
HIERARCHIES = "/sys/fs/cgroup"


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="surrogateescape")
    except OSError:
        return ""


def mounts():
    """This namespace's mounts, without the ids, which count on."""
    return sorted(" ".join(line.split()[2:]) for line in read("/proc/self/mountinfo").splitlines())


def reap():
    """Ended children are taken; whether any live on (we are the reaper of all that pods leave)."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def children():
    """pid and command line of each child, for a message."""
    found = []
    for path in glob.glob(f"/proc/{os.getpid()}/task/*/children"):
        for pid in read(path).split():
            words = read(f"/proc/{pid}/cmdline").replace("\0", " ")
            found.append(f"{pid} {read(f'/proc/{pid}/comm').strip()} {words}")
    return found


def kill_children():
    """So that one failed test fails no other."""
    while reap():
        for child in children():
            os.kill(int(child.split()[0]), signal.SIGKILL)
        time.sleep(0.01)


def tree(folder):
    """All paths below a directory that are not inside an extracted image, nor fan-out directories."""
    found = set()
    for at, folders, files in os.walk(folder):
        if os.path.dirname(at) == os.path.join(folder, "cas/tree"):
            folders.clear()
        found.update(os.path.relpath(os.path.join(at, name), folder) for name in folders + files)
    return {path for path in found if not re.fullmatch("cas/image/[0-9a-f]{2}", path)}


def usual_places():
    """Where rkt makes pods' control groups: in the caller's own, of each hierarchy."""
    own = {line.partition(":")[2].partition(":")[2] for line in read("/proc/self/cgroup").splitlines()}
    for hierarchy in {HIERARCHIES, *(entry.path for entry in os.scandir(HIERARCHIES) if entry.is_dir())}:
        for place in {hierarchy + path.rstrip("/") for path in own | {"/"}}:
            if os.path.isdir(place):
                yield place, [entry.name for entry in os.scandir(place) if entry.is_dir()], []


def cgroups(uuids, anywhere):
    """Control groups named by a pod."""
    found = []
    for folder, names, _ in os.walk(HIERARCHIES) if anywhere else usual_places():
        for name in names:
            ours = UUID.search(name.replace("\\x2d", "-"))
            if ours and ours.group() in uuids:
                found.append(os.path.join(folder, name))
    return found


class Aftermath:
    """The host and a data directory as they were, to be compared with how they are."""

    def __init__(self, engine):
        self.engine = engine
        self.uuids = set()
        self.past_uuids = set()
        self.mounts = mounts()
        self.tree = tree(engine.data)
        self.netns = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []

    def wait_for_the_end(self):
        """All processes of all pods are gone, without being told."""
        end = time.monotonic() + SETTLE_S
        while reap():
            if time.monotonic() > end:
                left = children()
                kill_children()
                raise AssertionError(f"still running: {left}")
            time.sleep(0.001)

    def note(self):
        self.engine.note_uuids()
        self.uuids.update(self.engine.uuids)
        self.engine.uuids.clear()

    def collect(self):
        self.note()
        collected = self.engine.rkt("gc", "--grace-period=0s", "--expire-prepared=0s")
        assert collected.status == 0, collected
        return collected

    def stop_all(self):
        for uuid in os.listdir(os.path.join(self.engine.data, "pods/run")):
            self.engine.rkt("stop", "--force", uuid)

    def problems(self, same_store=True, anywhere=False):
        """
        What is not as before.  same_store: nor may an image have come or gone; anywhere: look
        for the control groups of all pods so far, and not only where they should have been.
        """
        found = [f"mount: {line}" for line in mounts() if line not in self.mounts]
        found += [f"mount gone: {line}" for line in self.mounts if line not in mounts()]
        found += [f"cgroup: {path}" for path in
                  cgroups(self.uuids | (self.past_uuids if anywhere else set()), anywhere)]
        now = tree(self.engine.data)
        found += [f"file: {path}" for path in sorted(now - self.tree)
                  if not path.startswith(KEPT) and path != "pods/users" and
                  (same_store or not path.startswith("cas/") or path.startswith("cas/tmp/") or
                   os.path.basename(path).startswith("."))]
        if same_store:
            found += [f"file gone: {path}" for path in sorted(self.tree - now)]
        netns = sorted(os.listdir("/run/netns")) if os.path.isdir("/run/netns") else []
        found += [f"network namespace: {name}" for name in netns if name not in self.netns]
        return found

    def check(self, same_store=True, anywhere=False):
        """
        After a test or a kill: the processes end by themselves, gc takes the rest.  At fly no pid
        namespace ends them with the first: there gc does, or stop while one holds the pod's lock.
        """
        for pod in self.engine.pods:
            if pod.process.poll() is None:
                pod.kill()
        self.engine.pods = []
        if self.engine.level == "fly" and reap():
            self.collect()
            self.stop_all()
        self.wait_for_the_end()
        collected = self.collect()
        problems = self.problems(same_store, anywhere)
        self.past_uuids |= self.uuids
        self.uuids.clear()
        assert not problems, "left behind:\n" + "\n".join(problems) + f"\ngc: {collected}"
