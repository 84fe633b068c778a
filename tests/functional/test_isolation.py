# SPDX-License-Identifier: Apache-2.0
"""Namespaces, host name, network files, kernel settings, descriptors."""

import os

import pytest


def own_namespaces():
    return {name: os.readlink(f"/proc/self/ns/{name}")
            for name in ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")}


def test_the_pod_has_its_own_namespaces(engine):
    mine, theirs = own_namespaces(), engine.run("ns").values()
    for name in ("ipc", "mnt", "net", "pid", "uts"):
        assert mine[name] != theirs[name], name


def test_the_mount_namespace_is_always_the_pods_own(engine):
    mine, theirs = own_namespaces(), engine.run("ns").values()
    assert mine["mnt"] != theirs["mnt"]


def test_the_network_of_the_host_can_be_asked_for(engine):
    assert engine.run("ns", pod=["--net=host"]).values()["net"] == own_namespaces()["net"]


def test_no_network_means_loopback_only(engine):
    assert engine.run("interfaces", pod=["--net=none"]).text == "lo\n"


@pytest.mark.levels("fly")
@pytest.mark.parametrize("network, says", [("default", False), ("default-restricted", True), ("a", True)])
def test_who_stays_in_the_hosts_network_says_so(engine, network, says):
    result = engine.run("ns", pod=[f"--net={network}"])
    assert result.status == 0 and result.values()["net"] == own_namespaces()["net"]
    warning = f"warning: --net {network}: ignored: pods of this isolator are in the host's network"
    assert (warning in result.stderr) == says, result


def test_loopback_works(engine):
    result = engine.run_apps(["--name=server", "--", "server", "18080", "1"],
                             ["--name=client", "--", "sleep", "300", ",", "get", "18080"])
    assert result.status == 0, result
    assert "hello" in result.text


def test_the_host_name_is_the_pods(engine):
    pod = engine.start("hostname", ",", "sleep-forever").wait_for("rkt-")
    assert pod.result().text.strip() == f"rkt-{pod.uuid}"


def test_a_given_host_name_is_set(engine):
    assert engine.run("hostname", pod=["--hostname=chosen.example"]).text == "chosen.example\n"


def test_the_host_keeps_its_name(engine):
    before = os.uname().nodename
    engine.run("hostname", pod=["--hostname=chosen.example"])
    assert os.uname().nodename == before


def test_processes_of_the_host_are_not_seen(engine):
    result = engine.run("ls", "/proc")
    pids = [int(name) for name in result.text.split() if name.isdigit()]
    assert len(pids) <= 3, pids


def test_apps_share_pid_ipc_uts_and_network_but_not_mounts(engine):
    first = engine.run_apps(["--name=a", "--", "ns", ",", "sleep", "500"],
                            ["--name=b", "--", "ns", ",", "sleep", "500"])
    seen = {}
    for line in first.text.splitlines():
        name, _, value = line.partition("=")
        seen.setdefault(name, []).append(value)
    for name in ("pid", "ipc", "uts", "net"):
        assert len(set(seen[name])) == 1, name
    assert len(set(seen["mnt"])) == 2


def test_a_setting_of_the_kernel_is_the_pods(engine, tmp_path):
    before = open("/proc/sys/kernel/shmmni").read()
    result = engine.run_pod(
        tmp_path, "sysctl", "kernel.shmmni", ",", "sysctl", "net.ipv4.ip_forward",
        isolators=[{"name": "os/unix/sysctl",
                    "value": {"kernel.shmmni": "1234", "net.ipv4.ip_forward": "1"}}])
    assert open("/proc/sys/kernel/shmmni").read() == before
    assert result.text.split() == ["1234", "1"], result


@pytest.mark.parametrize("key", ["kernel.panic", "vm.swappiness", "kernel.core_pattern",
                                 "net.ipv4.../kernel/panic", "fs.protected_symlinks"])
def test_a_setting_of_the_whole_machine_is_never_changed(engine, isolated_image, tmp_path, key):
    def value():
        path = "/proc/sys/" + key.replace(".", "/")
        return open(path).read() if os.path.exists(path) else None
    before = value()
    wanted = ("os/unix/sysctl", {key: "1"})
    engine.run("exit", "0", image=isolated_image(wanted, unchecked=True))
    engine.run_pod(tmp_path, "exit", "0", isolators=[{"name": wanted[0], "value": wanted[1]}])
    assert value() == before


def test_dns_options_make_resolv_conf(engine):
    result = engine.run("cat", "/etc/resolv.conf",
                        pod=["--dns=8.8.8.8,1.1.1.1", "--dns-search=example.com", "--dns-opt=ndots:2"])
    lines = result.text.splitlines()
    assert "nameserver 8.8.8.8" in lines and "nameserver 1.1.1.1" in lines
    assert "search example.com" in lines and "options ndots:2" in lines


def test_dns_of_the_host_is_the_hosts_file(engine):
    with open("/etc/resolv.conf") as file:
        assert engine.run("cat", "/etc/resolv.conf", pod=["--dns=host"]).text.strip() == \
            file.read().strip()


def test_hosts_entries_are_added(engine):
    result = engine.run("cat", "/etc/hosts", pod=["--hosts-entry=10.1.2.3=database,10.1.2.4=cache"])
    assert "10.1.2.3" in result.text and "database" in result.text and "cache" in result.text


def test_the_app_has_three_descriptors(engine):
    result = engine.run("fds")
    assert sorted(int(line.split()[0]) for line in result.text.splitlines()) == [0, 1, 2]


def test_descriptors_of_the_caller_do_not_leak_in(engine, tmp_path):
    (tmp_path / "secret").write_text("secret")
    fd = os.open(tmp_path / "secret", os.O_RDONLY)
    pod = engine.start("fds", pass_fds=(fd,))
    result = pod.wait()
    os.close(fd)
    assert "secret" not in result.text


def test_signals_are_neither_blocked_nor_ignored(engine):
    values = dict(line.split(":") for line in engine.run("masks").text.splitlines())
    assert {int(value, 16) for value in values.values()} == {0}


def test_orphans_are_reaped(engine):
    result = engine.run("fork-orphan", ",", "fork-orphan", ",", "sleep", "200", ",", "zombies")
    assert result.status == 0
    if engine.level != "fly":  # there they are the host's, beside other zombies of the host
        assert result.text == "0\n"


def test_the_umask_is_the_usual_one(engine):
    assert "mode=0644" in engine.run("write", "/new", "x", ",", "stat", "/new").text
