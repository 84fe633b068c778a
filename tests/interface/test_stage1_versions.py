# SPDX-License-Identifier: Apache-2.0
"""Older stage1s under our rkt: which flags each interface version gets, and what is said of the others."""

import re

import pytest

import captures

ALL_OPTIONS = ["--hostname=h", "--dns=8.8.8.8", "--hosts-entry=host", "--ipc=parent"]
# The original left these out without a word; that an option which lessens security had no effect is worth one.
OURS_ALONE = {version: ["--insecure-options of the run are not supported by stage1"] for version in ("1", "2")}


def recorded():
    """{version: {"run": arguments, "gc": arguments, "warnings": […]}}"""
    found = {}
    for line in captures.read_text(captures.FOLDER / "ifver.txt").splitlines():
        match = re.match(r"ifver=(\d) (run|gc): (.*?) ?$", line)
        if match:
            version = found.setdefault(match.group(1), {"warnings": []})
            version[match.group(2)] = match.group(3).split()
        else:
            version["warnings"].append(line.strip().removeprefix("stage0: warning: "))
    return found


RECORDED = recorded()


@pytest.mark.parametrize("version", [None, *RECORDED])
def test_run_and_gc_get_what_the_version_knows(stub_rkt, version):
    expected = RECORDED[version or "1"]
    words = stub_rkt.translate(["--insecure-options=image,all-run", "run", *ALL_OPTIONS, "/srv/capture"],
                               stage1=stub_rkt.images.stage1(version))
    run = stub_rkt.run(words)
    assert run.result.status == 0, run
    assert run.account("run").argv[1:] == expected["run"]
    warnings = [line.split("warning: ", 1)[1] for line in run.result.stderr.splitlines()]
    assert sorted(warnings) == sorted(expected["warnings"] + OURS_ALONE.get(version or "1", [])), run
    gc = stub_rkt.run(["gc", "--grace-period=0"])
    assert gc.account("gc").argv[1:] == expected["gc"]


@pytest.mark.parametrize("version", ["0", "x", "7", "4294967296", ""])
def test_a_strange_version_is_understood_or_refused(stub_rkt, version):
    """More than we know is all we know; what is no version is the oldest."""
    words = stub_rkt.translate(["run", "--hostname=h", "/srv/capture"], stage1=stub_rkt.images.stage1(version))
    run = stub_rkt.run(words)
    assert run.result.status == 0, run
    assert ("--hostname=h" in run.account("run").argv) == (version == "7")
