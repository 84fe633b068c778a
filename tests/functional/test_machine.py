# SPDX-License-Identifier: Apache-2.0
"""What only a virtual machine has: a kernel, a clock and random numbers of its own."""

import glob
import os
import shutil
import signal
import subprocess
import time

import pytest

from harness.engine import wait_until


@pytest.fixture(autouse=True)
def only_in_a_machine(request):
    if request.getfixturevalue("level") != "kvm":
        pytest.xfail("namespaces share the host's kernel")


def read(engine, path, **options):
    result = engine.run("cat", path, **options)
    assert result.status == 0, result
    return result.content


def test_the_kernel_is_not_the_hosts(engine):
    assert read(engine, "/proc/sys/kernel/osrelease") != os.uname().release


def test_no_two_machines_have_the_same_boot_id_or_random_numbers(engine):
    results = [engine.run("cat", "/proc/sys/kernel/random/boot_id", ",",
                          "cat", "/proc/sys/kernel/random/uuid") for _ in range(2)]
    assert all(result.status == 0 for result in results), results
    words = [word for result in results for word in result.text.split()]
    assert len(set(words)) == 4, words


def test_the_clock_is_right(engine):
    before = time.time()
    result = engine.run("time")
    assert result.status == 0, result
    assert before - 2 < float(result.text) < time.time() + 2


def test_the_host_name_is_of_the_pod(engine):
    names = {engine.run("hostname").content for _ in range(2)}
    assert len(names) == 2, names


