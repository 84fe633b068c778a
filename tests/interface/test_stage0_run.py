# SPDX-License-Identifier: Apache-2.0
"""Our stage1s, started with the argument vectors that the original rkt was captured with."""

import json
import os

import pytest

import captures
from harness.engine import wait_until
from original_rkt import read, write

RUNS = [case for case in captures.cases("run") if case not in ("live-run",)]
REFUSED = {"sandbox-run": "mutable pods need"}
UNKNOWN_NETWORK = {"run-net-custom": "network foo: not defined"}
REFUSED_BY = {"kvm": {"run-net-host": "--net=host", **UNKNOWN_NETWORK}, "fly": {},
              "coreos": UNKNOWN_NETWORK}
# What cannot be had here is said, one line each; every other case says nothing at all.
WARNINGS = {
    ("run-mds", "fly"): [],
    ("run-ipc-parent", "kvm"): ["--ipc parent"],
    ("run-private-users", "kvm"): ["--private-users 2055602176:65536"],
    ("run-net-custom", "fly"): ["--net default:IP=172.16.28.77, foo:A=1;B=2"],
    ("run-net-none", "fly"): ["--net none"],
    ("run-hostname", "fly"): ["--hostname myhost"],
    ("run-private-users", "fly"): ["--private-users 2055602176:65536"],
    ("run-interactive", "fly"): [],
}


def flags_of(case):
    """What stood between argv[0] and the UUID."""
    return captures.read(case, "run").raw_argv[1:-1]


def layout_of(case):
    """overlay and users of a captured case, by the files of its pod directory."""
    listing = captures.read(case, "run").listing
    users = (2055602176, 65536) if "private-users-prepared" in listing else None
    return {"overlay": "overlay-prepared" in listing, "users": users}


def provide_dns_files(pod):
    """What stage0 writes for resolv=stage0 and hosts=stage0."""
    os.makedirs(os.path.join(pod.root, "etc"), exist_ok=True)
    write(os.path.join(pod.root, "etc/rkt-resolv.conf"), "nameserver 8.8.8.8\nsearch a.b\n", 0o644)
    write(os.path.join(pod.root, "etc/rkt-hosts"), "1.2.3.4 foo\n5.6.7.8 bar\n", 0o644)


def warnings_of(result):
    return [line.split("warning: ", 1)[1] for line in result.stderr.splitlines() if "warning: " in line]


def expected_warnings(case, level):
    return WARNINGS.get((case, level), [])


@pytest.mark.parametrize("case", RUNS)
def test_the_pod_runs_as_it_was_captured(original, level, case):
    pod = original.prepare("print", "hello", ",", "exit", "7", pod=layout_of(case)).ready()
    provide_dns_files(pod)
    result = pod.run(*flags_of(case))
    refused = {**REFUSED, **REFUSED_BY[level]}
    if case in refused:
        assert result.status == 254
        assert len(result.stderr.splitlines()) == len(WARNINGS.get((case, level), [])) + 1, result
        assert refused[case] in result.stderr, result
        assert "hello" not in result.stdout
        return
    assert result.status == 7, result
    assert result.text == "hello\n"
    wanted = expected_warnings(case, level)
    said = warnings_of(result)
    assert len(said) == len(wanted), result
    for word in wanted:
        assert any(word in line for line in said), (word, said)


@pytest.mark.parametrize("case", ["run-default", "run-no-overlay", "run-private-users"])
def test_the_files_of_the_interface_are_written(original, level, case):
    pod = original.prepare("print", "up", ",", "trap", "TERM", "7", pod=layout_of(case),
                           environment=[{"name": "A", "value": "b"}])
    pod.start(*flags_of(case)).wait_for("ready")
    assert os.path.exists(pod.at("ppid" if level == "coreos" else "pid"))
    assert not os.path.exists(pod.at("pid" if level == "coreos" else "ppid"))
    assert read(pod.at("subcgroup")).endswith(f"machine-rkt\\x2d{pod.uuid.replace('-', chr(92) + 'x2d')}.scope")
    wait_until(lambda: os.path.lexists(pod.result_file("supervisor-status")), pod.main, process=pod.main)
    assert os.readlink(pod.result_file("supervisor-status")) == "ready"
    environment = read(pod.result_file("env/app")).splitlines()
    assert "A=b" in environment and "AC_APP_NAME=app" in environment and "container=rkt" in environment
    assert not any(line.startswith("RKT_") for line in environment)
    assert not os.path.exists(pod.result_file("status/app"))
    assert pod.stop().status == 0
    assert pod.main.wait().status == 7
    if level != "fly":  # fly with one app: the app replaced run, nobody is there to write it
        assert read(pod.result_file("status/app")).strip() == "7"


