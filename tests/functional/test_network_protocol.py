# SPDX-License-Identifier: Apache-2.0
"""What of the CNI protocol goes beyond ADD and DEL, and by which programs networks are left."""

import json
import os
import signal

import pytest

from harness.engine import wait_until
from harness.plugin_network import run
from test_network import ANSWER, define, network, nothing_stays, plugins, ptp, refused  # noqa: F401 (fixtures)

pytestmark = pytest.mark.levels("coreos", "kvm")

READY = ANSWER % '{"cniVersion":"1.1.0"}'


def commands(define):
    return [line.removeprefix("command=") for line in define.calls().splitlines() if line.startswith("command=")]


def listed_networks(define, version, *types, **more):
    define("10-a.conflist", {"cniVersion": version, "name": "default", **more, "plugins": [{"type": kind} for kind in types]})


# STATUS

def test_each_plugin_is_asked_whether_it_is_ready(engine, define):
    listed_networks(define, "1.1.0", "first", "second")
    for name in ("first", "second"):
        define.plugin(name, READY)
    result = engine.run("print", "ran", pod=["--net=default:A=b"])
    assert result.status == 0, result
    assert commands(define) == ["STATUS", "STATUS", "ADD", "ADD", "DEL", "DEL"]
    asked = define.calls().split("command=")[1]
    assert "CNI_CONTAINERID=\n" in asked and "CNI_IFNAME=\n" in asked and "CNI_NETNS=\n" in asked
    assert "CNI_ARGS=\n" in asked and "prevResult" not in asked


def test_a_network_that_is_not_ready_is_not_joined(engine, define):
    define("05-b.conf", ptp("b", "10.1.0.0/24"))
    listed_networks(define, "1.1.0", "first", "second")
    define.plugin("first", READY)
    define.plugin("second", 'echo \'{"code":50,"msg":"no daemon","details":"start it"}\'; exit 1')
    refused(engine.run("print", "ran", pod=["--net=b,default"]), "network default (", "net.d/10-a.conflist): plugin second: ",
            "no daemon: start it")
    assert commands(define) == ["STATUS", "STATUS"]


def test_a_plugin_of_an_older_version_is_not_asked(engine, define):
    listed_networks(define, "1.0.0", "first")
    define.plugin("first", ANSWER % '{"cniVersion":"1.0.0"}')
    assert engine.run("print", "ran", pod=["--net"]).status == 0
    assert commands(define) == ["ADD", "DEL"]


