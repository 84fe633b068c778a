# SPDX-License-Identifier: Apache-2.0
"""bridge with host-local: results, what is set up, and what may pass a port."""
import pathlib
import socket
import struct
import time

import pytest

from machine import VERSIONS, ip, listen, make_socket, run, seen_by
from test_ptp import DUAL, addresses, routes, without_names


@pytest.fixture
def network(machine):
    machine.allow("br0")

    def define(**more):
        return machine.definition("bridge", **{"bridge": "br0", "isGateway": True, **more})
    return define


def dual(machine, network, **more):
    return network(ipam={**DUAL, "dataDir": str(machine.leases)}, **more)


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != "1.1.0"])
def test_the_result_is_gos_in_each_version(machine, network, go, version):
    pod = machine.pod()
    results = []
    for plugins in (go, machine.plugins):
        definition = network(version=version, mtu=1400, name=f"net{len(results)}")
        results.append(without_names(machine.add(definition, pod, plugins=plugins)))
        machine.delete(definition, pod, plugins=plugins)
    assert results[0] == results[1]


@pytest.mark.parametrize("options", [
    {}, {"isDefaultGateway": True}, {"isGateway": False}, {"hairpinMode": True}, {"promiscMode": True},
])
def test_addresses_routes_and_port_are_gos(machine, network, go, options):
    found = []
    for plugins in (go, machine.plugins):
        pod = machine.pod()
        definition = dual(machine, network, name=f"net{len(found)}")
        definition.update(options)
        if options.get("isDefaultGateway"):
            definition["ipam"] = {**definition["ipam"], "routes": []}
        result = machine.add(definition, pod, plugins=plugins)
        port = result["interfaces"][1]["name"]
        (link,) = ip("-details", "link", "show", "dev", port)
        (bridge,) = ip("-details", "link", "show", "dev", "br0")
        found.append((addresses("eth0", pod), routes(pod), routes(pod, "-6"), addresses("br0"), routes(),
                      link["master"], link["linkinfo"]["info_slave_data"]["hairpin"], bridge["promiscuity"] > 1,
                      "PROMISC" in bridge["flags"], result["routes"]))
        machine.delete(definition, pod, plugins=plugins)
        run("ip", "link", "delete", "br0")
    assert found[0] == found[1]


def test_what_was_added_is_found_by_check(machine, network):
    pod = machine.pod()
    definition = dual(machine, network, ipMasq=True)
    definition["prevResult"] = result = machine.add(definition, pod)
    machine.do("CHECK", definition, pod)
    port = result["interfaces"][1]["name"]
    run("ip", "link", "set", port, "nomaster")
    assert f"{port} is no port of br0" in machine.refuse("CHECK", definition, pod)["msg"]
    run("ip", "link", "set", port, "master", "br0")
    machine.do("CHECK", definition, pod)
    run("nft", "flush", "set", "bridge", "rkt-cni", "addresses4")
    assert "2 of the 3 rules" in machine.refuse("CHECK", definition, pod)["msg"]
    machine.delete(definition, pod)


def test_pods_reach_each_other_the_host_and_the_world(machine, network):
    machine.world()
    pods = [machine.pod(), machine.pod()]
    definition = dual(machine, network, ipMasq=True)
    given = [[each["address"].split("/")[0] for each in machine.add(definition, pod)["ips"]] for pod in pods]
    for family, index in ((socket.AF_INET, 0), (socket.AF_INET6, 1)):
        with listen(pods[1], 80, family=family) as server:
            assert seen_by(server, pods[0], given[1][index], 80) == given[0][index]
    with listen(None, 80) as server:
        assert seen_by(server, pods[0], "10.1.0.1", 80) == given[0][0]
    with listen("world", 80) as server:
        assert seen_by(server, pods[0], "192.0.2.2", 80) == "192.0.2.1"
    for pod in pods:
        machine.delete(definition, pod)


