# SPDX-License-Identifier: Apache-2.0
"""Without a feature of the kernel, /proc, cgroups, descriptors or memory: a refusal that says so, nothing left."""

import ctypes
import os
import resource
import signal
import subprocess

import pytest

from aftermath import mounts

ENOSYS, EPERM = "Function not implemented", "Operation not permitted"
NOT_STARTED = 254
CLONE_NEWNS, MNT_DETACH = 0x20000, 2
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def run_words(engine, *app, pod=("--net=none",)):
    return ["run", f"--stage1-path={engine.stage1}", *pod, engine.default_image, "--name=app",
            "--exec=/probe", *app, "--", "exit", "0"]


def without(engine, call, error, words, when=""):
    """A command for which a system call fails."""
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
               "-e", f"inject={call}:error={error}{when}", "--", *engine.command(words)]
    return finish(engine, command)


def finish(engine, command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60, **options)
    done.lines = [line for line in done.stderr.decode().splitlines() if "warning: " not in line]
    return done


def check_refusal(done, *words):
    """One line with all of the words."""
    assert done.returncode == NOT_STARTED, done
    assert len(done.lines) == 1, done
    for word in words:
        assert word in done.lines[0], done


# What older kernels do not have, and what all have.
NEW_CALLS = ["clone3", "openat2", "open_tree", "mount_setattr", "move_mount", "fsopen", "pidfd_open", "close_range"]
CALLS = NEW_CALLS + ["fsconfig", "fsmount", "pivot_root", "umount2", "unshare", "flock", "renameat", "seccomp",
                     "capset", "mkdirat"]


@pytest.mark.parametrize("call", CALLS)
def test_a_kernel_without(engine, call):
    done = without(engine, call, "ENOSYS", run_words(engine))
    if done.returncode == 0:  # not needed, or done in another way
        assert not done.lines, done
    elif call in NEW_CALLS:
        check_refusal(done, f"the kernel has no {call}, Linux 5.")
    else:
        check_refusal(done, ENOSYS)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_that_is_forbidden(engine, call):
    done = without(engine, call, "EPERM", run_words(engine))
    if done.returncode == 0:
        assert not done.lines, done
    else:
        check_refusal(done, EPERM)


@pytest.mark.parametrize("limit", [*range(3, 20), 24, 32, 48])
def test_few_descriptors(engine, limit):
    done = finish(engine, engine.command(run_words(engine)),
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
    if done.returncode != 0:
        check_refusal(done, "Too many open files")


@pytest.mark.parametrize("mib", [2, 3, 4, 6, 8, 12, 16])
def test_little_memory(engine, mib):
    done = finish(engine, engine.command(run_words(engine)),
                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (mib << 20, mib << 20)))
    if done.returncode == 128 + signal.SIGSEGV:
        # What is left suffices for us and not for the app: the kernel ends it in the middle of execve().
        assert mib < 4 and not done.lines, done
    elif done.returncode > 0:
        assert len(done.lines) == 1, done
        assert "emory" in done.lines[0], done


def in_namespace(change):
    """What a child does in a mount namespace of its own before it becomes the command."""
    def prepare():
        if libc.unshare(CLONE_NEWNS) or libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None):
            os._exit(99)
        if change():
            os._exit(98)
    return prepare


def test_no_proc(engine):
    done = finish(engine, engine.command(run_words(engine)),
                  preexec_fn=in_namespace(lambda: libc.umount2(b"/proc", MNT_DETACH)))
    check_refusal(done, "/proc")


def test_no_cgroups(engine):
    done = finish(engine, engine.command(run_words(engine)),
                  preexec_fn=in_namespace(lambda: libc.umount2(b"/sys/fs/cgroup", MNT_DETACH)))
    if done.returncode != 0:
        check_refusal(done, "cgroup")


def test_no_cgroups_for_a_limit(engine):
    done = finish(engine, engine.command(run_words(engine, "--memory=50M")),
                  preexec_fn=in_namespace(lambda: libc.umount2(b"/sys/fs/cgroup", MNT_DETACH)))
    assert done.returncode == NOT_STARTED or b"warning" in done.stderr, done


@pytest.mark.parametrize("words", [
    ["run"], ["prepare"], ["fetch"], ["gc"], ["list"], ["image", "list"], ["image", "gc"]])
def test_a_read_only_data_directory(engine, words):
    data = engine.data.encode()

    def change():
        return (libc.mount(data, data, None, MS_BIND, None) or
                libc.mount(None, data, None, MS_REMOUNT | MS_BIND | MS_RDONLY, None))

    if words[0] in ("run", "prepare"):
        words = [*words, f"--stage1-path={engine.stage1}", engine.default_image]
    elif words[0] == "fetch":
        words = [*words, engine.stage1]
    done = finish(engine, engine.command(words), preexec_fn=in_namespace(change))
    if done.returncode != 0:
        check_refusal(done)
    assert mounts() == engine.aftermath.mounts
