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


@pytest.mark.levels("coreos", "kvm")
@pytest.mark.parametrize("option,name", [([], "rkt-"), (["--hostname=mine"], "mine\n")])
def test_the_file_with_the_pod_s_name_is_the_pod_s(engine, image, option, name):
    mine = image(files={"/etc/hostname": "of-the-image"})
    for path in (None, mine):
        result = engine.run("cat", "/etc/hostname", ",", "stat", "/etc/hostname", image=path, pod=option)
        assert result.text.startswith(name), result
        assert "type=file mode=0644 uid=0 gid=0" in result.text


@pytest.mark.levels("coreos", "kvm")
def test_a_volume_on_that_file_is_what_an_app_sees(engine, tmp_path):
    file = tmp_path / "name"
    file.write_text("of-the-volume")
    result = engine.run("cat", "/etc/hostname", pod=[f"--volume=v,kind=host,source={file}",
                                                     "--mount=volume=v,target=/etc/hostname"])
    assert result.content == "of-the-volume", result
