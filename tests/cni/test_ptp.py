# SPDX-License-Identifier: Apache-2.0
"""ptp with host-local: results, what is set up, and what passes through it."""
import json
import os
import pathlib
import socket
import subprocess

import pytest

from machine import VERSIONS, ip, listen, make_socket, reaches, run, seen_by

DUAL = {"type": "host-local", "ranges": [[{"subnet": "10.1.0.0/16"}], [{"subnet": "fd00:1::/64"}]],
        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}, {"dst": "10.9.0.0/16", "gw": "10.1.0.1"}]}


def dual(machine, **more):
    return machine.definition(ipam={**DUAL, "dataDir": str(machine.leases)}, **more)


def without_names(result):
    """What two results must have in common: names and addresses of interfaces are random."""
    for interface in result.get("interfaces", []):
        assert len(interface.pop("mac").split(":")) == 6
        interface["name"] = interface["name"] if "sandbox" in interface else interface["name"][:4]
    return result


def addresses(interface, netns=None):
    (link,) = ip("address", "show", "dev", interface, netns=netns)
    return {(each["local"], each["prefixlen"], each["scope"]) for each in link["addr_info"]
            if not each["local"].startswith("fe80:")}


def routes(netns=None, family="-4"):
    keys = ("dst", "gateway", "dev", "scope", "prefsrc")
    return sorted(str({key: route.get(key) for key in keys})
                  for route in ip(family, "route", "show", "table", "main", netns=netns)
                  if not route["dst"].startswith("fe80:"))


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != "1.1.0"])
def test_the_result_is_gos_in_each_version(machine, go, version):
    pod = machine.pod()
    results = []
    for plugins in (go, machine.plugins):
        definition = machine.definition(version=version, mtu=1400, dns={"nameservers": ["10.1.0.1"]},
                                        name=f"net{len(results)}")
        results.append(without_names(machine.add(definition, pod, plugins=plugins)))
        machine.delete(definition, pod, plugins=plugins)
    assert results[0] == results[1]


def test_fields_may_be_written_as_go_reads_them(machine, go):
    results = []
    for plugins in (go, machine.plugins):
        pod = machine.pod()
        definition = {"CNIVersion": "1.0.0", "Name": f"net{len(results)}", "Type": "ptp", "IPMASQ": True, "Ipam": {
            "Type": "host-local", "datadir": str(machine.leases), "Subnet": "10.1.0.0/16", "RangeStart": "10.1.0.7"}}
        results.append(without_names(machine.add(definition, pod, kind="ptp", plugins=plugins)))
        machine.delete(definition, pod, kind="ptp", plugins=plugins)
        results[-1]["interfaces"][1].pop("sandbox")
    assert results[0] == results[1] and results[0]["ips"][0]["address"] == "10.1.0.7/16"


def test_version_1_1_tells_the_mtu(machine):
    pod = machine.pod()
    result = machine.add(machine.definition(version="1.1.0", mtu=1400), pod)
    assert [interface["mtu"] for interface in result["interfaces"]] == [1400, 1400]
    machine.delete(machine.definition(version="1.1.0"), pod)


def test_addresses_and_routes_are_gos(machine, go):
    found = []
    for plugins in (go, machine.plugins):
        pod = machine.pod()
        definition = dual(machine, name=f"net{len(found)}")
        result = machine.add(definition, pod, plugins=plugins)
        host = result["interfaces"][0]["name"]
        found.append((addresses("eth0", pod), routes(pod), routes(pod, "-6"), addresses(host),
                      str(routes()).replace(host, "HOST"), str(routes(None, "-6")).replace(host, "HOST")))
        machine.delete(definition, pod, plugins=plugins)
    assert found[0] == found[1]


def test_what_was_added_is_found_by_check(machine):
    pod = machine.pod()
    definition = dual(machine, ipMasq=True)
    definition["prevResult"] = machine.add(definition, pod)
    machine.do("CHECK", definition, pod)
    run("ip", "-netns", pod, "route", "delete", "10.9.0.0/16")
    assert "no route to 10.9.0.0/16" in machine.refuse("CHECK", definition, pod)["msg"]
    run("ip", "-netns", pod, "route", "add", "10.9.0.0/16", "via", "10.1.0.1")
    machine.do("CHECK", definition, pod)
    run("nft", "delete", "table", "inet", "rkt-cni")
    assert "rkt-cni" in machine.refuse("CHECK", definition, pod)["msg"]
    run("ip", "-netns", pod, "address", "flush", "dev", "eth0")
    assert "has not the address" in machine.refuse("CHECK", definition, pod)["msg"]
    machine.delete(definition, pod)
    assert "has no address of this network" in machine.refuse("CHECK", definition, pod)["msg"]