def test_isolated_ports_reach_the_host_only(machine, network):
    pods = [machine.pod(), machine.pod()]
    definition = network(portIsolation=True)
    for pod in pods:
        machine.add(definition, pod)
    with listen(pods[1], 80) as server, make_socket(pods[0]) as client:
        client.settimeout(0.5)
        with pytest.raises(OSError):
            client.connect(("10.1.0.3", 80))
        server.close()
    with listen(None, 80) as server:
        assert seen_by(server, pods[0], "10.1.0.1", 80) == "10.1.0.2"
    for pod in pods:
        machine.delete(definition, pod)


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(destination, source, kind, payload):
    return destination + source + struct.pack("!H", kind) + payload


def udp(source, destination, payload=b"forged"):
    """An IPv4 packet; a checksum of 0 is none for UDP, and the header's is made."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 1, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
    return head + struct.pack("!HHHH", 999, 80, 8 + len(payload), 0) + payload


def arp(mac, address, asked):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, 2, mac, socket.inet_aton(address),
                       mac, socket.inet_aton(asked))


def test_frames_that_are_forged_do_not_pass(machine, network):
    victim, liar = machine.pod(), machine.pod()
    definition = dual(machine, network)
    seen = machine.add(definition, victim)
    own = machine.add(definition, liar)
    target, mac = (mac_bytes(each["interfaces"][2]["mac"]) for each in (seen, own))
    other = mac_bytes("0a:00:00:00:00:01")
    v6 = bytes.fromhex("6000000000083a40") + socket.inet_pton(socket.AF_INET6, "fd00:1::99") \
        + socket.inet_pton(socket.AF_INET6, "fd00:1::2") + b"\x80\0\0\0\0\0\0\0"
    forged = [frame(target, other, 0x800, udp("10.1.0.3", "10.1.0.2")),
              frame(target, mac, 0x800, udp("10.1.0.99", "10.1.0.2")),
              frame(target, mac, 0x806, arp(mac, "10.1.0.1", "10.1.0.2")),
              frame(target, mac, 0x86dd, v6),
              frame(target, mac, 0x8100, struct.pack("!HH", 5, 0x800) + udp("10.1.0.99", "10.1.0.2"))]
    true = [frame(target, mac, 0x806, arp(mac, "10.1.0.3", "10.1.0.2")),
            frame(target, mac, 0x800, udp("10.1.0.3", "10.1.0.2", b"honest"))]
    sniffer = make_socket(victim, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sender = make_socket(liar, socket.AF_PACKET, socket.SOCK_RAW)
    with sniffer, sender:
        sniffer.bind(("eth0", 0))
        sender.bind(("eth0", 0))
        for each in forged + true:
            sender.send(each)
        received = []
        while not received or received[-1] != true[-1]:
            data = sniffer.recv(2000)
            if data[6:12] in (mac, other) and data[:6] == target:
                received.append(data)
    assert received == true
    for pod in (victim, liar):
        machine.delete(definition, pod)


def test_without_ipam_it_is_a_plain_port(machine):
    machine.allow("cni0")
    pod = machine.pod()
    definition = machine.definition("bridge", ipam=None, args={"cni": {"mac": "0a:58:0a:00:00:07"}})
    result = machine.add(definition, pod)
    assert result["interfaces"][2]["mac"] == "0a:58:0a:00:00:07" and "ips" not in result
    assert addresses("eth0", pod) == set()
    definition["prevResult"] = result
    machine.do("CHECK", definition, pod)
    machine.delete(definition, pod)


@pytest.mark.parametrize("given", ["args", "arguments", "runtime"])
def test_a_hardware_address_may_be_asked_for(machine, network, given):
    pod, mac = machine.pod(), "0a:58:0a:00:00:07"
    definition = network()
    if given == "args":
        definition["args"] = {"cni": {"mac": mac}}
    if given == "runtime":
        definition["runtimeConfig"] = {"mac": mac}
    result = machine.add(definition, pod, args=f"MAC={mac}" if given == "arguments" else "")
    assert result["interfaces"][2]["mac"] == mac
    assert ip("link", "show", "dev", "eth0", netns=pod)[0]["address"] == mac
    machine.delete(definition, pod)


def test_the_bridge_keeps_its_hardware_address(machine, network):
    macs = set()
    pods = [machine.pod() for _ in range(4)]
    for pod in pods:
        machine.add(network(), pod)
        macs.add(ip("link", "show", "dev", "br0")[0]["address"])
    for pod in pods:
        machine.delete(network(), pod)
        macs.add(ip("link", "show", "dev", "br0")[0]["address"])
    assert len(macs) == 1
    assert pathlib.Path("/proc/sys/net/ipv6/conf/br0/accept_ra").read_text() == "0\n"


def test_a_bridge_that_is_there_is_used_as_it_is(machine, network):
    run("ip", "link", "add", "br0", "type", "bridge")
    run("ip", "address", "add", "10.1.0.9/16", "dev", "br0")
    pod = machine.pod()
    said = machine.refuse("ADD", network(), pod)
    assert said["msg"] == "br0 has the address 10.1.0.9/16, not 10.1.0.1/16"
    machine.check_residue()
    machine.add(network(forceAddress=True), pod)
    assert addresses("br0") == {("10.1.0.1", 16, "global")}
    machine.delete(network(), pod)


def test_forty_pods_at_once_make_one_bridge(machine, network):
    definition = network(ipMasq=True)
    pods = [machine.pod() for _ in range(40)]
    results = machine.all_at_once("ADD", definition, pods)
    assert len({result["ips"][0]["address"] for result in results}) == 40
    assert len(machine.elements()["macs"]) == len(machine.elements()["masquerade4"]) == 40
    assert addresses("br0") == {("10.1.0.1", 16, "global")}
    machine.all_at_once("DEL", definition, pods)


@pytest.mark.parametrize("call", ["sendto", "setns", "write"])
def test_killed_anywhere_it_leaves_nothing_that_del_would_not_find(machine, network, call):
    definition = network(ipMasq=True)
    for when in range(1, 30):
        pod = machine.pod()
        answer = machine.ask("ADD", definition, pod, prefix=[
            "strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"])
        machine.delete(definition, pod, netns="")
        machine.check_residue()
        if answer.status == 0:
            break
    else:
        raise AssertionError(f"more than 30 times {call}")


def test_what_is_no_bridge_is_refused(machine):
    pod = machine.pod()
    said = machine.refuse("ADD", machine.definition("bridge", bridge="lo"), pod)
    assert said["msg"] == "lo exists and is no bridge"


@pytest.mark.parametrize("broken,code,why", [
    ({"vlan": 7}, 2, "vlan: not supported by this plugin"),
    ({"enabledad": True}, 2, "enabledad: not supported by this plugin"),
    ({"bridge": "../x"}, 7, "no name of an interface"),
    ({"hairpinMode": True, "promiscMode": True}, 7, "not both"),
    ({"bridge": "all"}, 7, "no name of an interface"),
    ({"args": {"cni": {"mac": "01:00:00:00:00:00"}}}, 7, "no hardware address of one station"),
])
def test_what_is_not_supported_is_refused(machine, broken, code, why):
    said = machine.refuse("ADD", machine.definition("bridge", **broken), machine.pod())
    assert why in said["msg"] and said["code"] == code


def test_gc_removes_what_is_not_valid(machine, network):
    pods = [machine.pod() for _ in range(3)]
    definition = network(version="1.1.0", ipMasq=True)
    other = network(version="1.1.0", name="net2", ipMasq=True, subnet="10.2.0.0/16", bridge="br1")
    machine.allow("br1")
    for pod in pods:
        machine.add(definition, pod)
    machine.add(other, pods[0], interface="eth1")
    assert len(machine.elements()["macs"]) == 4
    machine.do("GC", {**definition, "cni.dev/valid-attachments": [{"containerID": pods[1], "ifname": "eth0"}]})
    assert {each["elem"]["comment"] for each in machine.elements()["macs"]} == {
        f"net/{pods[1]}/eth0", f"net2/{pods[0]}/eth1"}
    assert len(machine.elements()["masquerade4"]) == 2
    assert list(machine.lease_files()) == ["10.1.0.3"]
    machine.do("STATUS", definition)
    for pod in pods:
        machine.delete(definition, pod)
    machine.delete(other, pods[0], interface="eth1")


def test_names_too_long_for_a_comment_are_found_again(machine, network):
    pod, container = machine.pod(), "c" * 150
    definition = network(ipMasq=True)
    machine.add(definition, pod, container=container)
    (element,) = machine.elements()["macs"]
    assert len(element["elem"]["comment"]) == 16
    machine.delete(definition, pod, container=container)


def packets(netns, interface):
    made = make_socket(netns, socket.AF_PACKET, socket.SOCK_RAW)
    made.bind((interface, 0x86dd))
    return made


def mac_of(netns):
    return bytes.fromhex(ip("link", "show", "dev", "eth0", netns=netns)[0]["address"].replace(":", ""))


def frame_from(heard, sender, group):
    """The next one of that sender to that group; None: two seconds without any frame."""
    while True:
        try:
            frame = heard.recv(2000)
        except TimeoutError:
            return None
        if frame[6:12] == sender and frame[38:54] == socket.inet_pton(socket.AF_INET6, group):
            return frame


@pytest.mark.parametrize("is_dual", [False, True])
def test_pods_are_not_told_what_others_listen_to_on_their_link(machine, network, is_dual):
    """Two hundred would be, four times, at each start.  What is behind other ports is, and all hear what was not such a report."""
    definition = dual(machine, network) if is_dual else network()
    listener, speaker, outside = machine.pod(), machine.pod(), machine.pod()
    machine.add(definition, listener)
    run("ip", "link", "add", "port", "type", "veth", "peer", "name", "eth0", "netns", outside)
    machine.allow("port")
    run("ip", "link", "set", "port", "master", "br0", "up")
    run("ip", "-netns", outside, "link", "set", "eth0", "up")
    with packets(listener, "eth0") as pod, packets(outside, "eth0") as switch:
        machine.add(definition, speaker)
        sender = mac_of(speaker)
        assert [frame_from(switch, sender, "ff02::16") for _ in range(4)].count(None) == 0
        index = ip("link", "show", "dev", "eth0", netns=speaker)[0]["ifindex"]
        with make_socket(speaker, socket.AF_INET6, socket.SOCK_DGRAM) as joined:
            joined.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            joined.sendto(b"who is there?", ("ff02::fb", 5353, 0, index))
            assert frame_from(pod, sender, "ff02::16") is None
            joined.sendto(b"who is there?", ("ff02::fb", 5353, 0, index))
            assert frame_from(pod, sender, "ff02::fb")
            joined.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                              socket.inet_pton(socket.AF_INET6, "ff05::1:3") + struct.pack("@I", index))
            assert b"\xff\x05" in frame_from(pod, sender, "ff02::16")
    for pod in (listener, speaker):
        machine.delete(definition, pod)


def test_a_pod_does_not_ask_for_its_link_local_address(machine, network):
    """It is that of its hardware address; and it can be used at once."""
    pod = machine.pod()
    machine.add(network(), pod)
    deadline = time.monotonic() + 2
    while not (found := ip("-6", "address", "show", "dev", "eth0", netns=pod)) and time.monotonic() < deadline:
        time.sleep(0.005)
    (local,) = found[0]["addr_info"]
    assert local["scope"] == "link" and "tentative" not in local
    machine.delete(network(), pod)


def test_filtering_of_bridged_packets_by_the_host_does_no_harm(machine, network):
    """net.bridge.bridge-nf-call-iptables=1, as other engines set it."""
    pods = [machine.pod(), machine.pod()]
    definition = network(ipMasq=True, isGateway=False)
    for pod in pods:
        machine.add(definition, pod)
    machine.filter_bridges("1")
    with listen(pods[1], 80) as server:
        assert seen_by(server, pods[0], "10.1.0.3", 80) == "10.1.0.2"
    for pod in pods:
        machine.delete(definition, pod)


IPAM_OF_OTHERS = """#!/bin/sh
# Writes down what there is when it is asked, as one who asks a server by the pod's interface.
cat >/dev/null
{ echo "$CNI_COMMAND"; ip -o link show up master br0; ip -n "$(basename "$CNI_NETNS")" -o link show up eth0; } >>%s/asked 2>&1
[ "$CNI_COMMAND" != ADD ] || %s
"""
GIVES = 'echo \'{"cniVersion": "1.0.0", "ips": [{"address": "10.1.0.9/16"}]}\''


@pytest.fixture
def others(machine, network, tmp_path):
    """others(answer): a definition whose addresses another's plugin gives; others.asked(): for what, and what it saw."""
    def define(answer):
        (tmp_path / "others").write_text(IPAM_OF_OTHERS % (tmp_path, answer))
        (tmp_path / "others").chmod(0o755)
        return network(ipam={"type": "others"})

    def asked():
        return (tmp_path / "asked").read_text().splitlines()
    define.asked, define.path = asked, str(tmp_path)
    return define


