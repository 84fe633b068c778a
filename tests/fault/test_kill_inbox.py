# SPDX-License-Identifier: Apache-2.0
"""kill -9 at each step of a member's fetch, and of root's taking in: an entry is whole, or is not there."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from aftermath import kill_children
from conftest import OUT
from harness.openpgp import OpenPgp
from stepper import EVERY_STEP, NO_STEP, Stepper

GROUP, USER = 54321, 54322
NAME = "example.com/to-fetch"


class Shared:
    """A store of a group, whose members and root trust one key; the signed image is a file."""

    def __init__(self, work, image, pgp):
        self.work = work
        for name in ("rkt", "rkt-image", "rkt-fetch"):
            shutil.copy(os.path.join(OUT, name), work)
        self.data = os.path.join(work, "data")
        self.inbox = os.path.join(self.data, "cas/inbox")
        os.mkdir(self.data)
        os.chown(self.data, 0, GROUP)
        os.chmod(self.data, 0o2750)
        fingerprint = pgp.make("good")
        keys = os.path.join(work, "trustedkeys/root.d")
        os.makedirs(keys)
        pathlib.Path(keys, fingerprint).write_bytes(pgp.public("good"))
        self.file = os.path.join(work, "app.aci")
        shutil.copy(image, self.file)
        os.chmod(self.file, 0o644)
        pathlib.Path(self.file + ".asc").write_bytes(pgp.sign("good", self.file))
        assert self.root("image", "list").returncode == 0

    def command(self, *words):
        return [os.path.join(self.work, "rkt"), f"--dir={self.data}", f"--local-config={self.work}",
                f"--system-config={self.work}/none", f"--user-config={self.work}/none", *words]

    def root(self, *words):
        return subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)

    def member(self, *words):
        return ["setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", *self.command(*words)]

    def empty(self):
        self.root("image", "rm", NAME)
        assert self.root("image", "gc", "--grace-period=0s").returncode == 0
        assert os.listdir(self.inbox) == []

    def check_works(self):
        """Nothing half-made, and all goes on from here."""
        assert len(os.listdir(self.inbox)) <= 1
        listed = self.root("image", "list", "--format=json")
        assert listed.returncode == 0 and listed.stderr == "", listed
        fetched = subprocess.run(self.member("fetch", self.file), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        assert fetched.returncode == 0, fetched
        taken = self.root("fetch", "--pull-policy=never", NAME)
        assert taken.returncode == 0 and "refused" not in taken.stderr, taken
        assert self.root("image", "verify", NAME).returncode == 0
        self.empty()
        assert os.listdir(f"{self.data}/cas/tmp") == []


@pytest.fixture
def shared(work, image):
    folder = tempfile.mkdtemp(prefix="rkt-inbox-", dir=os.environ.get("RKT_TEST_DIR"))
    os.chmod(folder, 0o755)
    pgp = OpenPgp()
    yield Shared(folder, image(name=NAME, files={"/big": "x" * 2_000_000}), pgp)
    pgp.close()
    shutil.rmtree(folder)


def kill_at_each_step(shared, kill_step, command, stride, before=lambda: None):
    stepper = Stepper(shared.work, kill_step, command)
    before()
    # gpg works in a directory of its own, and what it says is all that counts.
    ours = [(process, step) for process, step in stepper.all_steps() if process.count(".") < 2]
    chosen = ours[::1 if EVERY_STEP else stride]
    assert len(chosen) > 5
    shared.empty()
    for process, step in chosen:
        before()
        done = stepper.run(process, step)
        if done.returncode == NO_STEP:
            continue
        kill_children()
        try:
            shared.check_works()
        except AssertionError as error:
            number = stepper.steps()[-1][2]
            raise AssertionError(f"killing {process} at step {step}, before system call {number}") from error


def has_user_namespaces():
    done = subprocess.run(["setpriv", f"--reuid={USER}", f"--regid={GROUP}", "--clear-groups", "unshare",
                           "--user", "true"], stderr=subprocess.DEVNULL)
    return done.returncode == 0


def keyrings():
    return {name for name in os.listdir("/tmp") if name.startswith("rkt-keys-")}


def test_fetch_of_a_member(shared, kill_step):
    before = keyrings()
    kill_at_each_step(shared, kill_step, shared.member("fetch", shared.file), stride=11)
    assert keyrings() == before or not has_user_namespaces()


def test_taking_in(shared, kill_step):
    def fetch():
        done = subprocess.run(shared.member("fetch", shared.file), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 0, done

    kill_at_each_step(shared, kill_step, shared.command("fetch", "--pull-policy=never", NAME), stride=7,
                      before=fetch)