def test_our_own_plugins_say_when_no_address_is_left(engine, define):
    define("10-a.conflist", {"cniVersion": "1.1.0", "name": "default", "plugins": [
        {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.1.0.0/30"}}]})
    pod = engine.start("addresses", ",", "sleep-forever", pod=["--net"]).wait_for("10.1.0.2")
    refused(engine.run("print", "ran", pod=["--net"]), "network default (", "plugin ptp: ", "no address is left")
    pod.send(signal.SIGTERM)
    pod.wait()


# Programs

def test_a_network_is_left_by_the_program_that_joined_it(engine, define, tmp_path):
    """Whatever has become of the local configuration: another one, a plugin of the same name before it."""
    other = tmp_path / "config"
    (other / "net.d").mkdir(parents=True)
    folder = define.folder
    for place, name in ((folder, "here"), (other / "net.d", "there")):
        with open(os.path.join(place, "spy"), "w") as file:
            file.write(f'#!/bin/sh\necho {name} $CNI_COMMAND $CNI_PATH >>{folder}/calls\ncat >/dev/null\n{READY}\n')
        os.chmod(os.path.join(place, "spy"), 0o755)
    define("10-a.conf", {"cniVersion": "0.4.0", "name": "default", "type": "spy"})
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net"]).wait_for("up")
    os.kill(pod.pid, signal.SIGKILL)
    pod.process.wait()
    wait_until(lambda: engine.rkt(f"--local-config={other}", "gc", "--grace-period=0s").status == 0 and
               "DEL" in define.calls(), pod)  # a machine takes a moment to die
    calls = define.calls().splitlines()
    assert [line.split()[:2] for line in calls] == [["here", "ADD"], ["here", "DEL"]]
    assert all(line.split()[2].startswith(f"{folder}:") for line in calls)


def test_another_program_leaves_a_network_when_the_first_has_vanished(engine, define):
    listed_networks(define, "1.0.0", "loopback")
    define.plugin("loopback", ANSWER % '{"cniVersion":"1.0.0"}')
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net"]).wait_for("up")
    os.unlink(os.path.join(define.folder, "loopback"))
    pod.send(signal.SIGTERM)
    result = pod.wait()
    assert result.status == 0 and not result.stderr, result


def test_a_program_that_others_can_change_by_now_is_not_executed(engine, define):
    define("10-a.conf", {"cniVersion": "0.4.0", "name": "default", "type": "spy"})
    define.plugin("spy", READY)
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net"]).wait_for("up")
    os.chmod(os.path.join(define.folder, "spy"), 0o777)
    pod.send(signal.SIGTERM)
    result = pod.wait()
    assert "plugin spy: " in result.stderr and "can be written by others" in result.stderr, result
    assert commands(define) == ["ADD"]
    os.chmod(os.path.join(define.folder, "spy"), 0o755)
    assert engine.collect().status == 0
    assert commands(define) == ["ADD", "DEL"]


# CHECK

def examined(engine, *pods):
    done = engine.rkt("doctor", "--format=json", *pods)
    return done, json.loads(done.stdout or "[]")


def test_networks_of_a_running_pod_are_checked(engine, plugins, define):
    define("10-a.conflist", {"cniVersion": "1.0.0", "name": "a", "plugins": [
        {"type": "bridge", "bridge": "tests0", "isGateway": True,
         "ipam": {"type": "host-local", "subnet": "10.9.0.0/24"}}, {"type": "tuning"}]})
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net=a,default"]).wait_for("up")
    done, (found,) = examined(engine, pod.uuid[:13])
    assert done.status == 0 and not done.stderr, done
    assert found == {"pod": pod.uuid, "isolator": engine.level, "inOrder": True, "checks": [
        {"name": f"network {name} ({interface})", "state": "ok", "found": "as it was made", "mend": ""}
        for name, interface in (("a", "eth0"), ("default", "eth1"))]}
    assert engine.rkt("doctor", pod.uuid).stdout.splitlines()[0] == \
        f"{pod.uuid}\tnetwork a (eth0)\tok\tas it was made\t"
    run("nsenter", f"--net=/var/run/netns/cni-{pod.uuid}", "ip", "addr", "flush", "dev", "eth0")
    done, (found,) = examined(engine, pod.uuid)
    assert done.status == 254 and not found["inOrder"], done
    assert [check["state"] for check in found["checks"]] == ["missing", "ok"]
    assert "net/10-a.conflist): plugin bridge: " in found["checks"][0]["found"]
    pod.send(signal.SIGTERM)
    pod.wait()
    run("ip", "link", "del", "tests0")


def test_check_gets_the_recorded_result(engine, define):
    listed_networks(define, "0.4.0", "first", "second")
    define.plugin("first", ANSWER % '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}]}')
    define.plugin("second", ANSWER % '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.3/8"}],"own":1}')
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net=default:A=b"]).wait_for("up")
    assert engine.rkt("doctor", pod.uuid).status == 0
    calls = [call for call in define.calls().split("command=") if call.startswith("CHECK")]
    assert [json.loads(call.split("stdin=")[1])["type"] for call in calls] == ["first", "second"]
    for call in calls:
        assert json.loads(call.split("stdin=")[1])["prevResult"]["own"] == 1
        for line in (f"CNI_NETNS=/var/run/netns/cni-{pod.uuid}", f"CNI_CONTAINERID={pod.uuid}", "CNI_IFNAME=eth0",
                     "CNI_ARGS=A=b"):
            assert line in call.splitlines()


@pytest.mark.parametrize("version, more, why", [("0.3.1", {}, "CNI 0.3.1 has no CHECK"),
                                                ("1.0.0", {"disableCheck": True}, "its definition says disableCheck")])
def test_what_cannot_be_checked_is_said(engine, define, version, more, why):
    listed_networks(define, version, "first", **more)
    define.plugin("first", ANSWER % f'{{"cniVersion":"{version}"}}')
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net"]).wait_for("up")
    done, (found,) = examined(engine, pod.uuid)
    assert done.status == 0 and found["checks"][0]["state"] == "less" and found["checks"][0]["found"] == why, done
    assert commands(define) == ["ADD"]


def test_only_pods_that_run_are_examined(engine):
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net=none"]).wait_for("up")
    uuid = pod.uuid
    done, (found,) = examined(engine, uuid)
    assert done.status == 0 and found["checks"][0]["found"] == "the pod has none of its own", done
    pod.send(signal.SIGTERM)
    pod.wait()
    done, found = examined(engine, uuid, "no-such")
    assert done.status == 254 and found == [] and f'pod "{uuid}": it is not running' in done.stderr, done
    assert 'pod "no-such": ' in done.stderr


# GC

def collected(define):
    """What each GC was told."""
    return [json.loads(call.split("stdin=")[1])["cni.dev/valid-attachments"]
            for call in define.calls().split("command=") if call.startswith("GC")]


def test_gc_tells_who_is_in_a_network(engine, define):
    listed_networks(define, "1.1.0", "first", "second")
    define("20-old.conf", {"cniVersion": "1.0.0", "name": "old", "type": "first"})
    define("30-own.conflist", {"cniVersion": "1.1.0", "name": "own", "disableGC": True, "plugins": [{"type": "first"}]})
    for name in ("first", "second"):
        define.plugin(name, READY)
    pods = [engine.start("print", "up", ",", "sleep-forever", pod=[f"--net={networks}"]).wait_for("up")
            for networks in ("default", "old,default", "default")]
    for pod in pods:
        assert os.path.samefile(f"/proc/{os.readlink(f'/var/run/netns/cni-{pod.uuid}').split('/')[2]}/cwd",
                                engine.pod_directory(pod.uuid))
    os.kill(pods[2].pid, signal.SIGKILL)
    pods[2].process.wait()
    os.makedirs("/var/lib/cni/results", exist_ok=True)
    with open("/var/lib/cni/results/default-other-eth7", "w") as file:  # of libcni
        json.dump({"kind": "cniCacheV1", "containerId": "other", "ifName": "eth7", "networkName": "default"}, file)
    with open("/var/lib/cni/results/garbage", "w") as file:
        file.write("{")
    wait_until(lambda: engine.collect().status == 0 and not os.path.lexists(f"/var/run/netns/cni-{pods[2].uuid}"), pods)
    told = collected(define)
    assert told and len(told) % 2 == 0  # first and second; neither old nor own
    assert sorted(each["containerID"] + each["ifname"] for each in told[-1]) == sorted(
        [pods[0].uuid + "eth0", pods[1].uuid + "eth0", "othereth7"])
    last = [call for call in define.calls().split("command=") if call.startswith("GC")][-1]
    assert json.loads(last.split("stdin=")[1])["name"] == "default" and "CNI_CONTAINERID=\n" in last


def test_gc_frees_a_lost_lease(engine, define):
    """Of a pod whose directory somebody has removed; with our own plugins."""
    define("10-a.conflist", {"cniVersion": "1.1.0", "name": "a", "plugins": [
        {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.1.0.0/24"}}]})
    lease = "/var/lib/cni/networks/a/10.1.0.2"
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net=a"]).wait_for("up")
    lost = engine.start("print", "up", ",", "sleep-forever", pod=["--net=a"]).wait_for("up")
    uuid = lost.uuid
    assert engine.collect().status == 0 and os.path.exists(lease) and os.path.exists(lease[:-1] + "3")
    place, elsewhere = engine.pod_directory(uuid), os.path.join(engine.work, uuid)
    os.rename(place, elsewhere)
    os.kill(lost.pid, signal.SIGKILL)
    lost.process.wait()
    wait_until(lambda: engine.collect().status == 0 and not os.path.exists(lease[:-1] + "3"), lost)
    assert os.path.exists(lease)
    os.rename(elsewhere, place)  # gc has nothing to leave any more, and removes the rest
    pod.send(signal.SIGTERM)
    pod.wait()


def test_a_gc_that_fails_is_a_warning(engine, define):
    listed_networks(define, "1.1.0", "first", "second")
    define.plugin("first", 'echo \'{"code":100,"msg":"no luck"}\'; exit 1')
    define.plugin("second", READY)
    done = engine.collect()
    assert done.status == 0, done
    assert "warning: collecting what networks hold for nobody: " in done.stderr, done
    assert "net.d/10-a.conflist): plugin first: no luck" in done.stderr, done
    assert commands(define) == ["GC", "GC"]


def test_nobody_joins_while_gc_is_under_way(engine, define):
    listed_networks(define, "1.1.0", "slow")
    define.plugin("slow", f'[ "$CNI_COMMAND" != GC ] || {{ sleep 2; echo done >>{define.folder}/calls; }}\n{READY}')
    gc = engine.start_words("gc")
    wait_until(lambda: os.path.exists(os.path.join(define.folder, "calls")) and "command=GC" in define.calls(), gc)
    assert engine.run("print", "ran", pod=["--net"]).status == 0
    calls = define.calls()
    assert calls.index("done\n") < calls.index("command=ADD")
    assert gc.wait().status == 0
