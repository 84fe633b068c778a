# SPDX-License-Identifier: Apache-2.0
"""Debian's plugins that are not ours, at the head of a chain or behind: what they do is there, and gone with the pod."""

import contextlib
import subprocess

import pytest

from harness.network_kinds import copies
from harness.plugin_network import run
from test_network import define, network, nothing_stays, plugins, refused  # noqa: F401 (fixtures)
from test_network_examples import addresses_of, end, master, running  # noqa: F401 (fixtures)

pytestmark = pytest.mark.levels("coreos", "kvm")

PTP = {"type": "ptp", "ipam": {"type": "host-local", "subnet": "10.6.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}


SERVER = """
import socket, sys
server = socket.create_server((sys.argv[1], 80))
print("listening", flush=True)
connection, peer = server.accept()
connection.send(peer[0].encode())
connection.close()
sys.stdin.read()
"""


@contextlib.contextmanager
def neighbour(card, address="10.6.0.200", more="true"):
    """Another machine, which the card is of: it tells one client its address.  more: a command for its network."""
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; read wait; ip link set lo up; ip addr add $0/24 dev $1; "
                           f"ip link set $1 up; {more}; exec python3 -c \"$2\" $0", address, card, SERVER],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as machine:
        machine.stdout.readline()
        run("ip", "link", "set", card, "netns", str(machine.pid))
        machine.stdin.write("go\n")
        machine.stdin.flush()
        assert machine.stdout.readline() == "listening\n"
        try:
            yield
        except BaseException:
            machine.kill()  # it may wait for its client
            raise
        machine.stdin.close()  # with it goes the card, whose pods have left it by now
        assert machine.wait(timeout=10) == 0


def chain(define, *members):
    define("10-a.conflist", {"cniVersion": "1.0.0", "name": "default", "plugins": list(members)})


def in_pod(pod, *words):
    return run("nsenter", f"--net=/var/run/netns/cni-{pod.uuid}", *words)


@pytest.mark.kernel_makes("ifb", "tbf")
def test_bandwidth_is_limited(engine, plugins, define):
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


def reaches(engine, address="10.6.0.200", seen_as="10.6.0.2"):
    result = engine.run("get-from", address, "80", pod=["--net"])
    assert result.status == 0 and result.text.strip() == seen_as, result


@pytest.mark.kernel_makes("vlan")
def test_a_vlan_of_a_card(engine, define, master):
    master("em1")
    chain(define, {"type": "vlan", "master": "em1", "vlanId": 5, "ipam": PTP["ipam"]})
    run("ip", "link", "add", "link", "em1-far", "name", "em1-far.5", "type", "vlan", "id", "5")
    with neighbour("em1-far.5"):
        reaches(engine)


@pytest.mark.parametrize("kind, mode", copies("macvlan", "bridge", "private", "vepa", "passthru") + copies("ipvlan", "l2"))
def test_a_copy_of_a_card_reaches_what_is_behind_it(engine, define, master, kind, mode):
    master("em1")
    chain(define, {"type": kind, "master": "em1", "mode": mode, "ipam": PTP["ipam"]})
    with neighbour("em1-far"):
        reaches(engine)


@pytest.mark.parametrize("kind, mode", copies("ipvlan", "l3", "l3s"))
def test_a_copy_of_a_card_is_routed_by_the_host(engine, define, master, kind, mode):
    """Nobody asks for hardware addresses: the card's own network is another one."""
    master("em1")
    run("ip", "addr", "add", "10.7.0.1/24", "dev", "em1")
    chain(define, {"type": kind, "master": "em1", "mode": mode, "ipam": PTP["ipam"]})
    with neighbour("em1-far", "10.7.0.200", "ip route add 10.6.0.0/24 via 10.7.0.1"):
        reaches(engine, "10.7.0.200")


def test_a_card_of_the_host_is_the_pods(engine, define, master):
    master("em1")
    chain(define, {"type": "host-device", "device": "em1", "ipam": {"type": "static", "addresses": [
        {"address": "10.6.0.2/24"}]}})
    with neighbour("em1-far"):
        reaches(engine)
        assert "em1" in run("ip", "-o", "link", "show", "em1")  # it is back


@pytest.mark.levels("kvm")
def test_a_card_that_is_no_ethernet_is_refused(engine, define):
    run("ip", "tuntap", "add", "tun7", "mode", "tun")
    chain(define, {"type": "host-device", "device": "tun7", "ipam": {"type": "static", "addresses": [
        {"address": "10.6.0.2/24"}]}})
    refused(engine.run("print", "ran", pod=["--net"]), "network default (", "eth0 is no Ethernet interface")
    run("ip", "link", "del", "tun7")


def test_routes_are_chosen_by_source(engine, plugins, define):
    chain(define, PTP, {"type": "sbr"})
    pod = running(engine, "default")
    assert "from 10.6.0." in in_pod(pod, "ip", "rule")
    end(pod)


@pytest.mark.kernel_makes("vrf")
def test_the_interface_is_in_a_vrf(engine, define):
    chain(define, PTP, {"type": "vrf", "vrfname": "blue"})
    pod = running(engine, "default")
    assert "master blue" in in_pod(pod, "ip", "link", "show", "eth0")
    end(pod)


@pytest.mark.levels("kvm")
@pytest.mark.parametrize("plugin", [
    {"type": "sbr"}, pytest.param({"type": "vrf", "vrfname": "blue"}, marks=pytest.mark.kernel_makes("vrf"))], ids=["sbr", "vrf"])
def test_rules_that_choose_routes_are_refused(engine, define, plugin):
    chain(define, PTP, plugin)
    refused(engine.run("print", "ran", pod=["--net"]), "have made rules that choose among tables of routes")


@pytest.mark.levels("kvm")
@pytest.mark.kernel_makes("ipvlan")
def test_ipvlan_in_mode_l3s_is_refused(engine, define, master):
    master("em1")
    chain(define, {"type": "ipvlan", "master": "em1", "mode": "l3s", "ipam": PTP["ipam"]})
    refused(engine.run("print", "ran", pod=["--net"]), "network default (", "eth0 is an ipvlan in mode l3s")
