# SPDX-License-Identifier: Apache-2.0
"""
The seam between stage0 and stage1, from both sides: our stage1s under the original
rkt's way of calling, and our rkt with a stage1 that only writes down how it is called.

RKT_OUT         where rkt, aci and stage1-*.aci are (default: out/ of the repository)
RKT_PROBE       the probe program (default: RKT_OUT/probe)
RKT_STUB        the stub program (default: RKT_OUT/stub)
TESTS_MUST_RUN  1: a skipped test is a failure
"""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))

import host_namespace  # noqa: E402
from harness import residue  # noqa: E402
from harness.image_builder import ImageBuilder  # noqa: E402
from original_rkt import OriginalRkt  # noqa: E402
from stub_image import StubImages  # noqa: E402
from stub_rkt import StubRkt  # noqa: E402

OUT = os.environ.get("RKT_OUT") or str(HERE.parents[1] / "out")
PROBE = os.environ.get("RKT_PROBE") or os.path.join(OUT, "probe")
STUB = os.environ.get("RKT_STUB") or os.path.join(OUT, "stub")
LEVELS = ["coreos", "fly"]
VM_LEVELS = ["kvm"] if os.path.exists(os.path.join(OUT, "stage1-kvm.aci")) else []


def missing():
    if os.geteuid() != 0:
        return "needs root"
    needed = [os.path.join(OUT, name) for name in ("rkt", "aci")] + [PROBE, STUB]
    needed += [os.path.join(OUT, f"stage1-{level}.aci") for level in LEVELS]
    absent = [path for path in needed if not os.path.exists(path)]
    return f"not built: {', '.join(absent)}" if absent else None


def pytest_generate_tests(metafunc):
    if "level" in metafunc.fixturenames:
        # What stage0 calls beside run is the same code at every level, and machines start slowly.
        more = VM_LEVELS if metafunc.module.__name__ == "test_stage0_run" else []
        metafunc.parametrize("level", LEVELS + more, scope="session")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("TESTS_MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but TESTS_MUST_RUN=1: {report.longrepr}"


@pytest.fixture(scope="session")
def work():
    why = missing()
    if why:
        pytest.skip(why)
    host_namespace.enter()
    path = tempfile.mkdtemp(prefix="rkt-interface-", dir=os.environ.get("RKT_TEST_DIR"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def images(work):
    folder = os.path.join(work, "images")
    os.makedirs(folder)
    return ImageBuilder(OUT, PROBE, folder)


@pytest.fixture(scope="session")
def original_rkt(work):
    return OriginalRkt(os.path.join(work, "original"), work)


class Case:
    """The original rkt with one of our isolators."""

    def __init__(self, rkt, level, images):
        self.rkt = rkt
        self.level = level
        self.images = images
        self.stage1 = rkt.image(os.path.join(OUT, f"stage1-{level}.aci"))

    def app(self, *arguments, name="app", image=None, **members):
        """(name, image, members): the probe with these arguments."""
        members.setdefault("exec", ["/probe", *arguments])
        return name, self.rkt.image(image or self.images.build()), members

    def prepare(self, *arguments, apps=None, pod=(), **members):
        return self.rkt.prepare(self.stage1, apps or [self.app(*arguments, **members)], **dict(pod))

    @staticmethod
    def watch(directory):
        return host_namespace.Watch(directory)

    @staticmethod
    def mount_tmpfs(path):
        host_namespace.mount("tmpfs", str(path), "tmpfs", 0, None)

    @staticmethod
    def unmount(path):
        host_namespace.unmount(str(path))

    @property
    def network(self):
        """A --net that the isolator takes as it is, without a warning."""
        return "--net=none" if self.level == "kvm" else "--net=host"

    def start(self, *arguments, flags=None, **more):
        """A pod whose app has said "up"."""
        pod = self.prepare(*arguments, **more)
        pod.start(*(flags or (self.network, "--local-config=/etc/rkt"))).wait_for("up")
        return pod


@pytest.fixture
def original(original_rkt, level, images):
    """After the test the "host" has the mounts it had, and nothing of the pods is left."""
    before = host_namespace.mount_points()
    case = Case(original_rkt, level, images)
    yield case
    original_rkt.kill()
    residue.check_none(original_rkt)
    assert host_namespace.mount_points() == before
    original_rkt.pods.clear()


@pytest.fixture(scope="session")
def stub_images(work):
    folder = os.path.join(work, "stub-images")
    os.makedirs(folder)
    return StubImages(OUT, STUB, folder)


@pytest.fixture(scope="session")
def stub_rkt_session(work, stub_images):
    return StubRkt(OUT, os.path.join(work, "ours"), work, stub_images)


@pytest.fixture
def stub_rkt(stub_rkt_session):
    before = host_namespace.mount_points()
    yield stub_rkt_session
    stub_rkt_session.kill()
    residue.check_none(stub_rkt_session)
    assert host_namespace.mount_points() == before
    stub_rkt_session.uuids.clear()


@pytest.fixture
def host_mounts():
    return host_namespace.mount_points
