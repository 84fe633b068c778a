# SPDX-License-Identifier: Apache-2.0
"""enter, stop, gc and the lock of our stage1s, as the original rkt uses them."""

import os
import signal

import pytest

import captures
from harness.engine import wait_until
from original_rkt import read


def processes_of(pod):
    """Everybody in the pod's cgroups, wherever they are."""
    name = f"machine-rkt\\x2d{pod.uuid.replace('-', chr(92) + 'x2d')}.scope"
    found = set()
    for folder, _, files in os.walk("/sys/fs/cgroup"):
        if name in folder and "cgroup.procs" in files:
            found.update(read(os.path.join(folder, "cgroup.procs")).split())
    return found


# enter

@pytest.mark.parametrize("case", captures.cases("enter"))
def test_enter_is_called_as_captured(original, images, case):
    """The command of the capture, as a program of the image that prints its arguments."""
    argv = captures.read(case, "enter").raw_argv
    command = argv[argv.index("--") + 1:]
    mine = images.build(links={command[0]: "/probe"} if command[0] != "/probe" else {})
    pod = original.start("print", "up", ",", "sleep-forever", image=mine)
    result = pod.enter(command[0], "argv", *command[1:]).wait()
    assert result.status == 0, result
    assert result.stdout.split("\n")[:-1] == [f"[{word}]" for word in command[1:]], result


def test_enter_gives_status_streams_and_environment(original):
    pod = original.start("print", "up", ",", "sleep-forever", environment=[{"name": "A", "value": "b"}])
    result = pod.enter("/probe", "env", ",", "print-error", "bad", ",", "exit", "77", extra={"TERM": "vt52"}).wait()
    assert result.status == 77
    assert result.stderr == "bad\n"
    environment = dict(line.split("=", 1) for line in result.stdout.splitlines())
    assert environment["A"] == "b"
    assert environment["AC_APP_NAME"] == "app"
    assert environment["TERM"] == "vt52"
    assert "MARK" not in environment and not any(name.startswith("RKT_") for name in environment)


@pytest.mark.parametrize("question", ["caps", "id", "cgroup", "ns", "cwd", "mounts"])
@pytest.mark.parametrize("layout", ["overlay", "copy", "users"])
def test_who_enters_is_where_the_app_is(original, level, question, layout):
    flags = ["--net=host"]
    pod_options = {"overlay": layout == "overlay"}
    if layout == "users":
        flags.append("--private-users=2055602176:65536")
        pod_options["users"] = (2055602176, 65536)
    pod = original.start(question, ",", "print", "up", ",", "sleep-forever", flags=flags, pod=pod_options)
    entered = pod.enter("/probe", question).wait()
    assert entered.status == 0, entered
    assert entered.stdout == pod.main.result().text.replace("up\n", "")


def test_enter_chooses_among_several_apps(original):
    apps = [original.app("write", "/who", name, ",", "print", f"{name}-up", ",", "sleep-forever", name=name)
            for name in ("a", "b")]
    pod = original.prepare(apps=apps)
    pod.start("--net=host").wait_for("a-up").wait_for("b-up")
    for name in ("a", "b"):
        assert pod.enter("/probe", "cat", "/who", app=name).wait().stdout == name
    unknown = pod.enter("/probe", "print", "ran", app="c").wait()
    assert unknown.status == 254 and "--appname=c" in unknown.stderr and "ran" not in unknown.stdout


def test_a_wrong_pid_leads_nowhere_else(original, level):
    """Pids are reused: what counts is the cgroup of the app."""
    pod = original.start("ns", ",", "print", "up", ",", "sleep-forever")
    result = pod.enter("/probe", "ns", pid=os.getpid()).wait()
    if level == "coreos":
        assert result.status == 254 and result.stdout == ""
    else:
        assert result.values() == pod.main.result().values()


# stop

