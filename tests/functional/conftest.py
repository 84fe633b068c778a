# SPDX-License-Identifier: Apache-2.0
"""
Functional tests: the built rkt runs real pods, as root, at every isolator there is.

RKT_OUT         where rkt, aci and stage1-*.aci are (default: out/ of the repository)
RKT_PROBE       the probe program (default: RKT_OUT/probe)
TESTS_MUST_RUN  1: a skipped test is a failure
RKT_TESTS_PATIENCE      how many times longer than usual things may take
RKT_TESTS_WHOLE_KERNEL  1: this kernel can make everything that tests need
"""

import os
import pathlib
import shutil
import tempfile

import pytest

from differences import DIFFERENCES, OTHER_KERNEL
from harness import residue
from harness.engine import Engine
from harness.image_builder import ImageBuilder
from harness.network_kinds import can_make
from harness.openpgp import OpenPgp
from harness.web_server import WebServer

OUT = os.environ.get("RKT_OUT") or str(pathlib.Path(__file__).resolve().parents[2] / "out")
PROBE = os.environ.get("RKT_PROBE") or os.path.join(OUT, "probe")
LEVELS = ["coreos", "fly"]
if os.path.exists(os.path.join(OUT, "stage1-kvm.aci")):
    LEVELS.append("kvm")


def missing():
    """Why nothing can be run here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    needed = [os.path.join(OUT, name) for name in ("rkt", "aci")] + [PROBE]
    needed += [os.path.join(OUT, f"stage1-{level}.aci") for level in LEVELS]
    absent = [path for path in needed if not os.path.exists(path)]
    return f"not built: {', '.join(absent)}" if absent else None


def pytest_generate_tests(metafunc):
    if "level" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("levels")
        levels = [level for level in LEVELS if only is None or level in only.args]
        metafunc.parametrize("level", levels, scope="session")


def pytest_configure(config):
    config.addinivalue_line("markers", "levels(…): of a test about what only these levels have")
    config.addinivalue_line("markers", "kernel_makes(…): of a test that needs these kinds of interfaces")


def level_and_case(item):
    """coreos and KILL-137 of the id coreos-KILL-137."""
    if not hasattr(item, "callspec"):
        return None, None
    level = item.callspec.params.get("level")
    return level, item.callspec.id.removeprefix(f"{level}").removeprefix("-")


def is_of_another_kernel(name):
    """test[/proc/FILE], where this kernel has no such file."""
    case = name.partition("[")[2].removesuffix("]")
    return case.startswith("/") and not os.path.exists(case)


def why_of_kernel(item):
    """Why the test must fail on this kernel, or None."""
    if os.environ.get("RKT_TESTS_WHOLE_KERNEL") == "1":
        return None
    needed = [kind for mark in item.iter_markers("kernel_makes") for kind in mark.args]
    return next((OTHER_KERNEL.format(kind) for kind in needed if not can_make(kind)), None)


def pytest_collection_modifyitems(items):
    seen = set()
    for item in items:
        name = f"{item.path.name}::{item.originalname}"
        level, case = level_and_case(item)
        seen.update((name, case and f"{name}[{case}]"))
        reason = (DIFFERENCES.get((name, level)) or DIFFERENCES.get((f"{name}[{case}]", level)) or
                  why_of_kernel(item))
        if reason:
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
    files = {item.path.name for item in items}
    stale = [name for name, _ in DIFFERENCES if name.partition("::")[0] in files and
             name not in seen and not is_of_another_kernel(name)]
    if stale and len(items) > 1:
        raise pytest.UsageError(f"differences.py names tests that do not exist: {stale}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("TESTS_MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but TESTS_MUST_RUN=1: {report.longrepr}"


@pytest.fixture(scope="session")
def work():
    """A directory for everything of this session; an overlay's upper layer must be able to lie in it."""
    why = missing()
    if why:
        pytest.skip(why)
    path = tempfile.mkdtemp(prefix="rkt-functional-", dir=os.environ.get("RKT_TEST_DIR"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def images(work):
    folder = os.path.join(work, "images")
    os.makedirs(folder)
    return ImageBuilder(OUT, PROBE, folder)


def make_engine(work, images, level, data):
    engine = Engine(OUT, data, work, level)
    fetched = engine.rkt("fetch", images.build())
    assert fetched.status == 0, fetched
    engine.default_image = fetched.stdout.split()[-1]
    engine.accept_emulation()
    return engine


@pytest.fixture(scope="session")
def session_engine(work, images, level):
    return make_engine(work, images, level, os.path.join(work, f"data-{level}"))


def check_residue(engine):
    engine.clean()
    residue.check_none(engine)
    engine.uuids.clear()


@pytest.fixture
def engine(session_engine):
    """rkt with one isolator.  After the test nothing of its pods may be left."""
    yield session_engine
    check_residue(session_engine)


@pytest.fixture
def fresh_engine(work, images, level, tmp_path_factory):
    """The same with a data directory of the test's own."""
    data = tempfile.mkdtemp(prefix="fresh-", dir=work)
    fresh = make_engine(work, images, level, data)
    yield fresh
    check_residue(fresh)
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def image(images):
    """image(files=…, isolators=[…], environment=[…], …) → path of an image."""
    return images.build


@pytest.fixture
def isolated_image(images):
    """isolated_image(("resource/memory", {"limit": "20M"}), …) → path of an image with isolators."""
    def build(*isolators, **more):
        return images.build(
            isolators=[{"name": name, "value": value} for name, value in isolators], **more)
    return build


@pytest.fixture(scope="module")
def server(work):
    """A web server of names of its own, with TLS."""
    server = WebServer()
    yield server
    server.close()


@pytest.fixture(scope="module")
def pgp():
    """Two keys: pgp.fingerprints["good"] and ["other"]."""
    pgp = OpenPgp()
    pgp.fingerprints = {name: pgp.make(name) for name in ("good", "other")}
    yield pgp
    pgp.close()
