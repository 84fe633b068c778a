# SPDX-License-Identifier: Apache-2.0
"""What an app finds in its root: as the functional tests of rkt 1.30 have it."""

import os

import pytest


def test_mtab_leads_to_the_mounts(engine):
    assert engine.run("readlink", "/etc/mtab").content == "../proc/self/mounts"


def test_tmp_is_there_for_everybody(engine):
    result = engine.run("write", "/tmp/x", "text", ",", "stat", "/tmp", app=["--user=1000"])
    assert result.text.startswith("type=directory mode=1777"), result


def test_mtab_of_the_image_stays(engine, image):
    mine = image(files={"/etc/mtab": "mine"})
    assert engine.run("cat", "/etc/mtab", image=mine).content == "mine"


@pytest.mark.parametrize("path,kind", [("/sys/firmware", "directory"), ("/proc/keys", "file"),
                                       ("/proc/timer_list", "file"), ("/proc/kcore", "file")])
def test_what_is_hidden_has_no_mode(engine, path, kind):
    result = engine.run("stat", path)
    if not os.path.exists(path) and "No such file" in result.error_text:
        return  # this kernel has no such thing
    assert result.text.startswith(f"type={kind} mode=0000 uid=0 gid=0"), result


@pytest.mark.parametrize("path", ["/dev/null", "/dev/tty"])
def test_devices_are_for_everybody(engine, path):
    assert engine.run("stat", path).text.startswith("type=character mode=0666 uid=0 gid=0")


def test_terminals_are_for_everybody(engine):
    """fly shows the host's terminals, with the modes that the host gave them."""
    result = engine.run("stat", "/dev/pts/ptmx")
    assert engine.level == "fly" or result.text.startswith("type=character mode=0666 uid=0 gid=0")
