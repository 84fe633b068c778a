# SPDX-License-Identifier: Apache-2.0
"""
Addresses by DHCP: those of a server behind a card, asked for by Debian's plugin and its daemon.

Source: rkt/rkt, Documentation/networking/overview.md, whose example of it is LAN.
"""

import os
import signal

import pytest

from harness.dhcp import SOCKET, DhcpDaemon, DhcpServer
from harness.engine import wait_until
from harness.plugin_network import run
from test_network import define, is_known, network, nothing_stays, refused  # noqa: F401 (fixtures)
from test_network_examples import addresses_of, end, master, running  # noqa: F401 (fixtures)

pytestmark = pytest.mark.levels("coreos", "kvm")

LAN = {"name": "lan", "type": "macvlan", "master": "eth0", "ipam": {"type": "dhcp"}}
NO_DAEMON = f"plugin macvlan: error dialing DHCP daemon: dial unix {SOCKET}: "


@pytest.fixture
def server(master):
    master("eth0")
    with DhcpServer("eth0-far", renewal_s=3) as server:
        wait_until(lambda: "DHCP, IP range" in server.said(), "the server", process=server.process)
        yield server


@pytest.fixture
def daemon():
    with DhcpDaemon() as daemon:
        wait_until(daemon.is_ready, "the daemon", process=daemon.process)
        yield daemon


def address_of(pod, server):
    """The pod's, which is the one that the server has given away."""
    address = addresses_of(pod)["eth0"]
    assert server.leases() == [address] and address.startswith("10.4.0.5"), server.said()
    return address


def released(server, address):
    wait_until(lambda: f"DHCPRELEASE(eth0-far) {address}" in server.said() and not server.leases(), "the release")


def test_a_pod_has_the_address_that_the_server_gives(engine, define, server, daemon):
    define("10-lan.conf", LAN)
    pod = engine.start("addresses", ",", "cat", "/proc/net/route", ",", "print", "up", ",", "sleep-forever",
                       pod=["--net=lan"]).wait_for("up")
    address = address_of(pod, server)
    gateways = [line.split()[2] for line in pod.result().text.splitlines() if line.startswith("eth0\t00000000\t")]
    assert gateways == ["0100040A"]  # 10.4.0.1
    # The daemon renews it in the pod's namespace, whose frames are a virtual machine's by then.
    wait_until(lambda: "lease renewed" in daemon.said(), "the renewal")
    end(pod)
    released(server, address)


def test_the_address_of_a_killed_pod_is_given_back_by_gc(engine, define, server, daemon):
    define("10-lan.conf", LAN)
    pod = running(engine, "lan")
    address = address_of(pod, server)
    os.kill(pod.pid, signal.SIGKILL)
    pod.process.wait()
    wait_until(lambda: engine.collect().status == 0 and not is_known(engine, pod.uuid), "gc")
    released(server, address)


def test_a_bridge_asks_by_the_pods_port(engine, define, server, daemon):
    """Which lets nothing else through before there is an address."""
    run("ip", "link", "add", "lan0", "up", "type", "bridge")
    run("ip", "link", "set", "eth0", "master", "lan0")
    define("10-lan.conf", {**LAN, "type": "bridge", "bridge": "lan0"})
    pod = running(engine, "lan")
    address = address_of(pod, server)
    wait_until(lambda: "lease renewed" in daemon.said(), "the renewal")
    end(pod)
    released(server, address)
    run("ip", "link", "del", "lan0")


def test_without_the_daemon_no_pod_starts(engine, define, master):
    master("eth0")
    define("10-lan.conf", LAN)
    refused(engine.run("print", "ran", pod=["--net=lan"]), "network lan (", "net.d/10-lan.conf): ", NO_DAEMON)


def test_what_a_daemon_has_that_has_gone_is_left_when_there_is_one_again(engine, define, server):
    define("10-lan.conf", LAN)
    with DhcpDaemon() as daemon:
        wait_until(daemon.is_ready, "the daemon", process=daemon.process)
        pod = running(engine, "lan")
    uuid = pod.uuid
    pod.send(signal.SIGTERM)
    said = pod.wait().stderr.splitlines()
    assert len(said) == 1 and "warning: leaving networks, which gc will try again: network lan (" in said[0], said
    assert NO_DAEMON in said[0], said
    assert NO_DAEMON in engine.collect().stderr and is_known(engine, uuid)
    with DhcpDaemon() as daemon:
        wait_until(daemon.is_ready, "the daemon", process=daemon.process)
        assert engine.collect().status == 0 and not is_known(engine, uuid)
