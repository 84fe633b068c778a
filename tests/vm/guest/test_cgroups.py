# SPDX-License-Identifier: Apache-2.0
"""The cgroups of pods wherever an operator runs them: their places, limits, devices, end."""

import os
import signal

import pytest

from harness.engine import wait_until
from systemd_unit import CGROUPS, PLACES, Cgroup, app_cgroup, cgroup_of_process, run, scope_of

UP = ("print", "up", ",", "sleep-forever")
LIMITS = ["--memory=64Mi", "--cpu=500m", "--cpu-shares=512"]
SEE_CGROUP = ("cgroup", ",", "cat", "/sys/fs/cgroup/memory.max", ",")
PIDS = ("resource/pids", {"limit": "20"})


def check_seen(output):
    """What SEE_CGROUP prints where an app's cgroup is the root of all that it sees."""
    assert "0::/\n" in output and f"{64 << 20}\n" in output, output


def test_the_machine_is_as_it_should_be():
    assert run("cat", "/proc/1/comm") == "systemd"
    assert run("stat", "-f", "-c", "%T", CGROUPS) == "cgroup2fs"
    assert not os.path.exists(f"{CGROUPS}/unified")


def test_a_pod_is_where_the_interface_says(engine, place):
    unit = engine.unit(*UP, place=place).wait_for("up")
    scope = f"{place.base_of(unit.name)}/{scope_of(unit.uuid)}"
    assert unit.pod_file("subcgroup") == scope
    cgroup = app_cgroup(unit)
    assert cgroup.path == f"{scope}/system.slice/app.service"
    assert [os.path.basename(os.readlink(f"/proc/{pid}/exe")) for pid in cgroup.pids] == ["probe"]


def test_limits_are_in_the_cgroup_of_the_app(engine, place, isolated_image):
    unit = engine.unit(*UP, place=place, app=LIMITS, image=isolated_image(PIDS)).wait_for("up")
    cgroup = app_cgroup(unit)
    names = ("memory.max", "memory.oom.group", "cpu.max", "cpu.weight", "pids.max")
    assert {name: cgroup.read(name) for name in names} == {
        "memory.max": str(64 << 20), "memory.oom.group": "1", "cpu.max": "50000 100000",
        "cpu.weight": "50", "pids.max": "20"}


def test_too_much_memory_ends_the_app(engine, place):
    unit = engine.unit("memhog", "200", place=place, app=["--memory=50M"])
    assert unit.wait() == 137
    assert "has 200" not in unit.output
    if engine.level == "coreos":
        assert "app app: killed: it used more memory than its limit" in unit.output


def test_limits_of_processes_and_cpu_hold(engine, isolated_image):
    unit = engine.unit("forkbomb", "50", ",", "burn-cpu", "1500", app=["--cpu=200m"],
                       image=isolated_image(("resource/pids", {"limit": "10"})))
    assert unit.wait() == 0, unit
    values = dict(word.split("=") for word in unit.output.split() if "=" in word)
    assert values["stopped_by"] == "EAGAIN" and int(values["forked"]) < 10
    assert int(values["cpu_ms"]) < int(values["wall_ms"]) / 2, values


def test_limits_of_a_delegated_unit_bound_its_pods(engine):
    unit = engine.unit("memhog", "200", properties=["MemoryMax=60M", "MemorySwapMax=0"])
    assert unit.wait() == 137
    assert "has 200" not in unit.output


def test_a_slice_of_the_operator_holds_the_pod(engine):
    unit = engine.unit(*UP, properties=["Slice=shop-web.slice"]).wait_for("up")
    base = f"/shop.slice/shop-web.slice/{unit.name}"
    assert unit.pod_file("subcgroup") == f"{base}/{scope_of(unit.uuid)}"


def test_two_pods_share_a_delegated_unit(engine):
    line = " ".join(engine.run_command(*UP, app=["--memory=50M"]))
    unit = engine.service(["/bin/sh", "-c", f"{line} & {line} & wait"]).wait_for("up")
    base = Cgroup(f"/system.slice/{unit.name}")
    wait_until(lambda: unit.output.count("up") == 2, unit)
    assert [name for name in base.children if name.startswith("machine-rkt")][1:]
    assert base.read("cgroup.procs") == ""
    assert cgroup_of_process(unit.main_pid) == f"{base.path}/supervisor"


@pytest.mark.parametrize("service", ["delegated", "undelegated"])
def test_systemd_reloads_without_harm_to_pods(engine, service):
    unit = engine.unit(*UP, place=PLACES[service], app=LIMITS).wait_for("up")
    cgroup = app_cgroup(unit)
    run("systemctl", "daemon-reload")
    run("systemctl", "daemon-reexec")
    run("systemd-run", "--quiet", "--wait", "-p", "CPUWeight=50", "-p", "MemoryMax=50M",
        "-p", "Slice=machine.slice", "true")
    assert cgroup.read("memory.max") == str(64 << 20)
    assert cgroup.read("cpu.max") == "50000 100000"
    assert len(cgroup.pids) == 1


@pytest.mark.coreos
def test_an_app_sees_its_cgroup_alone_and_cannot_write(engine):
    unit = engine.unit(*SEE_CGROUP, "access", "/sys/fs/cgroup/cgroup.procs", ",", "mounts", ",",
                       "mkdir", "/sys/fs/cgroup/mine", app=["--memory=64Mi"])
    assert unit.wait() == 1
    check_seen(unit.output)
    assert "read=ok write=EROFS" in unit.output, unit
    lines = [line for line in unit.output.splitlines() if " - cgroup2 " in line]
    assert len(lines) == 1 and " ro," in lines[0], unit
    assert scope_of(unit.uuid) not in unit.output, unit