def test_the_pod_can_be_entered_as_soon_as_its_pid_is_known(original, level):
    pod = original.prepare("print", "up", ",", "sleep-forever").ready()
    watch = original.watch(pod.path)
    pod.start(original.network).wait_for("up")
    names = watch.names()
    watch.close()
    pid_file = "ppid" if level == "coreos" else "pid"
    assert names.index("subcgroup") < names.index(pid_file), names


@pytest.mark.parametrize("apps, status", [((0, 0), 0), ((0, 5), 5), ((6, 0), 6)])
def test_run_ends_with_the_first_failure_of_several_apps(original, apps, status):
    pod = original.prepare(apps=[original.app("exit", str(number), name=f"a{i}")
                                 for i, number in enumerate(apps)])
    assert pod.run(*flags_of("run-2apps")).status == status
    for i, number in enumerate(apps):
        recorded = pod.result_file("status", f"a{i}")
        assert os.path.exists(recorded)
        if status == 0:
            assert read(recorded).strip() == str(number)


def test_a_signal_becomes_a_status(original):
    assert original.prepare("signal", "KILL").run(original.network).status == 137


def test_nothing_is_mounted_where_stage0_is(original, host_mounts):
    pod = original.prepare("print", "up", ",", "trap", "TERM", "0",
                           pod={"volumes": [{"name": "v", "kind": "empty"}]},
                           mounts=[{"volume": "v", "path": "/v"}]).ready()
    mounted = host_mounts()
    pod.start(original.network).wait_for("up")
    assert host_mounts() == mounted
    assert pod.enter("/probe", "exit", "0").wait().status == 0
    assert host_mounts() == mounted
    pod.stop()
    pod.main.wait()
    assert host_mounts() == mounted


def test_stage0_mounts_do_not_lead_into_the_pod(original, host_mounts, tmp_path):
    """A mount made on the host later is not seen by the app, nor is one of the app on the host."""
    pod = original.start("print", "up", ",", "sleep-forever")
    before = pod.enter("/probe", "mounts").wait().stdout
    original.mount_tmpfs(tmp_path)
    try:
        after = pod.enter("/probe", "mounts").wait().stdout
    finally:
        original.unmount(tmp_path)
    assert str(tmp_path) not in after
    assert len(after.splitlines()) == len(before.splitlines())


def probe(original, case, *question, pod=(), **members):
    pod = original.prepare(*question, pod={**layout_of(case), **dict(pod)}, **members).ready()
    provide_dns_files(pod)
    result = pod.run(*flags_of(case))
    assert result.status == 0, result
    return result


def test_the_host_name_is_given(original, level):
    wanted = "myhost" if level != "fly" else os.uname().nodename
    assert probe(original, "run-hostname", "hostname").text.strip() == wanted


def test_the_host_name_is_the_pods_by_default(original, level):
    pod = original.prepare("hostname")
    wanted = f"rkt-{pod.uuid}" if level != "fly" else os.uname().nodename
    assert pod.run(original.network).text.strip() == wanted


@pytest.mark.parametrize("case, file, text", [
    ("run-dns", "/etc/resolv.conf", "nameserver 8.8.8.8\nsearch a.b\n"),
    ("run-hosts-entry", "/etc/hosts", "1.2.3.4 foo\n5.6.7.8 bar\n"),
    ("run-dns-host", "/etc/resolv.conf", None),
    ("run-dns-host", "/etc/hosts", None),
])
def test_dns_files_are_whose_they_should_be(original, case, file, text):
    assert probe(original, case, "cat", file).text == (read(file) if text is None else text)


def test_dns_none_leaves_the_images_own(original, images):
    mine = images.build(files={"/etc/resolv.conf": "nameserver 9.9.9.9\n"})
    assert probe(original, "run-dns-none", "cat", "/etc/resolv.conf", image=mine).text == "nameserver 9.9.9.9\n"


@pytest.mark.parametrize("case, shared", [
    ("run-default", False), ("run-ipc-parent", True)])
