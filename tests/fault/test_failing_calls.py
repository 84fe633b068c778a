# SPDX-License-Identifier: Apache-2.0
"""Any system call of rkt may fail once: rkt says so and ends, or does without; nothing is left."""

import collections
import os
import re
import subprocess

import pytest

from aftermath import read

ALL = os.environ.get("RKT_FAULT_ALL") == "1"
STRIDE = 1 if ALL else 9
CRASHES = (-6, -7, -8, -11, 134, 135, 136, 139)
# What a full table, no memory, a full disk, a bad disk or a policy makes a call answer.
ERRORS = {
    "openat": "EMFILE", "openat2": "EMFILE", "open_tree": "ENOMEM", "fsopen": "ENFILE", "fsmount": "ENOMEM",
    "fsconfig": "ENOMEM", "move_mount": "ENOMEM", "mount_setattr": "EPERM", "clone3": "EAGAIN",
    "clone": "EAGAIN", "fork": "EAGAIN", "vfork": "EAGAIN", "execve": "EACCES", "pipe2": "EMFILE",
    "socketpair": "EMFILE", "mkdirat": "ENOSPC", "symlinkat": "ENOSPC", "linkat": "EMLINK", "mknodat": "ENOSPC",
    "write": "ENOSPC", "read": "EIO", "getdents64": "EIO", "renameat": "EIO", "renameat2": "EIO",
    "unlinkat": "EROFS", "fchmod": "EPERM", "fchmodat": "EPERM", "fchownat": "EPERM", "fchown": "EPERM",
    "flock": "ENOLCK", "fcntl": "EMFILE", "dup2": "EBUSY", "dup3": "EBUSY", "mmap": "ENOMEM",
    "pivot_root": "EINVAL", "umount2": "EPERM", "unshare": "EPERM", "setns": "EPERM", "prctl": "EINVAL",
    "capset": "EPERM", "seccomp": "EACCES", "setresuid": "EAGAIN", "setgroups": "EPERM", "signalfd4": "EMFILE",
    "poll": "ENOMEM", "waitid": "EINTR", "fsync": "EIO", "syncfs": "EIO", "sendto": "ENOBUFS",
    "recvfrom": "ENOMEM", "chdir": "EACCES", "fchdir": "EACCES", "newfstatat": "EIO", "getrandom": "ENOSYS",
    "memfd_create": "EMFILE", "copy_file_range": "EIO", "sendfile": "EIO", "prlimit64": "EPERM",
    "close_range": "ENOMEM", "pidfd_open": "EMFILE", "pidfd_send_signal": "EPERM", "fstatfs": "EIO",
}


def strace(engine, output, *options, words):
    return subprocess.run(
        ["strace", "-f", "-qq", "-o", output, *options, "--", *engine.command(words)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)


def points(engine, words):
    """(call, how many times a process makes it)."""
    record = os.path.join(engine.work, "calls")
    done = strace(engine, record, words=words)
    assert done.returncode == 0, done
    counts = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", read(record), re.M))
    most = {}
    for (_, call), n in counts.items():
        most[call] = max(n, most.get(call, 0))
    return [(call, nth) for call in sorted(most) if call in ERRORS for nth in range(1, most[call] + 1)]


def fail_each(engine, words, same_store=True, undo=lambda: None):
    chosen = points(engine, words)[::STRIDE]
    assert len(chosen) > 10
    undo()
    engine.aftermath.check(same_store)
    bad = []
    for call, nth in chosen:
        try:
            done = strace(engine, "/dev/null", "-e", f"trace={call}", "-e",
                          f"inject={call}:error={ERRORS[call]}:when={nth}", words=words)
            assert done.returncode not in CRASHES, done
            # Each process has its own count: the message may be a first write as well.
            assert done.returncode == 0 or done.stderr.strip() or call == "write", f"no word: {done}"
            engine.aftermath.check(same_store)
            undo()
        except (AssertionError, subprocess.TimeoutExpired) as error:
            bad.append(f"{call} number {nth}: {error}")
    assert not bad, "\n".join(bad)


def test_run(engine):
    fail_each(engine, ["run", f"--stage1-path={engine.stage1}", "--net=none", "--volume=v,kind=empty",
                       engine.default_image, "--exec=/probe", "--memory=64M", "--mount=volume=v,target=/v",
                       "--", "exit", "0"])


@pytest.mark.parametrize("level", ["coreos"], scope="session")
def test_fetch(fresh_engine, image):
    name = "example.com/failing"
    path = image(name=name)
    fail_each(fresh_engine, ["fetch", path], same_store=False,
              undo=lambda: fresh_engine.rkt("image", "rm", name))
