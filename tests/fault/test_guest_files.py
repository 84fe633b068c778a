# SPDX-License-Identifier: Apache-2.0
"""A damaged kernel or root is never booted; a disk of an image is made once and goes with it."""

import glob
import os

import pytest

pytestmark = pytest.mark.parametrize("level", ["kvm"], scope="session")


def guest_file(engine, name):
    found = glob.glob(f"{engine.data}/cas/tree/*/rootfs/guest/{name}")
    assert len(found) == 1, found
    return found[0]


def disks(engine):
    return {os.stat(path).st_ino for path in glob.glob(f"{engine.data}/cas/tree/*/disk.squashfs")}


@pytest.mark.parametrize("name", ["vmlinux", "root.squashfs"])
def test_a_changed_byte_is_noticed(engine, name):
    assert engine.run("exit", "3").status == 3
    path = guest_file(engine, name)
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    try:
        result = engine.run("exit", "3")
    finally:
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            file.write(byte)
    assert result.status == 254
    assert f"guest/{name} is damaged: its checksum is wrong" in result.stderr, result
    assert engine.run("exit", "3").status == 3


def test_the_checksums_cannot_be_missing(engine):
    assert engine.run("exit", "3").status == 3
    path = guest_file(engine, "checksums")
    os.rename(path, path + ".away")
    try:
        result = engine.run("exit", "3")
    finally:
        os.rename(path + ".away", path)
    assert result.status == 254 and "checksums" in result.stderr, result


def test_the_disk_of_an_image_is_made_once(engine):
    assert engine.run("exit", "3").status == 3
    made = disks(engine)
    assert made
    assert engine.run("exit", "3").status == 3
    assert disks(engine) == made
