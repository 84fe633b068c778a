# SPDX-License-Identifier: Apache-2.0
"""
Tests that run inside a machine of run_in_qemu.sh: systemd is PID 1, cgroups are v2 alone.

What a pod is made and asked with is the functional tests' harness.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile

import pytest

for folder in (pathlib.Path(__file__).resolve().parents[1] / "functional",
               pathlib.Path(__file__).resolve().parents[2] / "functional"):
    sys.path.insert(0, str(folder))

from harness import residue  # noqa: E402
from harness.engine import Engine  # noqa: E402
from harness.image_builder import ImageBuilder  # noqa: E402
from systemd_unit import PLACES, Unit, run  # noqa: E402

OUT = os.environ["RKT_OUT"]
LEVELS = ["coreos", "fly"]

# What systemd says when somebody disturbs its cgroups or leaves processes to it.
COMPLAINTS = re.compile(r"cgroup|control group|left-over|remains running|Failed to (kill|attach|set)",
                        re.IGNORECASE)

# Nobody is left to be killed in a cgroup that its pod removes between systemd's open and read.
HARMLESS = re.compile(r"Failed to kill control group .*, ignoring: No such device$")


def pytest_generate_tests(metafunc):
    if "level" in metafunc.fixturenames:
        metafunc.parametrize("level", LEVELS, scope="session")
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", PLACES.values(), ids=PLACES.keys())


def pytest_configure(config):
    config.addinivalue_line("markers", "coreos: of what only a pod with a supervisor has")


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if item.get_closest_marker("coreos") and
                item.callspec.params["level"] != "coreos"]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def work():
    path = tempfile.mkdtemp(prefix="rkt-vm-", dir="/var/tmp")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def images(work):
    folder = os.path.join(work, "images")
    os.makedirs(folder)
    return ImageBuilder(OUT, os.path.join(OUT, "probe"), folder)


class SystemdEngine(Engine):
    """rkt whose pods are units."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.units = []

    def unit(self, *arguments, pod=(), app=(), image=None, **options):
        """A unit with a pod of one app, the probe with these arguments."""
        return self.service(self.run_command(*arguments, pod=pod, app=app, image=image), **options)

    def run_command(self, *arguments, pod=(), app=(), image=None):
        return self.command(self._words(
            "run", arguments, ["--uuid-file-save=@UUID_FILE@", "--net=host", *pod], app, image,
            "/probe"))

    def service(self, words, place=PLACES["delegated"], properties=(), block=True):
        return Unit(self, words, place, properties, block)

    def clean(self):
        while self.units:
            self.units.pop().discard()
        super().clean()


@pytest.fixture(scope="session")
def session_engine(work, images, level):
    engine = SystemdEngine(OUT, os.path.join(work, f"data-{level}"), work, level)
    fetched = engine.rkt("fetch", images.build())
    assert fetched.status == 0, fetched
    engine.default_image = fetched.stdout.split()[-1]
    return engine


def said_by_systemd(cursor_file):
    return run("journalctl", "--quiet", "--output=cat", "--priority=warning", "_PID=1",
               f"--cursor-file={cursor_file}", check=False).splitlines()


@pytest.fixture
def engine(session_engine, tmp_path_factory):
    """rkt with one isolator.  After the test nothing may be left, and systemd has no complaint."""
    cursor_file = str(tmp_path_factory.mktemp("journal") / "cursor")
    said_by_systemd(cursor_file)
    yield session_engine
    session_engine.clean()
    residue.check_none(session_engine)
    session_engine.uuids.clear()
    complaints = [line for line in said_by_systemd(cursor_file)
                  if COMPLAINTS.search(line) and not HARMLESS.search(line)]
    assert not complaints, complaints
    assert run("systemctl", "--failed", "--no-legend") == ""


@pytest.fixture
def image(images):
    return images.build


@pytest.fixture
def isolated_image(images):
    def build(*isolators, **more):
        return images.build(
            isolators=[{"name": name, "value": value} for name, value in isolators], **more)
    return build
