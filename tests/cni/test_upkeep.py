# SPDX-License-Identifier: Apache-2.0
"""CHECK, STATUS and GC of all plugins, also of what Go's plugins have made."""

import pytest

from machine import run


def definition_of(machine, kind, version="1.1.0"):
    if kind in ("loopback", "portmap"):
        return {"cniVersion": version, "name": "net", "type": kind}
    more = {"bridge": "br9", "isGateway": True} if kind == "bridge" else {}
    return machine.definition(kind, version, subnet="10.1.0.0/29", **more)


@pytest.mark.parametrize("kind", ["bridge", "host-local", "loopback", "portmap", "ptp"])
def test_each_says_that_it_is_ready(machine, kind):
    assert machine.do("STATUS", definition_of(machine, kind)) is None
    assert machine.refuse("STATUS", definition_of(machine, kind, "1.0.0"))["code"] == 1


@pytest.mark.parametrize("kind", ["bridge", "host-local", "ptp"])
def test_without_an_address_none_is(machine, go, kind):
    """The leases are Go's."""
    definition = definition_of(machine, kind)
    older = {**definition, "cniVersion": "1.0.0"}
    for i in range(5):  # .1 is the gateway's
        machine.do("ADD", older, kind="host-local", plugins=go, container=f"c{i}", netns="/n")
    said = machine.refuse("STATUS", definition)
    assert said["code"] == 50 and "no address is left in 10.1.0.0/29" in said["msg"]
    for i in range(5):
        machine.do("DEL", older, kind="host-local", plugins=go, container=f"c{i}")
    machine.do("STATUS", definition)


@pytest.mark.parametrize("text", ["{", '{"cniVersion":"1.1.0","name":"net","type":"ptp","ipam":{"type":"host-local","subnet":"x"}}'])
def test_what_is_broken_is_not_ready(machine, text):
    machine.refuse("STATUS", text, kind="ptp")


@pytest.mark.parametrize("kind", ["bridge", "host-local", "ptp"])
def test_gc_keeps_leases_of_who_is_valid_whoever_wrote_them(machine, go, kind):
    definition = definition_of(machine, kind)
    for i, plugins in enumerate((go, machine.plugins, go, machine.plugins)):
        machine.do("ADD", {**definition, "cniVersion": "1.0.0"}, kind="host-local", plugins=plugins, container=f"c{i}",
                   netns="/n")
    valid = [{"containerID": "c0", "ifname": "eth0"}, {"containerID": "c3", "ifname": "eth0"},
             {"containerID": "c1", "ifname": "eth5"}]
    assert machine.do("GC", {**definition, "cni.dev/valid-attachments": valid}) is None
    assert {content.split(b"\r\n")[0] for content in machine.lease_files().values()} == {b"c0", b"c3"}
    machine.do("GC", {**definition, "cni.dev/valid-attachments": []})
    assert not machine.lease_files()


@pytest.mark.parametrize("kind", ["loopback", "portmap"])
def test_gc_of_who_keeps_nothing_succeeds(machine, kind):
    machine.do("GC", {**definition_of(machine, kind), "cni.dev/valid-attachments": []})


@pytest.mark.parametrize("valid", [None, {}, "all", [{}], [{"containerID": "c"}]])
def test_gc_frees_nothing_when_it_is_not_clear_who_is_valid(machine, valid):
    definition = definition_of(machine, "ptp")
    pod = machine.pod()
    machine.add(definition, pod)
    said = machine.refuse("GC", {**definition, **({} if valid is None else {"cni.dev/valid-attachments": valid})})
    assert "cni.dev/valid-attachments" in said["msg"] and len(machine.lease_files()) == 1
    machine.delete(definition, pod)


@pytest.mark.parametrize("kind", ["bridge", "ptp"])
def test_go_finds_in_order_what_was_added_here_and_both_see_what_is_missing(machine, go, kind):
    definition = definition_of(machine, kind, "1.0.0")
    if kind == "bridge":
        machine.allow("br9")
    pod = machine.pod()
    result = machine.add(definition, pod)
    checked = {**definition, "prevResult": result}
    for plugins in (go, machine.plugins):
        assert machine.do("CHECK", checked, pod, plugins=plugins, path=plugins) is None
    run("ip", "-netns", pod, "route", "del", "default")
    for plugins in (go, machine.plugins):
        machine.refuse("CHECK", checked, pod, plugins=plugins, path=plugins)
    machine.delete(definition, pod)