@pytest.mark.coreos
def test_handlers_see_the_same(engine, image):
    handlers = [{"name": name, "exec": ["/probe", *SEE_CGROUP[:-1]]}
                for name in ("pre-start", "post-stop")]
    unit = engine.unit("print", "main", image=image(eventHandlers=handlers), app=["--memory=64Mi"])
    assert unit.wait() == 0, unit
    before, after = unit.output.split("main\n")
    check_seen(before)
    check_seen(after)


def test_the_tree_stays_as_systemd_has_mounted_it(engine):
    def options():
        with open("/proc/mounts") as file:
            return [line for line in file if line.split()[1].startswith(CGROUPS)]
    before = options()
    assert "nsdelegate" in before[0]
    assert engine.unit("exit", "0").wait() == 0
    assert options() == before


def enter(engine, unit, *words, **options):
    return engine.rkt("enter", unit.uuid, "/probe", *words, **options)


def test_enter_joins_the_cgroup_of_the_app(engine, place):
    unit = engine.unit(*UP, place=place, app=["--memory=50M"]).wait_for("up")
    before = app_cgroup(unit).pids
    entered = engine.start_words("enter", unit.uuid, "/probe", *UP).wait_for("up")
    pids = set(app_cgroup(unit).pids) - set(before)
    assert len(pids) == 1
    assert os.readlink(f"/proc/{pids.pop()}/exe").endswith("/probe")
    assert entered.process.poll() is None
    hog = enter(engine, unit, "memhog", "200")
    assert hog.status == 137 and "has 200" not in hog.stdout


def open_in(cgroup, device):
    """What a process of this cgroup gets, whatever its file systems would let it."""
    return run("/bin/sh", "-c", f"echo 0 >'{cgroup.folder}/cgroup.procs' && exec <{device} && echo ok",
               check=False).rpartition(": ")[2]


@pytest.mark.coreos
def test_an_app_that_can_mount_opens_only_the_usual_devices(engine, place):
    unit = engine.unit(*UP, place=place, app=["--caps-retain=CAP_SYS_ADMIN"]).wait_for("up")
    cgroup = app_cgroup(unit)
    assert open_in(cgroup, "/dev/null") == open_in(cgroup, "/dev/urandom") == "ok"
    assert open_in(cgroup, "/dev/kmsg") == open_in(cgroup, "/dev/vda") == "Operation not permitted"


def test_without_a_policy_these_devices_could_be_opened(engine):
    unit = engine.unit(*UP).wait_for("up")
    assert open_in(app_cgroup(unit), "/dev/kmsg") == "ok"


@pytest.mark.coreos
def test_users_of_its_own(engine, place):
    unit = engine.unit("id", ",", *UP, place=place, pod=["--private-users"], app=LIMITS)
    unit.wait_for("up")
    assert "uid=0,0,0" in unit.output
    cgroup = app_cgroup(unit)
    assert cgroup.read("memory.max") == str(64 << 20)
    with open(f"/proc/{cgroup.pids[0]}/uid_map") as file:
        assert int(file.read().split()[1]) > 65535
    assert "uid=0,0,0" in enter(engine, unit, "id").stdout
    check_seen(enter(engine, unit, *SEE_CGROUP[:-1]).stdout)


@pytest.mark.coreos
@pytest.mark.parametrize("users", [(), ("--private-users",)], ids=["host-users", "own-users"])
def test_what_an_app_leaves_running_goes_with_it(engine, users):
    image = engine.default_image
    words = engine.command(["run", f"--stage1-path={engine.stage1}", "--net=host",
                            "--uuid-file-save=@UUID_FILE@", *users,
                            image, "--name=a", "--exec=/probe", "--", "fork-orphan", "60", "---",
                            image, "--name=b", "--exec=/probe", "--", *UP])
    unit = engine.service(words).wait_for("up")
    cgroup = app_cgroup(unit, "a")
    wait_until(lambda: unit.status_of("a") == "0", unit)
    wait_until(lambda: not cgroup.pids, f"{cgroup.path}: {cgroup.pids}")
    assert app_cgroup(unit, "b").pids


def end_by_kill(unit):
    leader = int(unit.pod_file("ppid") if unit.engine.level == "coreos" else unit.pod_file("pid"))
    os.kill(leader, signal.SIGKILL)


def test_a_killed_leader_leaves_nothing_that_gc_cannot_take(engine, place):
    unit = engine.unit(*UP, place=place, app=LIMITS).wait_for("up")
    scope = Cgroup(unit.pod_file("subcgroup"))
    pids = app_cgroup(unit).pids
    end_by_kill(unit)
    assert unit.wait() == 137
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), pids)
    assert engine.rkt("gc", "--grace-period=0").status == 0
    assert not os.path.exists(scope.folder)


def test_a_pod_that_ends_removes_its_cgroups(engine, place):
    unit = engine.unit("sleep", "300", place=place)
    scope = f"{CGROUPS}{place.base_of(unit.name)}/{scope_of(unit.uuid)}"
    assert unit.wait() == 0
    assert not os.path.exists(scope) or engine.level == "fly"


def test_the_machine_slice_can_be_stopped(engine):
    unit = engine.unit(*UP, place=PLACES["undelegated"], app=LIMITS).wait_for("up")
    cgroup = app_cgroup(unit)
    run("systemctl", "start", "machine.slice")
    run("systemctl", "stop", "machine.slice")
    assert cgroup.read("memory.max") == str(64 << 20)
    assert len(cgroup.pids) == 1
    assert cgroup_of_process(cgroup.pids[0]) == cgroup.path
