# SPDX-License-Identifier: Apache-2.0
"""
What rkt's documentation shows of networks, with its names and values, by our plugins and by Debian's.

Source: rkt/rkt, Documentation/networking/{overview,examples-bridge,overriding-defaults,dns}.md.
"""

import os
import subprocess

import pytest

from harness.network_kinds import copies
from harness.plugin_network import FLANNEL, run
from test_network import ask, define, joined, listed, network, nothing_stays, plugins  # noqa: F401 (fixtures)

pytestmark = pytest.mark.levels("coreos", "kvm")

CONTAINERS = {"name": "containers", "type": "bridge", "ipam": {"type": "host-local", "subnet": "10.1.0.0/16"}}
BRIDGE_NAT = {"name": "bridge-nat", "type": "bridge", "bridge": "rkt-bridge-nat", "ipMasq": True, "isGateway": True,
              "ipam": {"type": "host-local", "subnet": "10.2.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}
HTTP = [{"name": "http", "port": 80, "protocol": "tcp"}]


@pytest.fixture
def bridge():
    """bridge(name): the plugin leaves it, the test does not."""
    names = []
    yield names.append
    for name in names:
        run("ip", "link", "del", name)


@pytest.fixture
def master():
    """master(name): a card of the host with a network behind it."""
    made = []

    def make(name):
        run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
        for end in (name, f"{name}-far"):
            run("ip", "link", "set", end, "up")
        made.append(name)
    yield make
    for name in made:
        # Its other end may have gone, and it with that.
        subprocess.run(["ip", "link", "del", name], check=False, stderr=subprocess.DEVNULL)


def routes(engine, uuid):
    return run("nsenter", f"--net=/var/run/netns/cni-{uuid}", "ip", "route")


def running(engine, *networks, **options):
    return engine.start("addresses", ",", "print", "ready", ",", "sleep-forever", pod=[f"--net={','.join(networks)}"],
                        **options).wait_for("ready")


def end(pod):
    pod.send(15)
    pod.wait()


def addresses_of(pod):
    return dict(line.split() for line in pod.result().text.splitlines() if line.count(" ") == 1)


# Host mode and loopback only

@pytest.mark.levels("coreos")
def test_host_mode(engine):
    run("ip", "link", "add", "there", "type", "veth", "peer", "name", "there-far")
    run("ip", "addr", "add", "192.0.2.9/24", "dev", "there")
    assert "there 192.0.2.9" in engine.run("addresses", pod=["--net=host"]).text
    run("ip", "link", "del", "there")


def test_loopback_only(engine):
    result = engine.run("addresses", ",", "cat", "/proc/net/route", ",", "cat", "/etc/hosts", pod=["--net=none"])
    assert result.status == 0, result
    assert result.text.splitlines()[0].startswith("Iface") and "127.0.0.1 localhost" in result.text


# The built-in networks

@pytest.mark.parametrize("flags", [[], ["--net"], ["--net=default"]])
def test_default_is_joined_in_three_cases(engine, plugins, flags):
    words = engine.command(engine._words("run", ["addresses"], flags, [], None, "/probe"))
    words = [word for word in words if flags or word != "--net=none"]  # that the harness adds
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    engine.note_uuids()
    assert done.returncode == 0 and " eth0 172.16.28." in f" {done.stdout.split(': ', 1)[-1]}", done


def test_default_restricted_has_neither_route_nor_masquerade(engine, plugins):
    pod = running(engine, "default-restricted")
    assert addresses_of(pod)["eth0"].startswith("172.17.")
    assert "default" not in routes(engine, pod.uuid)
    end(pod)


# Networks of one's own

def test_a_bridge_and_default_restricted_beside_it(engine, plugins, define, bridge):
    define("10-containers.conf", CONTAINERS)
    pod = running(engine, "containers")
    bridge("cni0")
    addresses = addresses_of(pod)
    assert addresses["eth0"] == "10.1.0.2" and addresses["eth1"].startswith("172.17.")
    end(pod)


def test_pods_get_one_address_after_the_other(engine, plugins, define, bridge):
    define("10-containers.conf", {**CONTAINERS, "bridge": "rkt1"})
    pods = [running(engine, "containers") for _ in range(2)]
    bridge("rkt1")
    assert [addresses_of(pod)["eth0"] for pod in pods] == ["10.1.0.2", "10.1.0.3"]
    assert len(run("ip", "-o", "link", "show", "master", "rkt1").splitlines()) == 2
    for pod in pods:
        end(pod)


def test_a_bridge_with_nat(engine, plugins, define, bridge):
    define("10-bridge-nat.conf", BRIDGE_NAT)
    pod = running(engine, "bridge-nat")
    bridge("rkt-bridge-nat")
    addresses = addresses_of(pod)
    assert addresses["eth0"] == "10.2.0.2" and addresses["eth1"].startswith("172.17.")
    found = routes(engine, pod.uuid)
    assert "default via 10.2.0.1 dev eth0" in found and "10.2.0.0/24 dev eth0" in found
    assert "via 172.17.0.1 dev eth1" in found
    end(pod)


@pytest.mark.parametrize("kind, mode", copies("macvlan", "bridge") + copies("ipvlan", "l2"))
def test_a_copy_of_a_card(engine, plugins, define, master, kind, mode):
    """Two pods reach each other by it."""
    master("em1")
    define("10-lan.conf", {"name": "lan", "type": kind, "master": "em1", "mode": mode,
                           "ipam": {"type": "host-local", "subnet": "10.5.0.0/24"}})
    server = engine.start("tell-peers", "tcp", "80", "1", pod=["--net=lan"]).wait_for("listening")
    address = next(network["ip"] for network in listed(engine, server.uuid) if network["netName"] == "lan")
    client = engine.run("get-from", address, "80", pod=["--net=lan"])
    assert client.status == 0 and client.text.strip().endswith("10.5.0.3"), client
    assert server.wait().status == 0


@pytest.mark.parametrize("kind, mode", copies("macvlan", "bridge") + copies("ipvlan", "l3"))
def test_ipv6_on_a_copy_of_a_card(engine, plugins, define, master, kind, mode):
    """The range and the gateway of the example of ipvlan, whose addresses have one colon too many."""
    master("em1")
    define("10-public.conf", {"cniVersion": "0.3.1", "name": "ipv6-public", "type": kind, "master": "em1",
                              "mode": mode,
                              "ipam": {"type": "host-local", "subnet": "2001:db8:161:8374::/64",
                                       "rangeStart": "2001:db8:161:8374::1:2", "rangeEnd": "2001:db8:161:8374::1:fffe",
                                       "gateway": "fe80::1", "routes": [{"dst": "::/0"}]}})
    pod = running(engine, "ipv6-public")
    assert "2001:db8:161:8374::1:2" in pod.result().text
    end(pod)


def test_a_plugin_that_was_copied_to_where_definitions_are(engine, define):
    os.symlink("/usr/lib/cni/loopback", os.path.join(define.folder, "loopback"))
    define("10-loopback.conf", {"name": "loopback-test", "type": "loopback"})
    result = engine.run("addresses", pod=["--net=loopback-test"])
    assert result.status == 0 and "172.17." in result.text, result


# flannel is not in Debian: this calls another plugin as flannel's does, with what flanneld has written down.

FLANNEL_PLUGIN = '''#!/usr/bin/python3
import ipaddress, json, os, subprocess, sys
given, place = json.load(sys.stdin), "/var/lib/cni/flannel/" + os.environ["CNI_CONTAINERID"]
if os.environ["CNI_COMMAND"] == "ADD":
    subnet = dict(line.split("=", 1) for line in open("/run/flannel/subnet.env").read().split())
    told = {"type": "bridge", "isGateway": True, **given.get("delegate", {}), "name": given["name"],
            "ipMasq": subnet["FLANNEL_IPMASQ"] != "true", "mtu": int(subnet["FLANNEL_MTU"]),
            "ipam": {"type": "host-local", "subnet": str(ipaddress.ip_interface(subnet["FLANNEL_SUBNET"]).network),
                     "routes": [{"dst": subnet["FLANNEL_NETWORK"]}]}}
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "w") as file:
        json.dump(told, file)
elif os.path.exists(place):
    with open(place) as file:
        told = json.load(file)
    os.unlink(place)
else:
    sys.exit(0)
programs = [os.path.join(folder, told["type"]) for folder in os.environ["CNI_PATH"].split(":")]
program = next(path for path in programs if os.access(path, os.X_OK))
sys.exit(subprocess.run([program], input=json.dumps(told).encode()).returncode)
'''


@pytest.fixture
def flannel(define):
    with open(f"{FLANNEL}/subnet.env", "w") as file:
        file.write("FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.17.1/24\nFLANNEL_MTU=1472\nFLANNEL_IPMASQ=true\n")
    define("flannel", FLANNEL_PLUGIN)
    os.chmod(os.path.join(define.folder, "flannel"), 0o755)


def test_flannel_has_a_bridge_made(engine, plugins, define, flannel, bridge):
    define("10-containers.conf", {"name": "containers", "type": "flannel"})
    pods = [running(engine, "containers") for _ in range(2)]
    bridge("cni0")
    addresses = [addresses_of(pod)["eth0"] for pod in pods]
    assert len(set(addresses)) == 2 and all(address.startswith("10.1.17.") for address in addresses)
    assert "10.1.0.0/16 via 10.1.17.1 dev eth0" in routes(engine, pods[0].uuid)
    assert "mtu 1472" in run("nsenter", f"--net=/var/run/netns/cni-{pods[0].uuid}", "ip", "link", "show", "eth0")
    assert run("ip", "-o", "link", "show", "master", "cni0").count("veth") == 2
    for pod in pods:
        end(pod)
    assert not os.listdir("/var/lib/cni/flannel")


def test_flannel_may_delegate_to_a_plugin_that_is_elsewhere(engine, define, flannel, master):
    master("em1")
    define("10-containers.conf", {"name": "containers", "type": "flannel", "delegate": {"type": "macvlan", "master": "em1"}})
    pod = running(engine, "containers")
    assert addresses_of(pod)["eth0"].startswith("10.1.17.")
    assert "macvlan" in run("nsenter", f"--net=/var/run/netns/cni-{pod.uuid}", "ip", "-d", "link", "show", "eth0")
    end(pod)


# Overriding

def test_all_networks_with_addresses_for_two(engine, plugins, define):
    for i, subnet in ((1, "1.2.3.0/24"), (2, "1.2.4.0/24")):
        define(f"{i}0-net{i}.conf", {"name": f"net{i}", "type": "ptp", "ipam": {"type": "host-local", "subnet": subnet}})
    addresses = joined(engine.run("addresses", pod=["--net=all,net1:IP=1.2.3.4", "--net=net2:IP=1.2.4.5"]))
    assert addresses["eth0"] == "1.2.3.4" and addresses["eth1"] == "1.2.4.5"
    assert addresses["eth2"].startswith("172.16.28.")


def test_a_network_is_not_named_twice(engine):
    result = engine.run("addresses", pod=["--net=default:IP=172.16.28.5", "--net=default"])
    assert result.status == 254, result


# Ports

def test_a_port_of_the_image_is_reached_by_the_hosts(engine, plugins, image):
    pod = engine.start("tell-peers", "tcp", "80", "1", image=image(ports=HTTP),
                       pod=["--net=default", "--port=http:8888"]).wait_for("listening")
    run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    assert ask("192.0.2.1", 8888)
    assert pod.wait().status == 0, pod
    run("ip", "addr", "del", "192.0.2.1/32", "dev", "lo")


@pytest.mark.parametrize("masquerade, chosen", [((True, True), "eth0"), ((False, True), "eth1"), ((False, False), "eth2")])
def test_ports_go_to_the_first_network_that_is_masqueraded_or_to_the_last(engine, plugins, define, image, masquerade, chosen):
    for i, flag in enumerate(masquerade):
        define(f"{i}0-n{i}.conf", {"name": f"n{i}", "type": "ptp", "ipMasq": flag,
                                   "ipam": {"type": "host-local", "subnet": f"10.{i + 3}.0.0/24"}})
    pod = running(engine, "n0", "n1", image=image(ports=HTTP))  # default-restricted is the last
    end(pod)
    pod = engine.start("addresses", ",", "print", "up", ",", "sleep-forever", image=image(ports=HTTP),
                       pod=["--net=n0,n1", "--port=http:8888"]).wait_for("up")
    to = addresses_of(pod)[chosen]
    rules = run("nft", "list", "ruleset") if plugins == "ours" else run("iptables", "-t", "nat", "-S")
    assert f"{to}:80" in rules.replace(" . ", ":"), rules
    end(pod)


# DNS

def test_resolv_conf_by_flags(engine):
    result = engine.run("cat", "/etc/resolv.conf", pod=[
        "--net", "--dns=8.8.8.8", "--dns=4.2.2.2", "--dns-domain=example.org", "--dns-opt=debug", "--dns-opt=rotate",
        "--dns-search=example.com", "--dns-search=example.gov"])
    assert result.text.split("\n\n", 1)[-1].splitlines() == [
        "search example.com example.gov", "nameserver 8.8.8.8", "nameserver 4.2.2.2", "options debug rotate",
        "domain example.org"], result


def test_hosts_by_flags(engine):
    result = engine.run("cat", "/etc/hosts", pod=["--net", "--hosts-entry", "198.51.100.0=host1,198.51.100.1=host2",
                                                  "--hosts-entry", "198.51.100.0=host3"])
    assert [line.split() for line in result.text.splitlines()[-2:]] == [
        ["198.51.100.0", "host1", "host3"], ["198.51.100.1", "host2"]], result
