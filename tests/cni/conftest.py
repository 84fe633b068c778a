# SPDX-License-Identifier: Apache-2.0
"""
The CNI plugins, each test in new network and mount namespaces.

RKT_CNI         the program (default: out/rkt-cni)
TESTS_MUST_RUN  1: a skipped test is a failure
"""
import os
import pathlib
import shutil

import pytest

from machine import Machine

OUT = pathlib.Path(__file__).resolve().parents[2] / "out"
PROGRAM = os.environ.get("RKT_CNI") or str(OUT / "rkt-cni")
OURS = ("bridge", "host-local", "loopback", "portmap", "ptp")
GO = "/usr/lib/cni"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("TESTS_MUST_RUN") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, but TESTS_MUST_RUN=1: {report.longrepr}"


@pytest.fixture(scope="session")
def ours(tmp_path_factory):
    """The folder of our plugins."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    if not os.path.exists(PROGRAM):
        pytest.skip(f"not built: {PROGRAM}")
    folder = tmp_path_factory.mktemp("plugins")
    first = folder / OURS[0]
    shutil.copy(PROGRAM, first)
    for name in OURS[1:]:
        os.link(first, folder / name)
    return str(folder)


@pytest.fixture(scope="session")
def go():
    """The folder of Debian's plugins, which are written in Go."""
    if not os.path.exists(f"{GO}/ptp"):
        pytest.skip("needs containernetworking-plugins")
    return GO


@pytest.fixture
def machine(ours, tmp_path):
    """A machine with no network but lo; what is left of it in the end is a failure."""
    made = Machine(ours, tmp_path)
    yield made
    made.check_residue()
    made.forget()
