# SPDX-License-Identifier: Apache-2.0
"""Debian's plugins that are not ours, at the head of a chain or behind: what they do is there, and gone with the pod."""

import contextlib
import subprocess

import pytest

from harness.network_kinds import can_make
from harness.plugin_network import run
from test_network import define, listed, network, nothing_stays, plugins  # noqa: F401 (fixtures)
from test_network_examples import addresses_of, end, master, running  # noqa: F401 (fixtures)

pytestmark = pytest.mark.levels("coreos", "kvm")

PTP = {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.6.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}


SERVER = """
import socket
server = socket.create_server(("10.6.0.200", 80))
print("listening", flush=True)
connection, peer = server.accept()
connection.send(peer[0].encode())
connection.close()
input()
"""


@contextlib.contextmanager
def neighbour(card, address):
    """Another machine, which the card is of: it tells one client its address."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; read wait; ip link set lo up; ip addr add $0 dev $1; "
                           "ip link set $1 up; exec python3 -c \"$2\"", address, card, SERVER],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as machine:
        machine.stdout.readline()
        run("ip", "link", "set", card, "netns", str(machine.pid))
        machine.stdin.write("go\n")
        machine.stdin.flush()
        assert machine.stdout.readline() == "listening\n"
        yield
        machine.stdin.write("done\n")  # with it goes the card, whose pods have left it by now
        machine.stdin.flush()
        assert machine.wait(timeout=10) == 0


def need(*kinds):
    for kind in kinds:
        if not can_make(kind):
            pytest.xfail(f"this kernel makes no {kind}")


def chain(define, *members):
    define("10-a.conflist", {"cniVersion": "1.0.0", "name": "default", "plugins": list(members)})


def in_pod(pod, *words):
    return run("nsenter", f"--net=/var/run/netns/cni-{pod.uuid}", *words)


def test_bandwidth_is_limited(engine, plugins, define):
    need("ifb", "tbf")
    chain(define, PTP, {"type": "bandwidth", "ingressRate": 8000000, "ingressBurst": 8000000, "egressRate": 4000000,
                        "egressBurst": 4000000})
    pod = running(engine, "default")
    limits = [line for line in run("tc", "qdisc", "show").splitlines() if "tbf" in line]
    assert any("rate 8Mbit" in line for line in limits) and any("rate 4Mbit" in line for line in limits), limits
    assert engine.rkt("doctor", pod.uuid).status == 0
    end(pod)


def test_interfaces_are_tuned(engine, plugins, define):
    """The card of a machine is what the plugin has made of the interface."""
    chain(define, PTP, {"type": "tuning", "mac": "c2:11:22:33:44:66", "mtu": 1454})
    pod = engine.start("cat", "/sys/class/net/eth0/address", ",", "cat", "/sys/class/net/eth0/mtu", ",", "print", "up", ",",
                       "sleep-forever", pod=["--net"]).wait_for("up")
    assert pod.result().text.split()[:2] == ["c2:11:22:33:44:66", "1454"]
    end(pod)


def test_settings_of_the_namespace_are_tuned(engine, plugins, define):
    chain(define, PTP, {"type": "tuning", "sysctl": {"net.ipv4.ip_default_ttl": "77"}})
    pod = engine.start("cat", "/proc/sys/net/ipv4/ip_default_ttl", ",", "print", "up", ",", "sleep-forever",
                       pod=["--net"]).wait_for("up")
    assert in_pod(pod, "cat", "/proc/sys/net/ipv4/ip_default_ttl") == "77\n"
    seen = pod.result().text.split()[0]
    end(pod)
    assert seen == "77"


def test_the_hosts_firewall_lets_the_pod_through(engine, plugins, define):
    chain(define, PTP, {"type": "firewall", "backend": "iptables"})
    pod = running(engine, "default")
    rule = f"-s {addresses_of(pod)['eth0']}/32"
    assert any(rule in line for line in run("iptables", "-S", "CNI-FORWARD").splitlines())
    assert engine.rkt("doctor", pod.uuid).status == 0
    end(pod)
    assert rule not in run("iptables", "-S", "CNI-FORWARD")


@pytest.mark.parametrize("kind", ["ptp", "bridge"])
def test_addresses_are_static(engine, plugins, define, kind):
    """Another's plugin gives addresses to ours, too."""
    more = {"bridge": "static0"} if kind == "bridge" else {}
    chain(define, {"type": kind, **more, "ipam": {"type": "static", "addresses": [
        {"address": "10.10.0.7/24", "gateway": "10.10.0.254"}], "routes": [{"dst": "192.0.2.0/24"}]}})
    pod = running(engine, "default")
    assert addresses_of(pod) == {"eth0": "10.10.0.7"}
    assert "192.0.2.0/24 via 10.10.0.254" in in_pod(pod, "ip", "route")
    end(pod)
    if kind == "bridge":
        run("ip", "link", "del", "static0")


def test_a_vlan_of_a_card(engine, define, master):
    need("vlan")
    master("em1")
    chain(define, {"type": "vlan", "master": "em1", "vlanId": 5, "ipam": PTP["ipam"]})
    pod = running(engine, "default")
    assert "vlan protocol 802.1Q id 5" in in_pod(pod, "ip", "-d", "link", "show", "eth0")
    end(pod)


@pytest.mark.parametrize("kind", ["macvlan", "ipvlan"])
def test_a_copy_of_a_card_reaches_what_is_behind_it(engine, plugins, define, master, kind):
    need(kind)
    master("em1")
    chain(define, {"type": kind, "master": "em1", "ipam": PTP["ipam"]})
    with neighbour("em1-far", "10.6.0.200/24"):
        result = engine.run("get-from", "10.6.0.200", "80", pod=["--net"])
    assert result.status == 0 and result.text.strip() == "10.6.0.2", result