def test_a_pod_reaches_its_host_and_other_pods(machine):
    first, second = machine.pod(), machine.pod()
    definition = dual(machine)
    results = [machine.add(definition, pod) for pod in (first, second)]
    four, six = (each["address"].split("/")[0] for each in results[1]["ips"])
    mine = [each["address"].split("/")[0] for each in results[0]["ips"]]
    with listen(second, 80) as server:
        assert seen_by(server, first, four, 80) == mine[0]
    with listen(second, 80, family=socket.AF_INET6) as server:
        assert seen_by(server, first, six, 80) == mine[1]
    with listen(None, 80) as server:
        assert seen_by(server, first, "10.1.0.1", 80) == mine[0]
    for pod in (first, second):
        machine.delete(definition, pod)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_what_leaves_the_machine_is_masqueraded(machine, kind):
    machine.world()
    plain, hidden = machine.pod(), machine.pod()
    quiet = machine.definition(name="plain")
    masked = machine.definition(name="masked", ipMasq=True, subnet="10.2.0.0/16")
    machine.add(quiet, plain)
    machine.add(masked, hidden)
    run("ip", "-netns", "world", "route", "add", "10.1.0.0/16", "via", "192.0.2.1")
    with listen("world", 80, kind=kind) as server:
        assert seen_by(server, hidden, "192.0.2.2", 80) == "192.0.2.1"
        assert seen_by(server, plain, "192.0.2.2", 80) == "10.1.0.2"
    with listen(plain, 80, kind=kind) as server:  # pods see one another's own address
        assert seen_by(server, hidden, "10.1.0.2", 80) == "10.2.0.2"
    machine.delete(quiet, plain)
    machine.delete(masked, hidden)


def test_ipv6_is_masqueraded(machine):
    machine.world("2001:db8::2/64", "2001:db8::1/64")
    pod = machine.pod()
    definition = dual(machine, ipMasq=True)
    machine.add(definition, pod)
    with listen("world", 80, family=socket.AF_INET6) as server:
        assert seen_by(server, pod, "2001:db8::2", 80) == "2001:db8::1"
    machine.delete(definition, pod)


def test_the_machine_does_not_become_a_router(machine):
    """Forwarding is on for the pod's link and the uplink only, and the latter forwards to pods only."""
    machine.world()
    run("ip", "netns", "add", "other")
    run("ip", "link", "add", "up1", "type", "veth", "peer", "name", "eth0", "netns", "other")
    for netns, link, address in ((None, "up1", "198.51.100.1/24"), ("other", "eth0", "198.51.100.2/24")):
        prefix = ["-netns", netns] if netns else []
        run("ip", *prefix, "address", "add", address, "dev", link)
        run("ip", *prefix, "link", "set", link, "up")
    run("ip", "-netns", "world", "route", "add", "198.51.100.0/24", "via", "192.0.2.1")
    run("ip", "-netns", "other", "route", "add", "192.0.2.0/24", "via", "198.51.100.1")
    machine.allow("up1")
    pod = machine.pod()
    definition = machine.definition(ipMasq=True)
    machine.add(definition, pod)
    settings = pathlib.Path("/proc/sys/net/ipv4")
    assert (settings / "ip_forward").read_text() == "0\n"
    assert (settings / "conf/all/route_localnet").read_text() == "0\n"
    with listen("other", 80) as server:
        assert seen_by(server, pod, "198.51.100.2", 80) == "198.51.100.1"
        assert not reaches(server, "world", "198.51.100.2", 80)
    machine.delete(definition, pod)


def switch(name):
    return pathlib.Path(f"/proc/sys/net/ipv4/conf/{name}/forwarding").read_text().strip()


def test_rules_and_forwarding_go_with_the_last_pod(machine):
    machine.world()
    run("ip", "route", "add", "default", "via", "192.0.2.2")
    pods = [machine.pod(), machine.pod()]
    for pod in pods:
        machine.add(machine.definition(ipMasq=True), pod)
    assert switch("up0") == "1"
    machine.delete(machine.definition(ipMasq=True), pods[0])
    assert machine.tables() == ["inet"] and switch("up0") == "1"
    machine.delete(machine.definition(ipMasq=True), pods[1], prefix=["env", "RKT_NETNS_ENDS=1"])
    assert machine.tables() == ["inet"]  # nobody waits for that either
    machine.delete(machine.definition(ipMasq=True), pods[1], netns="")
    assert machine.tables() == [] and switch("up0") == "0"