def test_who_gives_addresses_by_the_port_finds_it_open(machine, others):
    pod = machine.pod()
    definition = others(GIVES)
    port = machine.add(definition, pod, path=others.path)["interfaces"][1]["name"]
    assert "10.1.0.9" in {address[0] for address in addresses("eth0", pod)}
    machine.delete(definition, pod, path=others.path)
    asked = others.asked()
    assert [line for line in asked if " " not in line] == ["ADD", "DEL"]
    for at in (asked.index("ADD"), asked.index("DEL")):
        assert port in asked[at + 1] and "eth0" in asked[at + 2], asked


def test_who_gives_no_address_leaves_nothing(machine, others):
    pod = machine.pod()
    said = machine.refuse("ADD", others('echo \'{"code": 11, "msg": "try again"}\' && exit 1'), pod, path=others.path)
    assert said["code"] == 11 and "try again" in said["msg"]
    said = machine.refuse("ADD", others('echo \'{"cniVersion": "1.0.0"}\''), pod, path=others.path)
    assert "no address was given" in said["msg"]
    assert machine.interfaces() == machine.links and not machine.elements()


def test_addresses_are_given_back_once(machine, others):
    """RKT_NETNS_ENDED: when the end of the namespace has been told before, only the pair is looked for."""
    pod = machine.pod()
    definition = others(GIVES)
    machine.add(definition, pod, path=others.path)
    machine.delete(definition, pod, path=others.path, prefix=["env", "RKT_NETNS_ENDS=1"])
    machine.delete(definition, pod, path=others.path, prefix=["env", "RKT_NETNS_ENDED=1"])
    assert [line for line in others.asked() if " " not in line] == ["ADD", "DEL"]
    assert machine.interfaces() == machine.links


def test_the_port_goes_when_nobody_takes_the_address_back(machine, others):
    pod = machine.pod()
    machine.add(others(GIVES), pod, path=others.path)
    definition = others(f"{GIVES}\n[ $CNI_COMMAND != DEL ] || exit 1")
    assert "others" in machine.refuse("DEL", definition, pod, path=others.path)["msg"]
    assert machine.interfaces() == machine.links and not machine.elements()
    machine.delete(others(GIVES), pod, path=others.path)
