# SPDX-License-Identifier: Apache-2.0
"""host-local and loopback as programs of their own, beside Go's."""
import json
import shutil
import subprocess

import pytest

from machine import VERSIONS, ip, run

SETS = [[{"subnet": "10.1.0.0/24", "rangeStart": "10.1.0.250", "rangeEnd": "10.1.0.252"}, {"subnet": "10.2.0.0/29", "gateway": "10.2.0.6"}],
        [{"subnet": "fd00:1::/64", "rangeStart": "fd00:1::10"}]]


def address_plan(machine, version="1.0.0", **ipam):
    return {"cniVersion": version, "name": "net", "type": "main",
            "ipam": {"type": "host-local", "dataDir": str(machine.leases), **(ipam or {"subnet": "10.1.0.0/24"})}}


def add(machine, definition, container, **more):
    return machine.do("ADD", definition, kind="host-local", container=container, netns="/n", **more)


def delete(machine, definition, container, **more):
    machine.do("DEL", definition, kind="host-local", container=container, netns="", **more)


@pytest.mark.parametrize("version", [version for version in VERSIONS if version != "1.1.0"])
def test_results_are_gos(machine, go, version):
    resolv = machine.leases.parent / "resolv.conf"
    resolv.write_text("# comment\nnameserver 1.1.1.1\nnameserver fd00::1\ndomain a.example\n"
                      "search b.example c.example\noptions ndots:5 rotate\n")
    results = []
    for plugins in (go, machine.plugins):
        definition = address_plan(machine, version, ranges=SETS, resolvConf=str(resolv), routes=[
            {"dst": "0.0.0.0/0"}, {"dst": "10.9.0.0/16", "gw": "10.1.0.7"}])
        definition["name"] = f"net{len(results)}"
        results.append(add(machine, definition, "c", plugins=plugins))
        delete(machine, definition, "c", plugins=plugins)
    assert results[0] == results[1]


def test_a_gateway_may_be_outside_of_the_subnet(machine, go):
    for plugins in (go, machine.plugins):
        definition = address_plan(machine, subnet="2001:db8:161:8374::/64", gateway="fe80::1")
        address, = add(machine, definition, "c", plugins=plugins)["ips"]
        assert (address["gateway"], address["address"]) == ("fe80::1", "2001:db8:161:8374::1/64")
        delete(machine, definition, "c", plugins=plugins)
        shutil.rmtree(machine.leases)
    said = machine.refuse("ADD", address_plan(machine, subnet="10.1.0.0/24", gateway="fe80::1"), kind="host-local",
                          container="c", netns="/n")
    assert "gateway: fe80::1 is no address for the subnet 10.1.0.0/24" in said["msg"]


def test_addresses_come_in_gos_order_and_run_out_where_gos_do(machine, go):
    found = []
    for plugins in (go, machine.plugins):
        definition = address_plan(machine, ranges=SETS)
        definition["name"] = f"net{len(found)}"
        given = [[each["address"] for each in add(machine, definition, f"c{i}", plugins=plugins)["ips"]]
                 for i in range(8)]
        assert machine.ask("ADD", definition, kind="host-local", container="x", netns="/n", plugins=plugins).status == 1
        delete(machine, definition, "c2", plugins=plugins)
        delete(machine, definition, "c5", plugins=plugins)
        given.append(add(machine, definition, "again", plugins=plugins))
        found.append((given, machine.lease_files(definition["name"])))
        for name in [f"c{i}" for i in range(8)] + ["again"]:
            delete(machine, definition, name, plugins=plugins)
    assert found[0] == found[1]


def test_an_exhausted_network_says_so(machine):
    definition = address_plan(machine, subnet="10.1.0.0/30")
    add(machine, definition, "c1")
    said = machine.refuse("ADD", definition, kind="host-local", container="c2", netns="/n")
    assert said["msg"] == "host-local: no address is left in 10.1.0.0/30" and said["code"] == 102
    said = machine.refuse("STATUS", {**definition, "cniVersion": "1.1.0"}, kind="host-local")
    assert said["code"] == 50
    delete(machine, definition, "c1")
    machine.do("STATUS", {**definition, "cniVersion": "1.1.0"}, kind="host-local")