def test_forwarding_that_was_on_before_stays_on(machine):
    machine.world()
    run("ip", "route", "add", "default", "via", "192.0.2.2")
    machine.set("ipv4/conf/up0/forwarding", "1")
    own = pathlib.Path("/proc/sys/net/ipv6/conf/up0/force_forwarding")  # since Linux 6.17
    has_own = own.exists()
    run("ip", "-6", "route", "add", "2001:db8::/32", "dev", "up0")
    pod = machine.pod()
    machine.add(dual(machine), pod)
    assert [each["elem"]["comment"] for each in machine.uplinks()] == ["IPv6: forwards only since pods need it"] * has_own
    machine.delete(dual(machine), pod)
    assert machine.tables() == [] and switch("up0") == "1"
    assert not has_own or own.read_text() == "0\n"


def test_forwarding_that_somebody_else_may_want_is_kept_with_its_rules(machine):
    machine.world()
    run("ip", "route", "add", "default", "via", "192.0.2.2")
    pod = machine.pod()
    machine.add(machine.definition(), pod)
    (uplink,) = machine.uplinks()
    run("nft", "flush", "set", "inet", "rkt-cni", "uplinks")
    run("nft", "add", "element", "inet", "rkt-cni", "uplinks", '{ "up0" comment "of another kind" }')
    machine.delete(machine.definition(), pod)
    assert uplink["elem"]["comment"] == "forwards only since pods need it"
    assert machine.tables() == ["inet"] and switch("up0") == "1"
    run("nft", "delete", "table", "inet", "rkt-cni")


def test_pods_that_come_and_go_at_once_have_their_rules(machine):
    """Each takes part in removing the tables, and none loses those that it needs."""
    definition = machine.definition("bridge", ipMasq=True)
    machine.allow("cni0")
    pods = [machine.pod() for _ in range(6)]
    loop = ["bash", "-c", """
        for i in 1 2 3 4 5 6 7 8; do
            CNI_COMMAND=ADD "$0" <<<"$1" >/dev/null || exit 1
            nft list set bridge rkt-cni macs | grep -q "/$CNI_CONTAINERID/" || exit 2
            CNI_COMMAND=DEL "$0" <<<"$1" || exit 3
        done"""]
    running = [subprocess.Popen([*loop, f"{machine.plugins}/bridge", json.dumps(definition)], env={
        "PATH": os.environ["PATH"], "CNI_CONTAINERID": pod, "CNI_NETNS": f"/run/netns/{pod}", "CNI_IFNAME": "eth0",
        "CNI_PATH": machine.plugins}) for pod in pods]
    assert [process.wait() for process in running] == [0] * len(pods)
    machine.check_residue()


def test_a_router_stays_as_it_is(machine):
    machine.set("ipv4/ip_forward", "1")
    machine.world()
    pod = machine.pod()
    machine.add(machine.definition(), pod)
    assert "elements" not in run("nft", "list", "set", "inet", "rkt-cni", "uplinks")
    machine.delete(machine.definition(), pod)


@pytest.mark.parametrize("forged", ["10.1.0.99", "192.0.2.7", "127.0.0.1"])
def test_a_pod_cannot_send_from_an_address_that_is_not_its_own(machine, forged):
    machine.world()
    pod = machine.pod()
    definition = machine.definition()
    machine.add(definition, pod)
    run("ip", "-netns", pod, "link", "set", "lo", "up")
    run("ip", "-netns", pod, "address", "add", f"{forged}/32", "dev", "eth0")
    with listen("world", 80, kind=socket.SOCK_DGRAM) as server, \
            make_socket(pod, kind=socket.SOCK_DGRAM) as client:
        client.bind((forged, 0))
        try:
            client.sendto(b"forged", ("192.0.2.2", 80))
        except OSError:  # the pod's own kernel may refuse
            pass
        with make_socket(pod, kind=socket.SOCK_DGRAM) as honest:
            honest.sendto(b"honest", ("192.0.2.2", 80))
        assert server.recvfrom(100)[0] == b"honest"
        server.settimeout(0.3)
        with pytest.raises(TimeoutError):
            server.recvfrom(100)
    machine.delete(definition, pod)


