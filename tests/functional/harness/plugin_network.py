# SPDX-License-Identifier: Apache-2.0
"""A network of the tests' own: what plugins do there is not done to the machine."""

import ctypes
import os
import shutil
import subprocess

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
LEASES = "/var/lib/cni"
NAMES = "/run/netns"
DAEMONS = "/run/cni"
FLANNEL = "/run/flannel"

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def run(*words, **options):
    return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          timeout=30, text=True, **options).stdout


class OwnNetwork:
    """While it is entered, the process is alone in a network and mount namespace."""

    def __enter__(self):
        self.before = [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
                       for kind in ("mnt", "net")]
        self.directory = os.getcwd()
        _check(_libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "making a network of the tests' own")
        run("mount", "--make-rslave", "/")
        for path in (LEASES, NAMES, DAEMONS, FLANNEL):
            os.makedirs(path, exist_ok=True)
            run("mount", "-t", "tmpfs", "tests", path)
        run("ip", "link", "set", "lo", "up")
        return self

    def __exit__(self, *_):
        for fd in self.before:
            _check(_libc.setns(fd, 0), "returning to the host's network")
            os.close(fd)
        os.chdir(self.directory)

    @staticmethod
    def forget_addresses():
        """Allocators go on where they stopped."""
        for name in os.listdir(LEASES):
            shutil.rmtree(os.path.join(LEASES, name))

    @staticmethod
    def state():
        """What plugins leave behind them: interfaces, rules, leases, names of namespaces."""
        links = {line.split()[1].partition("@")[0].rstrip(":")
                 for line in run("ip", "-o", "link").splitlines()}
        rules = {line for table in ("nat", "filter")
                 for line in run("iptables", "-t", table, "-S").splitlines() if "name:" in line}
        leases = {os.path.join(folder, name) for folder, _, names in os.walk(LEASES)
                  for name in names if name[0].isdigit() or ":" in name}
        return links | rules | leases | set(os.listdir(NAMES))
