# SPDX-License-Identifier: Apache-2.0
"""A damaged kernel or root is never booted; a disk of an image is made once and goes with it."""

import glob
import os
import subprocess

import pytest

pytestmark = pytest.mark.parametrize("level", ["kvm"], scope="session")


def guest_file(engine, name):
    found = glob.glob(f"{engine.data}/cas/tree/*/rootfs/guest/{name}")
    assert len(found) == 1, found
    return found[0]


def disks(engine):
    return {os.stat(path).st_ino for path in glob.glob(f"{engine.data}/cas/tree/*/disk.erofs")}


@pytest.mark.parametrize("name", ["vmlinux", "root.squashfs", "writable.blocks"])
def test_a_changed_byte_is_noticed(engine, name):
    assert engine.run("exit", "3").status == 3
    path = guest_file(engine, name)
    before = os.stat(path)
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
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # a template is named by it
    assert result.status == 254
    assert f"guest/{name} is damaged: its checksum is wrong" in result.stderr, result
    assert engine.run("exit", "3").status == 3


def test_the_checksums_cannot_be_missing(engine):
    """What is booted is held against them.  A saved guest is found by the content of both, and needs none."""
    assert engine.run("exit", "3").status == 3
    path = guest_file(engine, "checksums")
    off = os.path.join(engine.data, "vm-templates/off")
    os.rename(path, path + ".away")
    try:
        assert engine.run("exit", "3").status == 3  # restored
        with open(off, "w"):
            pass
        result = engine.run("exit", "3")
    finally:
        os.rename(path + ".away", path)
        os.unlink(off)
    assert result.status == 254 and "checksums" in result.stderr, result


def test_the_disk_of_an_image_is_made_once(engine):
    assert engine.run("exit", "3").status == 3
    made = disks(engine)
    assert made
    assert engine.run("exit", "3").status == 3
    assert disks(engine) == made


WITHOUT_MKFS = """
set -eu
mkdir "$1/upper" "$1/work"
mount -t overlay -o "lowerdir=/usr/bin,upperdir=$1/upper,workdir=$1/work" overlay /usr/bin
rm -f /usr/bin/mkfs.erofs
shift
exec "$@"
"""


def test_without_the_tool_the_root_is_shared(engine, image, tmp_path):
    path = image(name="example.com/without-a-disk")
    layers = tmp_path / "layers"
    layers.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "layers", str(layers)], check=True)
    try:
        command = engine.command(engine._words("run", ["exit", "3"], [engine.quiet_network], [], path, "/probe"))
        done = subprocess.run(["unshare", "--mount", "--propagation=private", "sh", "-c", WITHOUT_MKFS, "sh",
                               str(layers), *command], capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
    finally:
        subprocess.run(["umount", str(layers)], check=True)
    engine.note_uuids()
    assert done.returncode == 3, done
    assert "mkfs.erofs: No such file or directory; the stage1 has to share the files" in done.stderr, done