def test_a_pod_believes_no_router_advertisements_nor_does_the_host(machine):
    pod = machine.pod()
    host = machine.add(dual(machine), pod)["interfaces"][0]["name"]
    assert pathlib.Path(f"/proc/sys/net/ipv6/conf/{host}/accept_ra").read_text() == "0\n"
    assert run("ip", "netns", "exec", pod, "cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra") == "0\n"
    machine.delete(dual(machine), pod)


def test_del_succeeds_as_often_as_it_is_asked(machine):
    pod = machine.pod()
    definition = machine.definition(ipMasq=True)
    machine.add(definition, pod)
    for _ in range(3):
        machine.delete(definition, pod)
    machine.check_residue()


@pytest.mark.parametrize("netns", ["", "/run/netns/gone", "/run/netns/file"])
@pytest.mark.parametrize("kind", ["ptp", "bridge"])
def test_del_without_a_namespace_leaves_nothing_on_the_host(machine, kind, netns):
    """Also while it lives on without a name, as it does until an app's connections have ended."""
    pathlib.Path("/run/file").touch()
    pod = machine.pod()
    definition = machine.definition(kind, ipMasq=True)
    machine.allow("cni0")
    machine.add(definition, pod)
    with open(f"/run/netns/{pod}", encoding="utf-8"):
        run("ip", "netns", "delete", pod)
        if netns.endswith("file"):
            pathlib.Path(netns).touch()  # what a namespace was mounted on
        machine.delete(definition, pod, netns=netns)
        machine.check_residue()
    if netns.endswith("file"):
        os.unlink(netns)


@pytest.mark.parametrize("kind", ["ptp", "bridge"])
def test_del_before_the_end_of_the_namespace_takes_the_link_out_of_use(machine, kind):
    """RKT_NETNS_ENDS=1: the kernel removes the pair with the namespace, and nobody waits for it."""
    pod, next_pod = machine.pod(), machine.pod()
    definition = machine.definition(kind, ipMasq=True, subnet="10.1.0.0/30", isGateway=True)
    machine.allow("cni0")
    host = machine.add(definition, pod)["interfaces"][kind == "bridge"]["name"]
    machine.delete(definition, pod, prefix=["env", "RKT_NETNS_ENDS=1"])
    (link,) = ip("link", "show", "dev", host)
    assert "UP" not in link["flags"] and link["group"] == "default"
    assert not machine.lease_files() and not machine.elements()
    assert not [address for link in ip("address", "show", "dev", host) for address in link["addr_info"]]
    assert not [route for route in ip("route", "show", "table", "all") if route.get("dev") == host]
    # The only address there is, for another pod.
    assert machine.add(definition, next_pod)["ips"][0]["address"] == "10.1.0.2/30"
    with listen(None, 80) as server:
        assert seen_by(server, next_pod, "10.1.0.1", 80) == "10.1.0.2"
    machine.delete(definition, next_pod)
    machine.delete(definition, pod, netns="")
    machine.check_residue()


def test_connections_that_keep_the_namespace_do_not_keep_the_link(machine):
    pod = machine.pod()
    machine.add(machine.definition(), pod)
    with listen(pod, 80):
        machine.delete(machine.definition(), pod, prefix=["env", "RKT_NETNS_ENDS=1"])
        assert machine.interfaces() == machine.links
    machine.delete(machine.definition(), pod)


def test_ipv6_is_taken_out_of_use_as_well(machine):
    pod = machine.pod()
    host = machine.add(dual(machine), pod)["interfaces"][0]["name"]
    machine.delete(dual(machine), pod, prefix=["env", "RKT_NETNS_ENDS=1"])
    assert not [address for link in ip("address", "show", "dev", host) for address in link["addr_info"]]
    assert not [route for route in ip("-6", "route", "show", "table", "all") if route.get("dev") == host]
    machine.delete(dual(machine), pod)


@pytest.mark.parametrize("adder,deleter", [("go", "ours"), ("ours", "go")])
def test_both_implementations_may_be_mixed(machine, go, adder, deleter):
    folders = {"go": go, "ours": machine.plugins}
    # Go's DEL does not find its rules after another plugin's ADD, and says so.
    definition = machine.definition(ipMasq=adder == "go")
    pods = [machine.pod() for _ in range(3)]
    given = [machine.add(definition, pod, plugins=folders[adder if i % 2 else deleter])["ips"][0]["address"]
             for i, pod in enumerate(pods)]
    assert len(set(given)) == 3
    for pod in pods:
        machine.delete(definition, pod, plugins=folders[deleter])
    run("nft", "flush", "ruleset")  # what Go's plugin made for itself


