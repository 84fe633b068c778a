# SPDX-License-Identifier: Apache-2.0
"""
A mount and a network namespace that stand for the host's.

The original rkt mounts where it runs, in the host's namespace, whose mounts
are shared.  This process enters a namespace of its own with shared mounts, so
that what a stage1 lets escape is seen here and the machine sees nothing of it; likewise what network plugins do.
"""

import ctypes
import os
import subprocess

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE, MS_SHARED = 0x4000, 1 << 18, 1 << 20
IN_MOVED_TO, IN_CREATE, IN_NONBLOCK, IN_CLOEXEC = 0x80, 0x100, 0o4000, 0o2000000

_first = set()  # the mounts that this namespace began with
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def mount(source, target, kind, flags, data):
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    _check(_libc.mount(words[0], words[1], words[2], ctypes.c_ulong(flags), words[3]), f"mounting {target}")


def unmount(target):
    """Not lazily: EBUSY says that somebody still holds it."""
    mount(None, target, None, MS_REC | MS_PRIVATE, None)
    _check(_libc.umount2(os.fsencode(target), 0), f"unmounting {target}")


def enter():
    """Private first, lest this namespace stay a peer of the machine's."""
    _check(_libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unsharing the mount and network namespaces")
    mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    for path in ("/var/lib/cni", "/run/netns"):
        os.makedirs(path, exist_ok=True)
        mount("tmpfs", path, "tmpfs", 0, None)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=30)
    mount(None, "/", None, MS_REC | MS_SHARED, None)
    _first.update(words[0] for words in _mounts())


def _mounts():
    with open("/proc/self/mountinfo") as file:
        return [line.split() for line in file]


def mount_points():
    """
    What was mounted here since: (place, file system type), sorted; one place may be there twice.
    The machine's own mounts do not count: they may go when somebody removes their place.
    """
    return sorted((words[4], words[words.index("-") + 1]) for words in _mounts() if words[0] not in _first)


class Watch:
    """In which order names appear in a directory."""

    def __init__(self, directory):
        self.fd = _check(_libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC), "watching")
        _check(_libc.inotify_add_watch(self.fd, os.fsencode(directory), IN_CREATE | IN_MOVED_TO),
               f"watching {directory}")

    def names(self):
        seen = []
        try:
            data = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            data = b""
        while data:
            length = int.from_bytes(data[12:16], "little")
            seen.append(data[16:16 + length].rstrip(b"\0").decode())
            data = data[16 + length:]
        return seen

    def close(self):
        os.close(self.fd)