def test_a_killed_machine_is_noticed(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    os.kill(machine_of(pod), 9)
    assert pod.wait().status == 137
    status = engine.rkt("status", pod.uuid)
    assert "app-app=137" in status.stdout, status


def test_what_an_app_writes_needs_no_memory(engine):
    """Of a machine of 256 MiB, whose app may use 100."""
    result = engine.run("fill", "/large", "400", app=["--memory=100M"])
    assert result.status == 0, result


def test_apps_of_one_image_share_its_disk(engine):
    """More of them than there are devices."""
    pod = engine.run_apps(*[[f"--name=app{i}", "--", "write", "/mine", str(i), ",", "cat", "/mine"] for i in range(9)], start=True)
    result = pod.wait()
    assert result.status == 0, result
    lines = {line.split("]: ", 1)[1] for line in result.stdout.splitlines()}
    assert lines == {str(i) for i in range(9)}, result


def disk_of(engine, uuid):
    return os.path.join(engine.data, "pods/run", uuid, "writable.ext4")


def test_what_an_app_removes_is_the_hosts_again(engine):
    """Some seconds later, by the guest's next commit."""
    pod = engine.start("fill", "/large", "64", ",", "print", "full", ",", "remove", "/large", ",", "sleep-forever")
    pod.wait_for("full")
    most = os.stat(disk_of(engine, pod.uuid)).st_blocks
    wait_until(lambda: os.stat(disk_of(engine, pod.uuid)).st_blocks < most - (56 << 11), pod)
    assert engine.rkt("stop", pod.uuid).status == 0


def test_a_pod_whose_machine_never_came_up_is_exported_as_its_images_are(engine, tmp_path):
    pod = engine.start("write", "/new", "1")
    assert pod.wait().status == 0
    os.unlink(disk_of(engine, pod.uuid))
    out = str(tmp_path / "out.aci")
    assert engine.rkt("export", pod.uuid, out).status == 0
    names = subprocess.run(["tar", "-tzf", out], check=True, capture_output=True, text=True).stdout.split()
    assert "rootfs/probe" in names and "rootfs/new" not in names


def test_a_disk_that_a_guest_has_spoilt_is_an_error_of_its_pod(engine, tmp_path):
    pod = engine.start("write", "/new", "1")
    assert pod.wait().status == 0
    with open(disk_of(engine, pod.uuid), "r+b") as file:
        file.write(os.urandom(1 << 16))
    for words in (("start", pod.uuid), ("export", pod.uuid, str(tmp_path / "out.aci"))):
        result = engine.rkt(*words)
        assert result.status == 254 and "mounting the disk for what apps write" in result.stderr, result
    assert not os.listdir(tmp_path)


def test_what_a_killed_machine_has_left_can_be_used(engine):
    pod = engine.start("fill", "/large", "20", ",", "print", "up", ",", "sleep-forever").wait_for("up")
    os.kill(machine_of(pod), 9)
    assert pod.wait().status == 137
    again = engine.start_words("start", pod.uuid)
    again.wait_for("up")
    assert engine.rkt("stop", pod.uuid).status == 0
    assert again.wait().status in (0, 143), again.result()


def machine_of(pod):
    """The hypervisor: the leader's child."""
    with open(f"/proc/{pod.pid}/task/{pod.pid}/children") as file:
        return int(file.read().split()[0])


def has_hardware(engine):
    """As stage1-kvm sees it; that it can be believed is for its unit tests."""
    result = engine.rkt("explain", f"--stage1-path={engine.stage1}", engine.default_image, "--name=app")
    assert ("emulated (TCG)" in result.stdout) != ("by the processor (KVM)" in result.stdout), result
    return "by the processor (KVM)" in result.stdout


def test_a_machine_is_emulated_where_the_processor_has_no_virtualization(engine):
    with open("/proc/cpuinfo") as file:
        flags = next(line for line in file if line.startswith("flags")).split()
    assert not has_hardware(engine) or "vmx" in flags or "svm" in flags
    machine = machine_of(start_idle(engine))
    with open(f"/proc/{machine}/cmdline") as file:
        words = file.read().split("\0")
    assert words[words.index("-accel") + 1].split(",")[0] == ("kvm" if has_hardware(engine) else "tcg")


def test_emulation_is_told_in_one_line_that_an_operator_can_silence(engine):
    accepted = os.path.join(engine.data, "vm-templates/emulated")
    assert "the machine is emulated" not in engine.run("exit", "0").stderr
    os.unlink(accepted)
    try:
        result = engine.run("exit", "0")
    finally:
        engine.accept_emulation()
    assert result.status == 0
    lines = [line for line in result.stderr.splitlines() if "the machine is emulated" in line]
    assert len(lines) == (0 if has_hardware(engine) else 1), result
    assert all("vm-templates/emulated" in line for line in lines), result


def test_the_machine_is_explained(engine):
    result = engine.rkt("explain", f"--stage1-path={engine.stage1}", engine.default_image,
                        "--name=app", "--memory=100M", "--cpu=1500m")
    assert result.status == 0, result
    assert "virtual machine" in result.stdout and "2 CPUs" in result.stdout, result
    assert ("by the processor (KVM)" if has_hardware(engine) else "emulated (TCG)") in result.stdout, result
    assert "restored from a template of its size if each image comes as a disk" in result.stdout, result
    result = engine.rkt("explain", f"--stage1-path={engine.stage1}",
                        "--volume=v,kind=host,source=/", "--mount=volume=v,target=/v",
                        engine.default_image, "--name=app")
    assert "booted cold: volumes of the host" in result.stdout, result


def start_idle(engine):
    return engine.start("print", "up", ",", "sleep-forever").wait_for("up")


def is_restored(pod):
    with open(f"/proc/{machine_of(pod)}/cmdline", "rb") as file:
        return b"-incoming" in file.read().split(b"\0")


def templates(engine):
    place = os.path.join(engine.data, "vm-templates")
    return [os.path.join(place, name) for name in os.listdir(place) if len(name) == 32]


def test_a_machine_is_restored_and_shares_nothing_that_was_written(engine):
    assert all(is_restored(start_idle(engine)) for _ in range(2))
    template = max(templates(engine), key=os.path.getmtime)  # of the last use
    memory = os.stat(os.path.join(template, "memory"))
    assert engine.run("memhog", "64").status == 0
    after = os.stat(os.path.join(template, "memory"))
    assert (memory.st_mtime_ns, memory.st_ctime_ns, memory.st_blocks) == (
        after.st_mtime_ns, after.st_ctime_ns, after.st_blocks)


def test_pods_of_about_the_same_size_share_a_template(engine):
    assert engine.run("exit", "0", app=["--memory=100M"]).status == 0
    before = set(templates(engine))
    assert engine.run("exit", "0", app=["--memory=120M"]).status == 0
    assert set(templates(engine)) == before


def resident_mib(machine):
    with open(f"/proc/{machine}/status") as file:
        return next(int(line.split()[1]) >> 10 for line in file if line.startswith("VmRSS"))


def cached_mib(path):
    found = subprocess.run(["fincore", "--bytes", "--noheadings", "--output=RES", path], check=True, capture_output=True)
    return int(found.stdout) >> 20


def test_memory_is_given_back_and_never_had_twice(engine):
    """An app's memory is not kept as part of the template's file as well, and goes when the app lets go of it."""
    pod = start_idle(engine)
    machine = machine_of(pod)
    assert is_restored(pod)
    memory = os.path.join(last_template(engine), "memory")
    resident, cached = resident_mib(machine), cached_mib(memory)
    assert engine.rkt("enter", pod.uuid, "/probe", "memhog", "200").status == 0
    assert cached_mib(memory) < cached + 50
    end = time.monotonic() + 30
    while resident_mib(machine) > resident + 60 and time.monotonic() < end:
        time.sleep(0.1)
    assert resident_mib(machine) <= resident + 60


def test_the_hypervisor_cannot_write_to_a_template(engine):
    pod = start_idle(engine)
    assert is_restored(pod)
    machine = machine_of(pod)
    template = max(templates(engine), key=os.path.getmtime)
    writable = []
    for fd in os.listdir(f"/proc/{machine}/fd"):
        if os.readlink(f"/proc/{machine}/fd/{fd}").startswith(template):
            with open(f"/proc/{machine}/fdinfo/{fd}") as file:
                flags = int(next(line for line in file if line.startswith("flags")).split()[1], 8)
            if flags & os.O_ACCMODE != os.O_RDONLY:
                writable.append(fd)
    assert not writable
    with open(f"/proc/{machine}/maps") as file:
        shared = [line for line in file if template in line and line.split()[1].endswith("s")]
    assert not shared


@pytest.mark.parametrize("name", ["memory", "state", "record"])
def test_a_damaged_template_is_booted_around(engine, name):
    assert engine.run("exit", "3").status == 3
    for template in templates(engine):
        path = os.path.join(template, name)
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.seek(1 << 20 if name == "memory" else 20)
            file.write(b"damage")
    assert engine.run("exit", "4").status == 4
    assert is_restored(start_idle(engine))


def last_template(engine):
    return max(templates(engine), key=os.path.getmtime)


def damage_plausibly(template, start, content):
    """Damage that looks as if it had been compared on this boot already: what no checksum finds."""
    path = os.path.join(template, "memory")
    os.chmod(path, 0o600)
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(content)
    os.chmod(path, 0o444)
    status = os.stat(path)
    with open("/proc/sys/kernel/random/boot_id") as file:
        boot = file.read()
    with open(os.path.join(template, "checked"), "w") as file:
        file.write(f"{status.st_ino} {status.st_size} {in_seconds(status.st_mtime_ns)}"
                   f" {in_seconds(status.st_ctime_ns)} {boot}")


def in_seconds(nanoseconds):
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"


# Where the guest's kernel lies: its code jumps on the spot, or there is nothing left of it and its data.
KERNEL = 16 << 20


def break_init(engine, template):
    """The code of the guest's first process, wherever its pages lie in the guest's memory, becomes invalid."""
    root = glob.glob(f"{engine.data}/cas/tree/*/rootfs/guest/root.squashfs")
    with open(root[0], "rb") as file:
        init = file.read()
    init = init[init.index(b"\x7fELF"):]
    pages = {init[at:at + 4096] for at in range(0, len(init) - 4096, 4096)} - {bytes(4096)}
    with open(os.path.join(template, "memory"), "rb") as file:
        memory = file.read()
    found = [at for at in range(0, len(memory), 4096) if memory[at:at + 4096] in pages]
    assert found
    for at in found:
        damage_plausibly(template, at, b"\x0f\x0b" * 2048)


def test_a_guest_that_panics_is_booted_around_and_its_last_words_are_told(engine):
    assert engine.run("exit", "3").status == 3
    break_init(engine, last_template(engine))
    result = engine.run("exit", "4")
    assert result.status == 4
    warning = [line for line in result.stderr.splitlines() if "warning: the machine is booted" in line]
    assert len(warning) == 1 and "Kernel panic" in warning[0], result


@pytest.mark.parametrize("kernel,reason", [(b"\xeb\xfe" * (4 << 19), "the guest was silent for too long"),
                                           (bytes(16 << 20), "the guest ended")],
                         ids=["silent", "dead"])
def test_a_template_whose_guest_does_not_answer_is_dropped_and_booted_around(engine, kernel, reason):
    assert engine.run("exit", "3").status == 3
    template = last_template(engine)
    identity = os.stat(template).st_ino
    damage_plausibly(template, KERNEL, kernel)
    start = time.monotonic()
    result = engine.run("exit", "4")
    took = time.monotonic() - start
    assert result.status == 4
    warnings = [line for line in result.stderr.splitlines() if "warning: the machine is booted" in line]
    assert len(warnings) == 1 and reason in warnings[0], result
    assert took < 50, took  # on a crowded machine the guest is given more than its four seconds
    assert not os.path.exists(template)
    assert is_restored(start_idle(engine))
    assert os.stat(template).st_ino != identity


def test_an_operator_switches_templates_off(engine):
    place = os.path.join(engine.data, "vm-templates")
    os.makedirs(place, 0o700, exist_ok=True)
    with open(os.path.join(place, "off"), "w"):
        pass
    try:
        assert not is_restored(start_idle(engine))
    finally:
        os.unlink(os.path.join(place, "off"))


def test_templates_that_others_could_write_to_are_not_used(engine):
    place = os.path.join(engine.data, "vm-templates")
    os.makedirs(place, 0o700, exist_ok=True)
    os.chmod(place, 0o755)
    try:
        result = engine.run("exit", "5")
    finally:
        os.chmod(place, 0o700)
    assert result.status == 5
    assert "booted, not restored: vm-templates: not root's alone" in result.stderr, result


def test_two_first_starts_at_once_both_run(engine):
    engine.run("exit", "0")
    for template in templates(engine):
        shutil.rmtree(template)
    pods = [engine.start("exit", str(5 + i)) for i in range(2)]
    assert [pod.wait().status for pod in pods] == [5, 6]
    assert len(templates(engine)) == 1  # those of other sizes were removed above


def test_the_hypervisor_is_jailed(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    machine = machine_of(pod)
    with open(f"/proc/{machine}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert set(status["Uid"].split()) == set(status["Gid"].split()) == {str(0x70000000 + pod.pid)}
    assert status["Groups"].strip() == ""
    for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(status[kind], 16) == 0, kind
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    own = ["dev"] if has_hardware(engine) else []
    assert sorted(os.listdir(f"/proc/{machine}/root")) == own + ["lib", "lib64", "proc", "usr"]
    assert os.listdir(f"/proc/{machine}/root/usr/bin") == ["qemu-system-x86_64"]
    assert set(os.listdir(f"/proc/{machine}/root/usr")) <= {"bin", "lib", "lib64", "share"}
    assert set(os.listdir(f"/proc/{machine}/root/usr/share")) <= {"qemu", "seabios"}
    with open(f"/proc/{machine}/limits") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    assert limits["Max core file size"] == ["0", "0"] and limits["Max file size"] == [str(64 << 30)] * 2, limits
    assert int(limits["Max open files"][1]) <= 512 and int(limits["Max processes"][1]) <= 256, limits
    for kind in ("mnt", "pid", "ipc", "uts", "net"):
        assert os.readlink(f"/proc/{machine}/ns/{kind}") != os.readlink(f"/proc/self/ns/{kind}")
    opened = {os.readlink(f"/proc/{machine}/fd/{fd}") for fd in os.listdir(f"/proc/{machine}/fd")}
    devices = {path for path in opened if path.startswith("/dev/")} - {"/dev/null", "/dev/kvm"}
    assert not devices, devices
    with open(f"/proc/{machine}/cgroup") as file:
        assert pod.uuid in file.read().replace("\\x2d", "-")


def test_a_machine_that_hangs_is_killed_when_it_is_to_stop(engine):
    pod = start_idle(engine)
    os.kill(machine_of(pod), signal.SIGSTOP)
    assert engine.rkt("stop", pod.uuid).status == 0
    result = pod.wait(timeout=40)
    assert result.status == 254 and "it did not answer, and is killed" in result.stderr, result


def test_a_machine_that_resets_itself_is_an_error(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    os.kill(machine_of(pod), 15)  # QEMU ends, as it does when a guest resets itself
    result = pod.wait()
    assert result.status == 254
    assert "the virtual machine ended by itself" in result.stderr


def test_a_dead_leader_takes_its_machine_along(engine):
    pod = engine.start("print", "up", ",", "sleep-forever").wait_for("up")
    machine = machine_of(pod)
    os.kill(pod.pid, 9)
    end = time.monotonic() + 20
    while os.path.exists(f"/proc/{machine}") and time.monotonic() < end:
        time.sleep(0.01)
    assert not os.path.exists(f"/proc/{machine}")


def test_a_guest_that_floods_does_not_make_its_leader_grow(engine):
    pod = engine.start("print", "up", ",", "flood", str(8 << 20), ",", "sleep-forever")
    pod.wait_for("up")
    size = os.path.getsize(pod._path("out"))
    while size < 8 << 20 and pod.process.poll() is None:
        time.sleep(0.05)
        size = os.path.getsize(pod._path("out"))
    with open(f"/proc/{pod.pid}/status") as file:
        peak = [int(line.split()[1]) for line in file if line.startswith("VmHWM")]
    assert peak[0] < 4096, peak


def test_the_kernel_has_what_apps_and_we_need(engine):
    known = {line.split()[-1] for line in read(engine, "/proc/filesystems").splitlines()}
    wanted = {"squashfs", "erofs", "overlay", "virtiofs", "ext4", "tmpfs", "cgroup2", "mqueue", "proc", "sysfs"}
    assert wanted <= known, wanted - known


def test_the_kernel_takes_no_modules(engine):
    result = engine.run("cat", "/proc/modules")
    assert result.status != 0, result