def test_an_address_may_be_asked_for(machine):
    definition = address_plan(machine, ranges=SETS)
    result = add(machine, definition, "c1", args="IP=10.2.0.3")
    assert [each["address"] for each in result["ips"]] == ["10.2.0.3/29", "fd00:1::10/64"]
    both = {**definition, "args": {"cni": {"ips": ["fd00:1::99", "10.1.0.251"]}}}
    assert [each["address"] for each in add(machine, both, "c2")["ips"]] == ["10.1.0.251/24", "fd00:1::99/64"]
    for asked, why in (("10.2.0.3", "10.2.0.3, which was asked for, is taken"),
                       ("10.2.0.6", "10.2.0.6, which was asked for, is the gateway's"),
                       ("10.77.0.1", "10.77.0.1, which was asked for, is in no range of this network")):
        said = machine.refuse("ADD", definition, kind="host-local", container="c3", netns="/n", args=f"IP={asked}")
        assert said["msg"] == f"host-local: {why}"
    assert len(machine.lease_files()) == 4
    for container in ("c1", "c2", "c3"):
        delete(machine, definition, container)


def test_a_second_add_is_refused_and_takes_nothing_away(machine):
    definition = address_plan(machine)
    add(machine, definition, "c1")
    said = machine.refuse("ADD", definition, kind="host-local", container="c1", netns="/n")
    assert said["msg"] == "host-local: c1 has an address of this network already"
    assert len(machine.lease_files()) == 1
    add(machine, definition, "c1", interface="eth1")  # another attachment
    delete(machine, definition, "c1")
    assert list(machine.lease_files().values()) == [b"c1\r\neth1"]
    delete(machine, definition, "c1", interface="eth1")


def test_each_finds_what_the_other_has_given(machine, go):
    definition = address_plan(machine)
    given = [add(machine, definition, f"c{i}", plugins=plugins)["ips"][0]["address"]
             for i, plugins in enumerate([go, machine.plugins] * 4)]
    assert len(set(given)) == 8
    for i, plugins in enumerate([machine.plugins, go] * 4):
        machine.do("CHECK", {**definition, "prevResult": {"cniVersion": "1.0.0"}}, kind="host-local", container=f"c{i}",
                   netns="/n", plugins=plugins)
        delete(machine, definition, f"c{i}", plugins=plugins)


