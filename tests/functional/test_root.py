# SPDX-License-Identifier: Apache-2.0
"""The app's root file system: devices, /proc, /sys, masks, read-only roots."""

import os

import pytest

DEVICES = {"null": "1:3", "zero": "1:5", "full": "1:7", "random": "1:8", "urandom": "1:9", "tty": "5:0"}


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_the_devices_of_the_spec_are_there(engine, name):
    result = engine.run("stat", f"/dev/{name}")
    mode = os.stat(f"/dev/{name}").st_mode & 0o7777  # the nodes are the host's, shown inside
    assert f"type=character mode={mode:04o}" in result.text
    assert f"device={DEVICES[name]}" in result.text


def test_the_devices_work(engine):
    result = engine.run("access", "/dev/null", ",", "access", "/dev/urandom", ",", "access", "/dev/zero")
    assert result.text == "read=ok write=ok\n" * 3


def test_dev_holds_nothing_else_of_the_host(engine):
    names = set(engine.run("ls", "/dev").text.split())
    allowed = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm",
               "fd", "stdin", "stdout", "stderr", "core", "mqueue"}
    assert {"null", "zero", "pts", "ptmx", "shm", "fd", "stdin", "stdout", "stderr"} <= names
    assert names <= allowed, names - allowed


def test_shm_and_tmp_like_places_can_be_written(engine):
    result = engine.run("write", "/dev/shm/x", "y", ",", "cat", "/dev/shm/x")
    assert result.content == "y"


def test_a_device_made_by_oneself_is_of_no_use(engine):
    value = engine.run("syscall", "mknod-open").values()["mknod-open"]
    assert value in ("EACCES", "EPERM", "ENXIO")


def test_no_device_node_works_in_a_volume_either(engine):
    mounts = engine.run("mounts", pod=["--volume=v,kind=empty"], app=["--mount=volume=v,target=/v"])
    (volume,) = [line for line in mounts.text.splitlines() if line.split()[4] == "/v"]
    assert "nodev" in volume.split()[5].split(",")


def test_the_root_is_nodev(engine):
    (root,) = [line for line in engine.run("mounts").text.splitlines() if line.split()[4] == "/"]
    assert "nodev" in root.split()[5].split(",")


def is_the_hosts(line):
    """A line of mountinfo: it shows in the pod, at the same path, the same file system as on the host."""
    def device_and_path(line):
        return line.split()[2], line.split()[4]

    with open("/proc/self/mountinfo") as file:
        hosts = {device_and_path(line) for line in file}
    return line.split()[4].startswith(("/proc", "/sys", "/dev")) and device_and_path(line) in hosts


def test_no_mount_leads_back_to_the_host(engine):
    for line in engine.run("mounts").text.splitlines():
        optional = line.split(" - ")[0].split()[6:]
        assert not any(word.startswith("shared:") for word in optional), line
        # Where a level shows /proc, /sys and /dev of the host, new mounts there arrive; nowhere else.
        assert is_the_hosts(line) or not any(word.startswith("master:") for word in optional), line


def test_proc_is_proc_and_sys_is_sys(engine):
    assert engine.run("cat", "/proc/self/comm").text == "probe\n"
    assert engine.run("exists", "/sys/kernel").status == 0


def existing(*paths):
    """What this kernel does not have needs no protection."""
    return [path for path in paths if os.path.exists(path)]


@pytest.mark.parametrize("path", existing("/proc/sysrq-trigger", "/proc/sys/kernel/panic",
                                          "/sys/kernel/uevent_helper", "/proc/sys/vm/drop_caches"))
def test_dangerous_places_cannot_be_written(engine, path):
    result = engine.run("access", path)
    assert "write=ok" not in result.text, result


@pytest.mark.parametrize("path", existing("/proc/kcore", "/proc/keys", "/proc/timer_list"))
def test_secrets_of_the_kernel_cannot_be_read(engine, path):
    result = engine.run("cat", path)
    assert result.text == "", result


def test_the_root_can_be_written_and_is_forgotten(engine):
    assert engine.run("write", "/new", "x", ",", "cat", "/new").content == "x"
    assert engine.run("exists", "/new").status == 1


def test_a_read_only_root_refuses_writes(engine):
    result = engine.run("access", "/probe", ",", "write", "/new", "x", app=["--readonly-rootfs=true"])
    assert result.status == 1
    assert "EROFS" in result.text or "Read-only" in result.stderr
    assert "Read-only file system" in result.stderr


def test_a_read_only_root_can_have_writable_volumes(engine):
    result = engine.run("write", "/data/x", "y", ",", "cat", "/data/x",
                        pod=["--volume=d,kind=empty"],
                        app=["--readonly-rootfs=true", "--mount=volume=d,target=/data"])
    assert result.content == "y"


def test_an_image_with_its_own_dev_does_not_matter(engine, image):
    mine = image(files={"/dev/null": "not a device", "/dev/evil": "x"},
                 links={"/proc": "/tmp", "/sys": "../../../../sys"})
    result = engine.run("stat", "/dev/null", image=mine)
    if result.status == 0:
        assert "device=1:3" in result.text
        assert engine.run("exists", "/dev/evil", image=mine).status == 1
    else:
        assert result.status == 254


def test_links_of_the_image_do_not_lead_to_the_host(engine, image):
    with open("/etc/hostname" if os.path.exists("/etc/hostname") else "/etc/passwd") as file:
        host = file.read()
    mine = image(links={"/out": "../../../../../../../../etc"})
    result = engine.run("cat", "/out/passwd", image=mine)
    assert result.status == 1
    assert host not in result.text


def test_two_pods_of_one_image_do_not_see_each_other(engine):
    pod = engine.start("write", "/mine", "x", ",", "print", "written", ",", "sleep-forever")
    pod.wait_for("written")
    assert engine.run("exists", "/mine").status == 1


@pytest.mark.parametrize("copy", [[], ["--no-overlay"]])
def test_the_devices_work_in_pods_of_several_apps(engine, copy):
    words = ["access", "/dev/null", ",", "access", "/dev/zero"]
    result = engine.run_apps(["--name=one", "--", *words], ["--name=two", "--", *words], pod=["--net=none", *copy])
    assert result.status == 0 and result.text.count("read=ok write=ok") == 4, result


def test_a_copy_instead_of_an_overlay_works_as_well(engine):
    result = engine.run("write", "/new", "x", ",", "cat", "/new", pod=["--no-overlay"])
    assert result.content == "x", result