def test_ipc_is_whose_it_should_be(original, level, case, shared):
    mine = probe(original, case, "ns").values()["ipc"]
    assert (mine == os.readlink("/proc/self/ns/ipc")) == (shared and level != "kvm" or level == "fly")


@pytest.mark.parametrize("case, shared", [
    ("run-default", False), ("run-net-none", False), ("run-net-host", True)])
def test_the_network_is_whose_it_should_be(original, level, case, shared):
    if case in REFUSED_BY[level]:
        return  # as test_the_pod_runs_as_it_was_captured shows
    mine = probe(original, case, "ns").values()["net"]
    assert (mine == os.readlink("/proc/self/ns/net")) == (shared or level == "fly")


def caps(result):
    return int(dict(line.replace(":", "=").split("=", 1) for line in result.text.splitlines())["CapEff"], 16)


def test_capabilities_are_kept_when_stage0_says_so(original, level):
    usual = caps(probe(original, "run-default", "caps"))
    assert bin(usual).count("1") == 14
    # In a machine of its own, all that its kernel has.
    own = (1 << 41) - 1 if level == "kvm" else int(captures_of_self()["CapEff"], 16)
    assert caps(probe(original, "run-insecure-caps", "caps")) == own


def captures_of_self():
    with open("/proc/self/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_filters_are_left_out_when_stage0_says_so(original):
    assert "Seccomp=2" in normal(probe(original, "run-default", "caps").text)
    assert "Seccomp=0" in normal(probe(original, "run-insecure-seccomp", "caps").text)


def normal(text):
    return text.replace(":\t", "=").replace(": ", "=").replace(":", "=")


def test_paths_are_open_when_stage0_says_so(original, level):
    question = ("access", "/proc/sys/kernel/panic")
    usual = probe(original, "run-default", *question).text
    assert ("write=ok" in usual) == (level == "fly")  # whose /proc is the host's
    assert "write=ok" in probe(original, "run-insecure-paths", *question).text


def test_a_chowned_copy_is_the_pods_own(original, level):
    result = probe(original, "run-private-users", "stat", "/probe", ",", "cat", "/proc/self/uid_map")
    if level == "coreos":
        assert "uid=0 gid=0" in result.text, result
        assert result.text.split()[-3:] == ["0", "2055602176", "65536"]
    else:
        assert "2055602176" in result.text


def test_the_metadata_service_is_told_where_it_can_be_reached(original, level):
    pod = original.prepare("env")
    token = "336731a0e568f6a8d5408c6aa7df67c0"
    values = pod.run(original.network, f"--mds-token={token}").values()
    if level == "kvm":  # no network leads there, and the pod is told of none
        assert "AC_METADATA_URL" not in values
    else:
        assert values["AC_METADATA_URL"].endswith("/" + token)


def test_interactive_output_is_not_marked(original):
    pod = original.prepare("print", "hello")
    assert pod.run(*flags_of("run-interactive")).stdout == "hello\n"


def test_an_interactive_app_has_the_callers_terminal(original):
    master, slave = os.openpty()
    pod = original.prepare("tty")
    process = pod.start(*flags_of("run-interactive"), streams=(slave, slave, slave))
    os.close(slave)
    seen = b""
    try:
        while data := os.read(master, 4096):
            seen += data
    except OSError:  # EIO: no process has the terminal any more
        pass
    os.close(master)
    assert process.wait().status == 0, seen
    assert b"stdin=1 stdout=1 stderr=1" in seen and b"controlling=1" in seen, seen


def test_a_broken_lock_descriptor_is_named(original):
    result = original.prepare("exit", "0").run(original.network, extra={"RKT_LOCK_FD": "900"})
    assert result.status == 254
    assert "RKT_LOCK_FD=900" in result.stderr


def test_a_pod_without_a_lock_runs(original):
    """rkt fly of old and people who try an entrypoint by hand set none."""
    assert original.prepare("exit", "3").run(original.network, extra={"RKT_LOCK_FD": ""}).status == 3


def test_an_images_name_in_the_pod_manifest_is_a_remark(original):
    """Its id is what has chosen it."""
    pod = original.prepare("exit", "0").ready()
    path = os.path.join(pod.root, "opt/stage2/app/manifest")
    manifest = json.loads(read(path))
    manifest["name"] = "example.com/other"
    write(path, json.dumps(manifest), 0o644)
    assert pod.run(original.network).status == 0