def test_an_interface_that_is_there_already_is_left_alone(machine):
    pod = machine.pod()
    run("ip", "-netns", pod, "link", "add", "eth0", "type", "bridge")
    said = machine.refuse("ADD", machine.definition(), pod)
    assert said["msg"] == "the pod has an interface eth0 already"
    machine.check_residue()
    (link,) = ip("-details", "link", "show", "dev", "eth0", netns=pod)
    assert link["linkinfo"]["info_kind"] == "bridge"


def test_a_second_add_fails_and_takes_nothing_away(machine):
    pod = machine.pod()
    host = machine.add(machine.definition(), pod)["interfaces"][0]["name"]
    assert "has an interface eth0 already" in machine.refuse("ADD", machine.definition(), pod)["msg"]
    said = machine.refuse("ADD", machine.definition(), machine.pod(), container=pod)
    assert said["msg"] == f"the host's end {host} of the interface eth0 is there already"
    assert list(machine.lease_files()) == ["10.1.0.2"]
    machine.delete(machine.definition(), pod)


@pytest.mark.parametrize("broken,why", [
    ({"ipam": None}, "ipam.type: missing"),
    ({"ipam": {"type": "no-such-plugin"}}, "there is no plugin no-such-plugin in CNI_PATH"),
    ({"ipam": {"type": "../../bin/sh"}}, '"../../bin/sh" is no name of a plugin'),
    ({"mtu": 99999999}, "mtu"),
    ({"ipMasq": "yes"}, "ipMasq"),
])
def test_a_broken_definition_leaves_nothing(machine, broken, why):
    pod = machine.pod()
    assert why in machine.refuse("ADD", machine.definition(**broken), pod)["msg"]


def test_a_route_that_cannot_be_undoes_everything(machine):
    pod = machine.pod()
    definition = machine.definition()
    definition["ipam"]["routes"] = [{"dst": "10.9.0.0/16", "gw": "203.0.113.1"}]
    said = machine.refuse("ADD", definition, pod)
    assert "adding the route to 10.9.0.0/16 via 203.0.113.1" in said["msg"]
    assert {link["ifname"] for link in ip("link", netns=pod)} == {"lo"}


def test_a_namespace_that_is_none_is_refused(machine):
    for path in ("/run/netns/none", "/etc/hostname", "/proc/self/ns/mnt"):
        said = machine.refuse("ADD", machine.definition(), "x", netns=path)
        assert said["code"] == 3 and "no network namespace is there" in said["msg"]
    said = machine.refuse("ADD", machine.definition(), "x", netns="/proc/self/ns/net")
    assert "is the host's" in said["msg"]


def test_gos_host_local_gives_addresses_as_well(machine, go):
    """Any IPAM plugin will do; this one under another name is run as a program."""
    folder = machine.leases.parent / "path"
    folder.mkdir()
    os.symlink(f"{go}/host-local", folder / "other-ipam")
    pod = machine.pod()
    definition = machine.definition()
    definition["ipam"]["type"] = "other-ipam"
    result = machine.add(definition, pod, path=str(folder))
    assert result["ips"][0]["address"] == "10.1.0.2/16"
    definition["prevResult"] = result
    machine.do("CHECK", definition, pod, path=str(folder))
    machine.delete(definition, pod, path=str(folder))
    definition["ipam"]["subnet"] = "nonsense"
    del definition["prevResult"]
    said = machine.refuse("ADD", definition, pod, path=str(folder))
    assert said["msg"].startswith("ipam: other-ipam: ")


def test_forty_pods_at_once(machine):
    definition = machine.definition(ipMasq=True)
    pods = [machine.pod() for _ in range(40)]
    results = machine.all_at_once("ADD", definition, pods)
    assert len({result["ips"][0]["address"] for result in results}) == 40
    assert len(machine.lease_files()) == 40
    machine.all_at_once("DEL", definition, pods)
    machine.check_residue()


@pytest.mark.parametrize("has_namespace", [True, False])
@pytest.mark.parametrize("call", ["linkat", "unlinkat", "sendto", "socket", "setns", "write"])
def test_killed_anywhere_it_leaves_nothing_that_del_would_not_find(machine, call, has_namespace):
    definition = machine.definition(ipMasq=True)
    for when in range(1, 20):
        pod = machine.pod()
        answer = machine.ask("ADD", definition, pod, prefix=[
            "strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}"])
        machine.delete(definition, pod, **({} if has_namespace else {"netns": ""}))
        machine.check_residue()
        if answer.status == 0:
            break
    else:
        raise AssertionError(f"more than 20 times {call}")