def test_two_hundred_at_once_get_two_hundred_addresses(machine, go):
    """Half of them from Go's."""
    definition = json.dumps(address_plan(machine, subnet="10.1.0.0/24", ranges=[[{"subnet": "fd00::/64"}]])).encode()

    def start(command):
        started = []
        for i in range(200):
            process = subprocess.Popen(
                [f"{go if i % 2 else machine.plugins}/host-local"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={"CNI_COMMAND": command, "CNI_CONTAINERID": f"c{i}", "CNI_NETNS": "/n", "CNI_IFNAME": "eth0", "CNI_PATH": go})
            process.stdin.write(definition)
            process.stdin.close()
            started.append(process)
        outputs = [process.stdout.read() for process in started]
        assert [process.wait() for process in started] == [0] * 200
        return outputs

    given = [each["address"] for output in start("ADD") for each in json.loads(output)["ips"]]
    assert len(given) == 400 and len(set(given)) == 400
    assert len(machine.lease_files()) == 400
    start("DEL")
    assert not machine.lease_files()


def test_gc_frees_what_is_not_valid(machine):
    definition = address_plan(machine, "1.1.0")
    for container in ("a", "b", "c"):
        add(machine, definition, container)
    valid = [{"containerID": "b", "ifname": "eth0"}]
    machine.do("GC", {**definition, "cni.dev/valid-attachments": valid}, kind="host-local")
    assert list(machine.lease_files().values()) == [b"b\r\neth0"]
    said = machine.refuse("GC", definition, kind="host-local")
    assert "cni.dev/valid-attachments: missing" in said["msg"]
    machine.do("GC", {**definition, "cni.dev/valid-attachments": []}, kind="host-local")


def test_a_network_that_never_was_has_nothing_to_free(machine):
    delete(machine, address_plan(machine), "c")
    assert not machine.leases.exists()


@pytest.mark.parametrize("text,code", [
    (b"", 6), (b"garbage", 6), (b"[]", 6), (b"{", 6), (b"\xff\xfe", 6), (b'{"name":"n"}' + b" " * (2 << 20), 5),
    (b'{"name":"n","name":"n"}', 6), (b'{"cniVersion":"77","name":"n"}', 1), (b'{"name":"../../x","ipam":{"subnet":"10.0.0.0/8"}}', 7),
    (b'{"name":"n"}', 7), (b'{"name":"n","ipam":{"subnet":"10.0.0.0/40"}}', 7), (b'{"name":"n","ipam":[1]}', 7),
], ids=range(12))
def test_a_broken_definition_is_refused(machine, text, code):
    assert machine.refuse("ADD", text, kind="host-local", container="c", netns="/n")["code"] == code


@pytest.mark.parametrize("variables", [
    {"container": "../x"}, {"container": ""}, {"container": "a b"}, {"container": "c" * 300}, {"interface": "a/b"},
    {"interface": ".."}, {"interface": ""}, {"interface": "x" * 16}, {"netns": ""},
])
def test_a_broken_environment_is_refused(machine, variables):
    said = machine.refuse("ADD", address_plan(machine), kind="host-local", **{"container": "c", "netns": "/n", **variables})
    assert said["code"] == 4


def test_commands_are_those_of_the_protocol(machine):
    assert machine.do("VERSION", "", kind="ptp")["supportedVersions"] == list(VERSIONS)
    assert machine.refuse("EXEC", address_plan(machine), kind="ptp")["code"] == 4
    assert machine.refuse("", address_plan(machine), kind="ptp")["code"] == 4
    assert machine.refuse("CHECK", address_plan(machine, "0.3.1"), kind="ptp", container="c", netns="/n")["code"] == 1
    assert machine.refuse("GC", address_plan(machine, "1.0.0"), kind="ptp")["code"] == 1


def test_an_unknown_name_is_no_plugin(machine):
    done = subprocess.run(["/proc/self/exe"], executable=f"{machine.plugins}/ptp", capture_output=True, text=True)
    assert done.returncode == 1 and "bridge, host-local, loopback, portmap, ptp" in done.stderr


@pytest.mark.parametrize("version", ["0.3.1", "0.4.0", "1.0.0"])
def test_loopback_is_gos(machine, go, version):
    results = []
    for plugins in (go, machine.plugins):
        pod = machine.pod()
        definition = {"cniVersion": version, "name": "lo", "type": "loopback"}
        result = machine.add(definition, pod, plugins=plugins)
        assert "UP" in ip("link", "show", "dev", "lo", netns=pod)[0]["flags"]
        if version != "0.3.1":
            machine.do("CHECK", {**definition, "prevResult": result}, pod, plugins=plugins)
        machine.delete(definition, pod, plugins=plugins)
        assert "UP" not in ip("link", "show", "dev", "lo", netns=pod)[0]["flags"]
        result["interfaces"][0].pop("sandbox")
        for address in result["ips"]:  # which Go's leaves out, against the specification
            address.pop("version", None)
        results.append(result)
    assert results[0] == results[1]
    machine.delete(definition, "x", netns="/run/netns/none")


def test_loopback_says_what_is_wrong(machine):
    pod = machine.pod()
    definition = {"cniVersion": "1.0.0", "name": "lo", "type": "loopback"}
    result = machine.add(definition, pod)
    run("ip", "-netns", pod, "link", "set", "lo", "down")
    assert machine.refuse("CHECK", {**definition, "prevResult": result}, pod)["msg"] == "lo of the pod is down"
    run("ip", "-netns", pod, "address", "add", "10.0.0.1/32", "dev", "lo")
    assert machine.refuse("ADD", definition, pod)["msg"] == "lo of the pod has the address 10.0.0.1/32"
