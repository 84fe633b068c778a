# SPDX-License-Identifier: Apache-2.0
"""
Fault tests: what is left of pods, images and the host after kills, full disks, missing features.

RKT_OUT         where rkt, aci and stage1-*.aci are (default: out/ of the repository)
RKT_PROBE       the probe program (default: RKT_OUT/probe)
RKT_KILL_STEP   the kill-step program (default: RKT_OUT/kill-step)
RKT_FAULT_ALL   1: kill at every step, not only at some (test_kill_steps.py; 10 minutes)
TESTS_MUST_RUN  1: a skipped test is a failure
"""

import ctypes
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "functional"))

from harness.engine import Engine, wait_until  # noqa: E402 (the path comes first)
from harness.image_builder import ImageBuilder  # noqa: E402

from aftermath import Aftermath  # noqa: E402

OUT = os.environ.get("RKT_OUT") or str(pathlib.Path(__file__).resolve().parents[2] / "out")
PROBE = os.environ.get("RKT_PROBE") or os.path.join(OUT, "probe")
KILL_STEP = os.environ.get("RKT_KILL_STEP") or os.path.join(OUT, "kill-step")
LEVELS = ["coreos", "fly"]
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE, MS_SHARED = 0x4000, 1 << 18, 1 << 20


def missing():
    """Why nothing can be run here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    needed = [os.path.join(OUT, name) for name in ("rkt", "aci")] + [PROBE, KILL_STEP]
    needed += [os.path.join(OUT, f"stage1-{level}.aci") for level in LEVELS]
    absent = [path for path in needed if not os.path.exists(path)]
    if shutil.which("strace") is None:
        absent.append("strace")
    return f"not there: {', '.join(absent)}" if absent else None


def pytest_sessionstart():
    """
    Whatever a pod leaves running becomes our child, and what it mounts shows in our mount namespace:
    nothing can hide, and nothing of others is taken for ours.  As on a host with systemd, mounts
    are shared with namespaces that do not say otherwise.
    """
    if missing():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    done = [libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), libc.unshare(CLONE_NEWNS),
            libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None),
            libc.mount(None, b"/", None, MS_REC | MS_SHARED, None)]
    assert not any(done), os.strerror(ctypes.get_errno())


def pytest_generate_tests(metafunc):
    chosen = [mark for mark in metafunc.definition.iter_markers("parametrize") if mark.args[0] == "level"]
    if "level" in metafunc.fixturenames and not chosen:
        metafunc.parametrize("level", LEVELS, scope="session")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TESTS_MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but TESTS_MUST_RUN=1: {report.longrepr}"


@pytest.fixture(scope="session")
def work():
    """A directory for everything of this session; an overlay's upper layer must be able to lie in it."""
    why = missing()
    if why:
        pytest.skip(why)
    path = tempfile.mkdtemp(prefix="rkt-fault-", dir=os.environ.get("RKT_TEST_DIR"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def images(work):
    folder = os.path.join(work, "images")
    os.makedirs(folder)
    return ImageBuilder(OUT, PROBE, folder)


@pytest.fixture(scope="session")
def image(images):
    return images.build


@pytest.fixture(scope="session")
def kill_step(work):
    return KILL_STEP


def make_engine(work, images, level, data):
    engine = Engine(OUT, data, work, level)
    fetched = engine.rkt("fetch", images.build())
    assert fetched.status == 0, fetched
    engine.default_image = fetched.stdout.split()[-1]
    engine.accept_emulation()
    # The stage1 is in the store from here on, and known by its file, once that is not brand-new.
    sources = os.path.join(data, "cas/sources")
    wait_until(lambda: run_once(engine) and os.path.isdir(sources) and os.listdir(sources), "a run")
    return engine


def run_once(engine):
    ran = engine.run("exit", "0", pod=[engine.quiet_network])
    assert ran.status == 0, ran
    Aftermath(engine).collect()
    return True


@pytest.fixture(scope="session")
def session_engine(work, images, level):
    return make_engine(work, images, level, os.path.join(work, f"data-{level}"))


@pytest.fixture
def engine(session_engine):
    """rkt with one isolator, probe image and stage1 in its store.  After a test no pod of it is left."""
    aftermath = Aftermath(session_engine)
    session_engine.aftermath = aftermath
    yield session_engine
    aftermath.check(same_store=False, anywhere=True)


@pytest.fixture
def fresh_engine(work, images, level):
    """The same with a data directory of the test's own."""
    data = tempfile.mkdtemp(prefix="fresh-", dir=work)
    engine = make_engine(work, images, level, data)
    engine.aftermath = Aftermath(engine)
    yield engine
    engine.aftermath.check(same_store=False, anywhere=True)
    shutil.rmtree(data, ignore_errors=True)