def test_stop_asks_the_app_to_end(original):
    pod = original.start("print", "up", ",", "trap", "TERM", "4")
    pod.main.wait_for("ready")
    assert pod.stop().status == 0
    assert pod.main.wait().status == 4


def test_an_app_without_a_handler_ends_by_the_signal(original, level):
    pod = original.start("print", "up", ",", "exec", "/probe", "trap", "USR1", "0")
    pod.main.wait_for("ready")
    assert pod.stop().status == 0
    assert pod.main.wait(60).status == (128 + signal.SIGTERM if level == "fly" else 0)


def test_stop_force_kills(original):
    pod = original.start("print", "up", ",", "ignore", "TERM", ",", "print", "deaf", ",", "sleep-forever")
    pod.main.wait_for("deaf")
    assert pod.stop("--force").status == 0
    assert pod.main.wait().status == 137
    assert not processes_of(pod)


def test_a_signal_to_run_stops_the_pod(original, level):
    """What systemd and people do: the process that rkt became gets SIGTERM."""
    pod = original.start("print", "up", ",", "trap", "TERM", "4")
    pod.main.wait_for("ready")
    os.kill(pod.main.pid, signal.SIGTERM)
    assert pod.main.wait().status == 4


def test_stop_of_an_ended_pod_is_told(original):
    pod = original.prepare("exit", "0")
    pod.run("--net=host")
    result = pod.stop()
    assert result.status == 254
    assert len(result.stderr.splitlines()) == 1


# gc and rm

@pytest.mark.parametrize("flags", [("--local-config", "/etc/rkt"), ("--debug", "--local-config", "/etc/rkt"), ("--",)])
def test_gc_can_be_repeated_wherever_the_pod_is(original, flags):
    pod = original.prepare("exit", "0")
    pod.run("--net=host")
    flags = () if flags == ("--",) else flags
    for home in ("exited-garbage", "garbage"):
        pod.move(home)
        for _ in range(2):
            result = pod.call("gc", *flags, extra={"PWD": pod.path})
            assert result.status == 0 and result.stdout == "" and result.stderr == "", result


@pytest.mark.parametrize("victim", ["leader", "container"])
def test_gc_after_a_kill_leaves_no_process(original, victim):
    pod = original.start("fork-orphan", "1000", ",", "print", "up", ",", "sleep-forever")
    os.kill(pod.main.pid if victim == "leader" else pod.container_pid(), signal.SIGKILL)
    pod.main.wait()
    pod.move("exited-garbage")
    assert pod.gc().status == 0
    assert not processes_of(pod)


def test_gc_of_a_pod_that_never_ran(original):
    pod = original.prepare("exit", "0").ready()
    pod.move("exited-garbage")
    assert pod.gc().status == 0


def test_gc_works_from_a_copy_too(original):
    pod = original.prepare("exit", "0", pod={"overlay": False})
    pod.run("--net=host")
    pod.move("exited-garbage")
    assert pod.gc().status == 0
    assert pod.gc().status == 0


def test_rm_can_unmount_and_delete_all(original, host_mounts):
    before = host_mounts()
    pod = original.start("write", "/mine", "x", ",", "print", "up", ",", "sleep-forever")
    pod.stop("--force")
    pod.main.wait()
    assert pod.remove().status == 0
    assert host_mounts() == before
    assert not os.path.exists(pod.path)


# the lock

@pytest.mark.parametrize("apps", [1, 2])
def test_the_lock_is_held_as_long_as_the_pod_runs(original, apps):
    pod = original.prepare(apps=[
        original.app("print", f"up{i}", ",", "trap", "TERM", "0", name=f"a{i}") for i in range(apps)])
    assert not pod.is_locked()
    pod.start("--net=host")
    for i in range(apps):
        pod.main.wait_for(f"up{i}")
    assert pod.is_locked()
    pod.stop()
    pod.main.wait()
    assert not pod.is_locked()


