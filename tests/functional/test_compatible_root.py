# SPDX-License-Identifier: Apache-2.0
"""What an app finds in its root: as the functional tests of rkt 1.30 have it."""


def test_mtab_leads_to_the_mounts(engine):
    assert engine.run("readlink", "/etc/mtab").content == "../proc/self/mounts"


def test_tmp_is_there_for_everybody(engine):
    result = engine.run("write", "/tmp/x", "text", ",", "stat", "/tmp", app=["--user=1000"])
    assert result.text.startswith("type=directory mode=1777"), result


def test_mtab_of_the_image_stays(engine, image):
    mine = image(files={"/etc/mtab": "mine"})
    assert engine.run("cat", "/etc/mtab", image=mine).content == "mine"
