# SPDX-License-Identifier: Apache-2.0
"""portmap behind ptp and bridge: who reaches a forwarded port, and as whom."""
import socket
import struct

import pytest

from machine import ip, listen, make_socket, reaches, run, seen_by
from test_bridge import frame, mac_bytes, udp
from test_ptp import DUAL

V4, V6 = socket.AF_INET, socket.AF_INET6
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


class Chain:
    """A network of two plugins, and what a runtime does with it."""

    def __init__(self, machine, main):
        self.machine = machine
        self.main = machine.definition(main, ipMasq=True, isGateway=True, bridge="br0",
                                       ipam={**DUAL, "dataDir": str(machine.leases)})
        machine.allow("br0")
        self.results = {}

    def ports(self, *mappings):
        return {"cniVersion": "1.0.0", "name": "net", "type": "portmap",
                "runtimeConfig": {"portMappings": [
                    {"hostPort": host, "containerPort": pod, "protocol": protocol, "hostIP": address}
                    for host, pod, protocol, address in mappings]}}

    def add(self, *mappings, **more):
        pod = self.machine.pod()
        result = self.machine.add(self.main, pod)
        chained = {**self.ports(*mappings), "prevResult": result, **more}
        assert self.machine.do("ADD", chained, pod) == result
        self.results[pod] = (result, chained)
        return pod

    def end(self):
        for pod, (_, chained) in self.results.items():
            self.machine.delete(chained, pod)
            self.machine.delete(self.main, pod)


@pytest.fixture(params=["ptp", "bridge"])
def chain(request, machine):
    made = Chain(machine, request.param)
    yield made
    made.end()


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_the_pod_sees_the_clients_own_address(machine, chain, kind):
    machine.world()
    pod = chain.add((8080, 80, "tcp", ""), (8080, 80, "udp", ""))
    with listen(pod, 80, kind=kind) as server:
        assert seen_by(server, "world", "192.0.2.1", 8080) == "192.0.2.2"


def test_ipv6_is_forwarded(machine, chain):
    machine.world("2001:db8::2/64", "2001:db8::1/64")
    pod = chain.add((8080, 80, "tcp", ""))
    with listen(pod, 80, family=V6) as server:
        assert seen_by(server, "world", "2001:db8::1", 8080) == "2001:db8::2"


@pytest.mark.parametrize("kind", [TCP, UDP])
@pytest.mark.parametrize("family,address,gateway", [(V4, "127.0.0.1", "10.1.0.1"), (V6, "::1", "fd00:1::1")])
@pytest.mark.parametrize("bound", [True, False])
def test_the_host_reaches_it_by_its_loopback_address(machine, chain, kind, family, address, gateway, bound):
    pod = chain.add((8080, 80, "tcp", address if bound else ""), (8080, 80, "udp", address if bound else ""))
    with listen(pod, 80, family=family, kind=kind) as server:
        assert seen_by(server, None, address, 8080) == gateway


def test_a_large_answer_passes_the_loopback_address(machine, chain):
    """Segments are made for the loopback's MTU first, and leave by a link with a smaller one."""
    pod = chain.add((8080, 80, "tcp", "127.0.0.1"))
    with listen(pod, 80) as server, make_socket(None) as client:
        client.connect(("127.0.0.1", 8080))
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            client.settimeout(5)
            for sender, receiver in ((client, connection), (connection, client)):
                data = bytes(1 << 20)
                import threading
                thread = threading.Thread(target=sender.sendall, args=(data,))
                thread.start()
                got = 0
                while got < len(data):
                    got += len(receiver.recv(65536))
                thread.join()


@pytest.mark.parametrize("kind", [TCP, UDP])
def test_the_host_reaches_it_by_its_other_addresses(machine, chain, kind):
    machine.world()
    pod = chain.add((8080, 80, "tcp", ""), (8080, 80, "udp", ""))
    with listen(pod, 80, kind=kind) as server:
        assert seen_by(server, None, "192.0.2.1", 8080) in ("192.0.2.1", "10.1.0.1")


def test_what_is_bound_to_loopback_is_not_reached_from_outside(machine, chain):
    machine.world()
    pod = chain.add((8080, 80, "udp", "127.0.0.1"))
    mac = mac_bytes(ip("link", "show", "dev", "up0")[0]["address"])
    with listen(pod, 80, kind=UDP) as server:
        assert not reaches(server, "world", "192.0.2.1", 8080)
        with make_socket("world", socket.AF_PACKET, socket.SOCK_RAW) as forger:
            forger.bind(("eth0", 0))
            packet = bytearray(udp("192.0.2.2", "127.0.0.1"))
            packet[22:24] = struct.pack("!H", 8080)
            forger.send(frame(mac, forger.getsockname()[4], 0x800, bytes(packet)))
        server.settimeout(0.3)
        with pytest.raises(TimeoutError):
            server.recvfrom(100)
        server.settimeout(2)
        seen_by(server, None, "127.0.0.1", 8080)
    assert run("sh", "-c", "cat /proc/sys/net/ipv4/conf/*/route_localnet | sort -u") == "0\n"


def test_a_port_of_one_address_is_not_one_of_another(machine, chain):
    machine.world()
    run("ip", "address", "add", "192.0.2.9/24", "dev", "up0")
    pod = chain.add((8080, 80, "tcp", "192.0.2.9"))
    with listen(pod, 80) as server:
        assert seen_by(server, "world", "192.0.2.9", 8080) == "192.0.2.2"
        assert not reaches(server, "world", "192.0.2.1", 8080)


def test_what_only_passes_through_is_left_alone(machine, chain):
    """A pod's connection to port 8080 of somebody else is not ours to lead on."""
    machine.world()
    pod = chain.add((8080, 80, "tcp", ""))
    with listen("world", 8080) as server:
        assert seen_by(server, pod, "192.0.2.2", 8080) == "192.0.2.1"


