# SPDX-License-Identifier: Apache-2.0
"""Pods that systemd starts: as services with and without a cgroup of their own, in sessions."""

import os
import signal
import subprocess
import tempfile
import time

from harness.engine import wait_until

CGROUPS = "/sys/fs/cgroup"


def run(*words, check=True):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    text = done.stdout.decode(errors="replace")
    assert not check or done.returncode == 0, f"{words}: status {done.returncode}: {text}"
    return text.strip()


class Place:
    """Where an operator may run a pod: options of systemd-run, and the cgroup pods are made in."""

    def __init__(self, *options, base):
        self.options = options
        self.base = base

    def base_of(self, unit):
        return self.base.format(unit=unit)


PLACES = {
    "delegated": Place("-p", "Delegate=yes", base="/system.slice/{unit}"),
    "undelegated": Place(base="/machine.slice"),
    "session": Place("--scope", "--slice=user.slice", base="/machine.slice"),
    "delegated-session": Place("--scope", "-p", "Delegate=yes", base="/system.slice/{unit}"),
}


class Unit:
    """A transient unit whose main program is rkt run, with one pod."""

    counter = 0

    def __init__(self, engine, words, place, properties=(), block=True):
        Unit.counter += 1
        scope = "--scope" in place.options
        self.name = f"pod{Unit.counter}." + ("scope" if scope else "service")
        self.engine = engine
        self.place = place
        self.folder = tempfile.mkdtemp(dir=engine.work)
        self.output_file = os.path.join(self.folder, "output")
        self.uuid_file = os.path.join(self.folder, "uuid")
        self.process = None
        engine.units.append(self)
        words = [word.replace("@UUID_FILE@", self.uuid_file) for word in words]
        command = ["systemd-run", "--quiet", f"--unit={self.name}", *place.options]
        for value in properties:
            command += ["-p", value]
        if scope:
            with open(self.output_file, "wb") as output:
                self.process = subprocess.Popen(
                    [*command, "--", *words], stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.STDOUT, start_new_session=True)
        else:
            command += ["-p", f"StandardOutput=append:{self.output_file}",
                        "-p", f"StandardError=append:{self.output_file}"]
            run(*command, *([] if block else ["--no-block"]), "--", *words)

    def show(self, name):
        return run("systemctl", "show", "--value", f"--property={name}", self.name)

    @property
    def state(self):
        return self.show("ActiveState")

    @property
    def main_pid(self):
        return int(self.show("MainPID"))

    @property
    def output(self):
        if not os.path.exists(self.output_file):
            return ""
        with open(self.output_file, errors="replace") as file:
            return file.read()

    @property
    def uuid(self):
        wait_until(lambda: os.path.exists(self.uuid_file) and open(self.uuid_file).read(), self)
        with open(self.uuid_file) as file:
            return file.read().strip()

    def pod_file(self, name):
        with open(os.path.join(self.engine.pod_directory(self.uuid), name)) as file:
            return file.read().strip()

    def status_of(self, app):
        """What the pod tells of an app that has ended; None before."""
        path = os.path.join(self.engine.results(self.uuid), "status", app)
        if not os.path.exists(path):
            return None
        with open(path) as file:
            return file.read().strip()

    def wait_for(self, text):
        self._wait(lambda: text in self.output)
        return self

    def wait_for_state(self, state):
        self._wait(lambda: self.state == state)
        return self

    def _wait(self, condition, timeout=40):
        end = time.monotonic() + timeout
        next_look = time.monotonic() + 1
        while not condition():
            now = time.monotonic()
            if now > next_look:  # asking systemd costs more than looking at a file
                next_look = now + 1
                assert not self.has_ended or condition(), f"ended early: {self}"
            assert now < end, f"waited in vain for {self}"
            time.sleep(0.02)

    @property
    def has_ended(self):
        if self.process is not None:
            return self.process.poll() is not None
        return self.state in ("inactive", "failed")

    def wait(self, timeout=40):
        """Until it has ended; the exit status of its main process."""
        if self.process is not None:
            status = self.process.wait(timeout)
            return 128 - status if status < 0 else status
        wait_until(lambda: self.has_ended, self, timeout)
        status = int(self.show("ExecMainStatus"))
        return status + 128 if self.show("ExecMainCode") in ("2", "3") else status

    def stop(self):
        run("systemctl", "stop", self.name)

    def discard(self):
        run("systemctl", "stop", self.name, check=False)
        run("systemctl", "reset-failed", self.name, check=False)
        if self.process is not None and self.process.poll() is None:
            # The one process of a fly pod is in machine.slice, not in the session it came from.
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(40)

    def __repr__(self):
        return f"{self.name} ({self.state}): {self.output[-2000:]}"


def scope_of(uuid):
    return "machine-rkt\\x2d" + uuid.replace("-", "\\x2d") + ".scope"


class Cgroup:
    """A cgroup by its path in the tree."""

    def __init__(self, path):
        self.path = path
        self.folder = CGROUPS + path

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read().strip()

    @property
    def pids(self):
        return [int(line) for line in self.read("cgroup.procs").split()]

    @property
    def children(self):
        return sorted(name for name in os.listdir(self.folder)
                      if os.path.isdir(os.path.join(self.folder, name)))


def cgroup_of_process(pid):
    with open(f"/proc/{pid}/cgroup") as file:
        return file.read().strip().removeprefix("0::")


def app_cgroup(unit, app="app"):
    return Cgroup(f"{unit.place.base_of(unit.name)}/{scope_of(unit.uuid)}"
                  f"/system.slice/{app}.service")
