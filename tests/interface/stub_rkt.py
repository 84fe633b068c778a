# SPDX-License-Identifier: Apache-2.0
"""Our rkt, given the commands of the recording."""

import os
import subprocess
import tempfile

import captures
from harness.engine import Result, shell_status, wait_until

OURS = ("RKT_LOCK_FD", "RKT_SELINUX_CONTEXT", "RKT_SELINUX_MOUNT_CONTEXT", "PWD", "STUB_EXIT", "STUB_SLEEP", "TMPDIR")
TAKES_STAGE1 = ("run", "prepare")


class Call:
    """A command that has ended, or runs: its result, and the accounts of the entrypoints."""

    def __init__(self, rkt, words, env):
        self.rkt = rkt
        self.folder = tempfile.mkdtemp(dir=rkt.work)
        self.accounts_folder = os.path.join(self.folder, "accounts")
        os.mkdir(self.accounts_folder)
        with open(self._path("out"), "wb") as out, open(self._path("err"), "wb") as err:
            self.process = subprocess.Popen(rkt.command(words), stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env={**env, "STUB_LOG": self.accounts_folder}, start_new_session=True)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _read(self, name):
        with open(self._path(name)) as file:
            return file.read()

    def wait(self):
        self.process.wait(60)
        self.rkt.note_uuids()
        return self

    @property
    def result(self):
        status = self.process.poll()
        return Result(None if status is None else shell_status(status), self._read("out"), self._read("err"))

    def account(self, entrypoint):
        """What the entrypoint wrote down; a running one gets time to do so."""
        path = os.path.join(self.accounts_folder, entrypoint)
        wait_until(lambda: os.path.exists(path) and "namespaces:\n" in captures.read_text(path), self, 20, self.process)
        return captures.Capture(captures.read_text(path), self.rkt.data)

    def accounts(self):
        return sorted(os.listdir(self.accounts_folder))

    def __repr__(self):
        return repr(self.result)


class StubRkt:
    def __init__(self, out, data, work, images):
        self.out = out
        self.data = data
        self.work = work
        self.images = images
        self.uuids = set()
        self.calls = []
        self.config = os.path.join(work, "stub-config")
        os.makedirs(self.config, exist_ok=True)
        # The caller of the recording; /etc/rkt is the default of --local-config.
        env = captures.read("run-default", "run").env
        self.env = {name: value for name, value in env.items() if name not in OURS}

    def command(self, words):
        return [os.path.join(self.out, "rkt"), f"--dir={self.data}", f"--system-config={self.config}",
                f"--user-config={self.config}", "--insecure-options=image", *words]

    def translate(self, words, stage1=None, uuid=None):
        """A recorded command with the files and the pod of here."""
        found = []
        for word in words:
            word = word.replace("/srv/capture", self.images.app()).replace("/opt/rkt/sb", self.work)
            word = captures.UUID.sub(uuid, word) if uuid is not None else word
            found.append(word)
            if word in TAKES_STAGE1:
                found.append(f"--stage1-path={stage1 or self.images.stage1()}")
        return found

    def start(self, words, **variables):
        self.calls.append(Call(self, words, {**self.env, **variables}))
        return self.calls[-1]

    def run(self, words, **variables):
        return self.start(words, **variables).wait()

    def live(self, stage1=None):
        """A pod that sleeps in its run entrypoint; (call, UUID)."""
        call = self.start(self.translate(["run", "/srv/capture"], stage1), STUB_SLEEP="60")
        uuid = call.account("run").raw_argv[-1]
        pid = os.path.join(self.data, "pods/run", uuid, "pid")
        wait_until(lambda: os.path.exists(pid) and captures.read_text(pid) != "", call, 20, call.process)
        return call, uuid

    def note_uuids(self):
        pods = os.path.join(self.data, "pods")
        for state in os.listdir(pods) if os.path.isdir(pods) else ():
            self.uuids.update(name for name in os.listdir(os.path.join(pods, state)) if captures.UUID.fullmatch(name))

    def kill(self):
        self.note_uuids()
        for call in self.calls:
            if call.process.poll() is None:
                os.killpg(call.process.pid, 9)
                call.process.wait()
        self.calls = []

    def collect(self):
        call = self.run(["gc", "--grace-period=0", "--expire-prepared=0"])
        self.calls.remove(call)
        return call.result