def test_pods_reach_forwarded_ports_themselves_included(machine, chain):
    machine.world()
    pod, other = chain.add((8080, 80, "tcp", "")), chain.add()
    with listen(pod, 80) as server:
        seen_by(server, other, "192.0.2.1", 8080)
        seen_by(server, pod, "192.0.2.1", 8080)


def test_a_client_that_keeps_asking_is_led_to_the_new_pod(machine, chain):
    """UDP: the kernel remembers where a client's first packet went, be it the host or the pod before."""
    machine.world()
    chain.add((9999, 99, "udp", ""))  # from now on the kernel remembers
    with make_socket("world", kind=UDP) as client:
        client.connect(("192.0.2.1", 8080))
        for _ in range(2):
            try:
                client.send(b"nobody is there")
            except ConnectionRefusedError:
                pass
            pod = chain.add((8080, 80, "udp", ""))
            with listen(pod, 80, kind=UDP) as server:
                for _ in range(2):  # the first one may tell of a refusal before
                    try:
                        client.send(b"question")
                    except ConnectionRefusedError:
                        pass
                assert server.recvfrom(100) == (b"question", ("192.0.2.2", client.getsockname()[1]))
            machine.delete(chain.results[pod][1], pod)


def test_a_service_of_the_host_keeps_its_other_ports(machine, chain):
    chain.add((8080, 80, "tcp", ""))
    with listen(None, 9090) as server:
        assert seen_by(server, None, "127.0.0.1", 9090) == "127.0.0.1"


def test_a_range_is_many_ports(machine, chain):
    machine.world()
    pod = chain.add(*[(10000 + i, 20000 + i, "tcp", "") for i in range(1000)])
    for number in (0, 500, 999):
        with listen(pod, 20000 + number) as server:
            assert seen_by(server, "world", "192.0.2.1", 10000 + number) == "192.0.2.2"


def test_a_port_is_forwarded_once(machine, chain):
    first = chain.add((8080, 80, "tcp", ""))
    pod = machine.pod()
    result = machine.add(chain.main, pod)
    said = machine.refuse("ADD", {**chain.ports((7070, 70, "tcp", ""), (8080, 81, "tcp", "")),
                                  "prevResult": result}, pod)
    assert said["msg"] == f"port 8080/tcp of the host is taken by net/{first}/eth0"
    assert all(f"net/{first}/" in str(element) for element in machine.elements()["ports4"])
    machine.do("ADD", {**chain.ports((8080, 81, "udp", "")), "prevResult": result}, pod)  # another protocol
    chain.results[pod] = (result, chain.ports())


def test_check_sees_what_is_missing(machine, chain):
    pod = chain.add((8080, 80, "tcp", ""))
    _, chained = chain.results[pod]
    machine.do("CHECK", chained, pod)
    run("nft", "flush", "set", "inet", "rkt-cni", "hairpin4")
    assert "5 of the 6 rules for ports" in machine.refuse("CHECK", chained, pod)["msg"]


def test_without_snat_there_is_neither_loopback_nor_hairpin(machine, chain):
    chain.add((8080, 80, "tcp", ""), snat=False)
    assert not {"loopback4", "hairpin4"} & machine.elements().keys()


def test_gc_removes_ports_of_who_is_not_valid(machine, chain):
    first, second = chain.add((8080, 80, "tcp", "")), chain.add((8081, 80, "tcp", ""))
    machine.do("GC", {**chain.ports(), "cniVersion": "1.1.0",
                      "cni.dev/valid-attachments": [{"containerID": second, "ifname": "eth0"}]})
    assert f"net/{first}/" not in str(machine.elements()["ports4"])
    assert f"net/{second}/" in str(machine.elements()["ports4"])


@pytest.mark.parametrize("more,code,why", [
    ({"prevResult": None}, 7, "portmap has to be chained"),
    ({"conditionsV4": ["-s", "10.0.0.0/8"]}, 2, "conditionsV4: not supported"),
    ({"externalSetMarkChain": "KUBE-MARK-MASQ"}, 2, "not supported"),
    ({"backend": "iptables"}, 7, "only nftables"),
    ({"runtimeConfig": {"portMappings": [{"hostPort": 0, "containerPort": 1, "protocol": "tcp"}]}}, 7, "hostPort"),
    ({"runtimeConfig": {"portMappings": [{"hostPort": 1, "containerPort": 70000, "protocol": "tcp"}]}}, 7, "containerPort"),
    ({"runtimeConfig": {"portMappings": [{"hostPort": 1, "containerPort": 1, "protocol": "icmp"}]}}, 7, "neither tcp nor udp"),
    ({"runtimeConfig": {"portMappings": [{"hostPort": 1, "containerPort": 1, "protocol": "tcp", "hostIP": "127.0.0.2"}]}}, 7, "only 127.0.0.1"),
    ({"runtimeConfig": {"portMappings": [{"hostPort": 1, "containerPort": 1, "protocol": "tcp", "hostIP": "x"}]}}, 7, "no IP address"),
])
def test_what_makes_no_sense_is_refused(machine, more, code, why):
    previous = {"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.2/16"}]}
    definition = {"cniVersion": "1.0.0", "name": "net", "type": "portmap", "prevResult": previous, **more}
    said = machine.refuse("ADD", definition, machine.pod())
    assert why in said["msg"] and said["code"] == code, said


def test_del_needs_nothing_but_names(machine, chain):
    pod = chain.add((8080, 80, "tcp", ""))
    machine.delete({"cniVersion": "0.3.1", "name": "net", "type": "portmap"}, pod, netns="")
    assert "ports4" not in machine.elements()