def test_the_lock_is_held_until_the_last_process_is_gone(original, level):
    pod = original.start("print", "up", ",", "sleep-forever")
    os.kill(pod.main.pid, signal.SIGKILL)
    pod.main.wait()
    wait_until(lambda: not processes_of(pod), "the pod's end")
    wait_until(lambda: not pod.is_locked(), "the release of the lock")


def test_the_app_holds_nothing_more_than_it_must(original, level):
    result = original.prepare("fds").run("--net=host")
    numbers = [int(line.split()[0]) for line in result.text.splitlines()]
    assert sorted(numbers) == ([0, 1, 2] if level == "coreos" else [0, 1, 2, 7])


@pytest.mark.parametrize("way", [".", "..", "../..", "../../../..", "../../../../etc", "../../../../../../../../../etc"])
def test_the_lock_leads_nowhere_else(original, level, way):
    """By the path that openat(7, way) takes: at most the pod's own directory, never written to."""
    pod = original.prepare("spawn", "/probe", "write", f"/proc/self/fd/7/{way}/mine", "x",
                           ",", "ls", f"/proc/self/fd/7/{way}", ",", "ls", f"/proc/self/fd/7/{way}/../run")
    result = pod.run("--net=host")
    seen = set(result.text.split())
    assert not seen & {"passwd", "cas", "pods", "exited-garbage", "prepared", "home", pod.uuid}, result
    assert seen == set() or level == "fly"
    assert not os.path.exists(pod.at("mine"))


# flags

CALLS = [("run", "--no-such-flag=1"), ("enter", "--no-such-flag=1"), ("stop", "--no-such-flag"),
         ("gc", "--no-such-flag"), ("run", "--privat-net"), ("run", "--net-x"), ("gc", "--local-configs=x")]


@pytest.mark.parametrize("entrypoint, flag", CALLS)
def test_an_unknown_flag_is_an_error_that_names_it(original, entrypoint, flag):
    pod = original.prepare("print", "ran").ready()
    result = pod.call(entrypoint, flag)
    assert result.status == 254
    assert flag.split("=")[0] in result.stderr, result
    assert len(result.stderr.splitlines()) == 1
    assert "ran" not in result.stdout
    assert not os.path.exists(pod.at("ppid")) and not os.path.exists(pod.at("pid"))


@pytest.mark.parametrize("arguments", [
    (), ("--net=host", "--hostname"), ("--ipc=sideways",), ("--private-users=1",), ("--dns-conf-mode=x",), ("--debug=maybe",)])
def test_a_bad_value_is_an_error_that_names_the_flag(original, arguments):
    pod = original.prepare("print", "ran").ready()
    argv = [pod.root + "/run", *arguments] + ([pod.uuid] if arguments and len(arguments) == 1 else [])
    result = pod.spawn(argv, {}).wait()
    assert result.status == 254
    assert len(result.stderr.splitlines()) == 1
    if arguments:
        assert arguments[-1].split("=")[0] in result.stderr, result
    else:
        assert "UUID" in result.stderr


# older and odder callers

@pytest.mark.parametrize("flags", [
    (),
    ("--net=default",),
    ("--net=host", "--local-config=/etc/rkt"),
    ("--net=default", "--local-config=/etc/rkt", "--hostname=h"),
    ("--debug=true", "--net=host", "--interactive=false", "--mutable=false"),
    ("--net", "--local-config", "/etc/rkt"),
    ("--net=none",),
    ("--private-users=", "--hostname=", "--net=host", "--ipc=auto"),
])
def test_flags_of_older_stage0s_are_enough(original, flags):
    result = original.prepare("exit", "3").run(*flags)
    assert result.status == 3, result


@pytest.mark.parametrize("version, arguments", [(1, ()), (5, ("--local-config", "/etc/rkt"))])
def test_gc_of_older_stage0s(original, version, arguments):
    pod = original.prepare("exit", "0")
    pod.run("--net=host")
    pod.move("exited-garbage")
    assert pod.call("gc", *arguments).status == 0
