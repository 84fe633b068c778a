# SPDX-License-Identifier: Apache-2.0
"""What of the CNI protocol goes beyond ADD and DEL, and by which programs networks are left."""

import json
import os
import signal

import pytest

from harness.engine import wait_until
from test_network import ANSWER, define, joined, network, nothing_stays, ptp, refused  # noqa: F401 (fixtures)

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
