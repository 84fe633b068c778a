# SPDX-License-Identifier: Apache-2.0
"""Networks: which ones a pod joins, what the plugins are told, and that nothing stays behind."""

import json
import os
import re
import signal
import socket
import subprocess

import pytest

from harness.engine import wait_until
from harness.plugin_network import OwnNetwork, run

# fly is in the host's network.
pytestmark = pytest.mark.levels("coreos", "kvm")

PLUGIN = """#!/bin/sh
# A plugin that writes down how it was called, and answers what the test wants.
folder=$(dirname "$0")
{ echo "command=$CNI_COMMAND"; env | grep ^CNI_ | sort; echo "stdin=$(cat)"; } >>"$folder/calls"
%s
"""
DEBIAN_PLUGINS = "/usr/lib/cni"
ANSWER = """[ "$CNI_COMMAND" != ADD ] || echo '%s'"""
PORTS = [{"name": "web", "protocol": "tcp", "port": 80, "count": 1, "socketActivated": False},
         {"name": "many", "protocol": "udp", "port": 5000, "count": 3, "socketActivated": False}]


@pytest.fixture(scope="module", autouse=True)
def network():
    with OwnNetwork() as own:
        yield own


@pytest.fixture
def define(engine):
    """define(name, {...}) writes a definition; define.plugin(name, script) a plugin."""
    folder = os.path.join(engine.config, "net.d")
    os.makedirs(folder, exist_ok=True)

    def write(name, content):
        with open(os.path.join(folder, name), "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def plugin(name, script, mode=0o755):
        write(name, PLUGIN % script)
        os.chmod(os.path.join(folder, name), mode)

    def calls():
        with open(os.path.join(folder, "calls")) as file:
            return file.read()

    write.plugin, write.calls, write.folder = plugin, calls, folder
    yield write
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))


@pytest.fixture(autouse=True)
def nothing_stays(engine, network, define):
    before = network.state()
    yield
    engine.clean()
    left = {}

    def is_all_left():
        left.update(gc=engine.collect(), state=network.state() - before)
        return left["gc"].status == 0 and not left["state"]

    wait_until(is_all_left, left)
    network.forget_addresses()


@pytest.fixture(params=["ours", "debian"])
def plugins(request, define):
    """Whose plugins: those of the stage1 image, or Debian's, which are found before them."""
    if request.param == "debian":
        for name in os.listdir(DEBIAN_PLUGINS):
            os.symlink(os.path.join(DEBIAN_PLUGINS, name), os.path.join(define.folder, name))
    return request.param


def ptp(name, subnet, **more):
    ipam = {"type": "host-local", "subnet": subnet, "routes": [{"dst": "0.0.0.0/0"}]}
    return {"name": name, "type": "ptp", "ipam": ipam, **more}


def joined(result):
    assert result.status == 0, result
    return dict(line.split() for line in result.text.splitlines())


def refused(result, *texts):
    """One line that says all this, status 254."""
    assert result.status == 254, result
    assert len(result.stderr.strip().splitlines()) == 1, result
    for text in texts:
        assert text in result.stderr, result


def listed(engine, uuid):
    pods = json.loads(engine.rkt("list", "--format=json").stdout)
    return next(pod for pod in pods if pod["name"] == uuid)["networks"]


def ask(address, port, udp=False):
    """What the server says of who asks."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as client:
        client.settimeout(5)
        client.connect((address, port))
        if udp:
            client.send(b"?")
        return client.recv(100).decode().removeprefix("::ffff:")


# Which networks

@pytest.mark.parametrize("flag", ["--net", "--net=default"])
def test_the_default_network_is_joined(engine, plugins, flag):
    addresses = joined(engine.run("addresses", pod=[flag]))
    assert list(addresses) == ["eth0"]
    assert addresses["eth0"].startswith("172.16.28.")


def test_an_address_can_be_asked_for(engine, plugins):
    assert joined(engine.run("addresses", pod=["--net=default:IP=172.16.28.123"])) == \
        {"eth0": "172.16.28.123"}
    assert joined(engine.run("addresses", pod=["--net=default-restricted:IP=172.17.42.42"])) == \
        {"eth0": "172.17.42.42"}


def test_networks_are_joined_in_the_order_of_their_files(engine, plugins, define):
    define("20-b.conf", ptp("b", "10.2.0.0/24"))
    define("10-c.conf", ptp("c", "10.3.0.0/24"))
    addresses = joined(engine.run("addresses", pod=["--net=b,default", "--net=c:IP=10.3.0.77"]))
    assert addresses == {"eth0": "10.3.0.77", "eth1": "10.2.0.2", "eth2": addresses["eth2"]}
    assert addresses["eth2"].startswith("172.16.28.")


def test_all_networks_can_be_asked_for(engine, define):
    define("10-a.conf", ptp("a", "10.1.0.0/24"))
    addresses = joined(engine.run("addresses", pod=["--net=all", "--net=a:IP=10.1.0.9"]))
    assert addresses["eth0"] == "10.1.0.9"
    assert addresses["eth1"].startswith("172.16.28.")


def test_a_network_of_ones_own_brings_a_way_to_the_host(engine, define):
    define("10-a.conf", ptp("a", "10.1.0.0/24"))
    addresses = joined(engine.run("addresses", pod=["--net=a"]))
    assert addresses["eth0"].startswith("10.1.0.")
    assert addresses["eth1"].startswith("172.17.")


def test_the_default_network_can_be_replaced(engine, define):
    define("10-mine.conf", ptp("default", "10.1.0.0/24"))
    assert joined(engine.run("addresses", pod=["--net=default"])) == {"eth0": "10.1.0.2"}


def test_a_definition_may_be_written_as_go_reads_it(engine, define):
    define("10-a.conf", {"Name": "default", "Type": "ptp", "IpMasq": True,
                         "Ipam": {"Type": "host-local", "subnet": "11.11.3.0/24"}})
    assert joined(engine.run("addresses", pod=["--net"])) == {"eth0": "11.11.3.2"}


def test_a_bridge_connects_pods(engine, plugins, define):
    define("10-br.conflist", {"cniVersion": "1.0.0", "name": "br", "plugins": [
        {"type": "bridge", "bridge": "tests0", "isGateway": True,
         "ipam": {"type": "host-local", "subnet": "10.9.0.0/24"}}, {"type": "tuning"}]})
    server = engine.start("tell-peers", "tcp", "80", "1",
                          pod=["--net=br"]).wait_for("listening")
    address = listed(engine, server.uuid)[0]["ip"]
    client = engine.run("addresses", ",", "get-from", address, "80", pod=["--net=br"])
    assert client.status == 0, client
    assert client.text.splitlines()[-1].endswith(client.text.split()[1]), client
    assert server.wait().status == 0
    run("ip", "link", "del", "tests0")


def test_two_families_at_once(engine, plugins, define):
    define("10-two.conflist", {"cniVersion": "1.0.0", "name": "default", "plugins": [
        {"type": "ptp", "ipam": {"type": "host-local", "ranges": [
            [{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00:1::/64"}]]}}]})
    result = engine.run("addresses", pod=["--net"])
    assert result.text.split() == ["eth0", "10.1.0.2", "eth0", "fd00:1::2"], result


def test_a_network_of_ipv6_alone(engine, plugins, define):
    define("10-six.conf", {"cniVersion": "1.0.0", "name": "default", "type": "ptp", "ipam": {
        "type": "host-local", "ranges": [[{"subnet": "fd00:2::/64"}]]}})
    pod = engine.start("addresses", pod=["--net"])
    uuid = pod.uuid
    assert joined(pod.wait()) == {"eth0": "fd00:2::2"}
    assert "networks=default:ip6=fd00:2::2" in engine.rkt("status", uuid).stdout


def test_apps_share_the_network(engine):
    result = engine.run_apps(["--name=one", "--", "addresses"], ["--name=two", "--", "addresses"],
                             pod=["--net=default"])
    lines = result.text.split()
    assert result.status == 0 and lines[1] == lines[3], result


@pytest.mark.levels("coreos")
def test_a_user_namespace_owns_its_network(engine):
    result = engine.run("addresses", pod=["--net=default", "--private-users"])
    assert joined(result)["eth0"].startswith("172.16.28.")


# What others see of it

def test_networks_are_listed(engine, plugins):
    pod = engine.start("print", "up", ",", "sleep-forever",
                       pod=["--net=default:IP=172.16.28.99"]).wait_for("up")
    network, = listed(engine, pod.uuid)
    assert network["pluginPath"].endswith("/ptp")
    assert {key: network[key] for key in network if key != "pluginPath"} == {
        "netName": "default", "netConf": "net/99-default.conf", "ifName": "eth0",
        "ip": "172.16.28.99", "args": "IP=172.16.28.99", "mask": "255.255.255.0"}
    assert "networks=default:ip4=172.16.28.99" in engine.rkt("status", pod.uuid).stdout
    with open(os.path.join(engine.pod_directory(pod.uuid), "netns")) as file:
        name = file.read()
    assert name == f"/var/run/netns/cni-{pod.uuid}"
    assert "172.16.28.99" in run("nsenter", f"--net={name}", "ip", "addr")


def test_explain_names_networks(engine):
    result = engine.rkt("explain", f"--stage1-path={engine.stage1}", "--net=a:IP=10.1.2.3",
                        engine.default_image)
    assert result.status == 0, result
    assert re.search(r"--net +a:IP=10\.1\.2\.3 +enforced", result.stdout), result


# What plugins are told

def test_a_plugin_is_told_what_rkt_tells_it(engine, define):
    definition = '{"name": "odd",\n  "type": "spy", "own": {"x": [1, 2]}}'
    define("10-odd.conf", definition)
    define.plugin("spy", ANSWER % '{"cniVersion":"0.1.0","ip4":{"ip":"11.0.0.2/8"}}')
    pod = engine.start("print", "up", pod=["--net=odd:A=b;C=d,default-restricted"])
    uuid = pod.uuid
    assert pod.wait().status == 0, pod
    calls = define.calls()
    for command in ("ADD", "DEL"):
        assert "\n".join([
            f"command={command}", "CNI_ARGS=A=b;C=d", f"CNI_COMMAND={command}",
            f"CNI_CONTAINERID={uuid}", "CNI_IFNAME=eth0",
            f"CNI_NETNS=/var/run/netns/cni-{uuid}",
            f"CNI_PATH={define.folder}:/usr/lib/rkt/plugins/net:stage1/rootfs/usr/lib/rkt/plugins/net",
            "CNI_VERSION=0.1.0", f"stdin={definition}"]) in calls
    assert calls.count("command=") == 2


def test_a_chain_hands_results_on(engine, define):
    define("10-c.conflist", {"cniVersion": "0.4.0", "name": "default", "plugins": [
        {"type": "first"}, {"type": "second", "capabilities": {"portMappings": True}}]})
    define.plugin("first", ANSWER % '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.2/8"}],"own":1}')
    define.plugin("second", ANSWER % '{"cniVersion":"0.4.0","ips":[{"version":"4","address":"10.0.0.3/8"}]}')
    pod = engine.start("print", "up", pod=["--net"])
    assert pod.wait().status == 0, pod
    assert listed(engine, pod.uuid)[0]["ip"] == "10.0.0.3"
    told = [json.loads(line.removeprefix("stdin=")) for line in define.calls().splitlines()
            if line.startswith("stdin=")]
    assert [call["type"] for call in told] == ["first", "second", "second", "first"]
    assert "prevResult" not in told[0]
    assert told[1]["prevResult"]["own"] == 1
    assert told[2]["prevResult"]["ips"] == told[3]["prevResult"]["ips"] == \
        [{"version": "4", "address": "10.0.0.3/8"}]
    assert all(call["name"] == "default" and call["cniVersion"] == "0.4.0" for call in told)


# DNS

DNS = '{"cniVersion":"0.4.0","dns":{"nameservers":["10.7.7.7"],"search":["a.example"]}}'


@pytest.fixture
def dns(define):
    define("10-dns.conf", {"cniVersion": "0.4.0", "name": "default", "type": "dns"})
    define.plugin("dns", ANSWER % DNS)


def test_what_networks_say_of_dns_is_in_resolv_conf(engine, dns, image):
    path = image(files={"/etc/resolv.conf": "nameserver 9.9.9.9\n"})
    content = engine.run("cat", "/etc/resolv.conf", image=path, pod=["--net"]).text
    assert "nameserver 10.7.7.7\n" in content and "search a.example\n" in content
    assert "9.9.9.9" not in content


@pytest.mark.parametrize("flag, line", [("--dns=1.2.3.4", "nameserver 1.2.3.4\n"),
                                        ("--dns=none", "nameserver 9.9.9.9\n")])
def test_the_command_line_decides_on_dns(engine, dns, image, flag, line):
    path = image(files={"/etc/resolv.conf": "nameserver 9.9.9.9\n"})
    content = engine.run("cat", "/etc/resolv.conf", image=path, pod=["--net", flag]).text
    assert line in content and "10.7.7.7" not in content


def test_dns_of_networks_goes_before_a_volume(engine, dns, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 8.8.8.8\n")
    volume = [f"--volume=v,kind=host,source={tmp_path}/resolv.conf"]
    mount = ["--mount=volume=v,target=/etc/resolv.conf"]
    words = ["cat", "/etc/resolv.conf"]
    assert "10.7.7.7" in engine.run(*words, pod=["--net", *volume], app=mount).text
    assert engine.run(*words, pod=["--net=none", *volume], app=mount).text == "nameserver 8.8.8.8\n"


def test_networks_that_say_nothing_of_dns_make_no_file(engine):
    assert engine.run("cat", "/etc/resolv.conf", pod=["--net"]).status != 0


def test_hosts_has_the_name_of_the_pod(engine):
    pod = engine.start("cat", "/etc/hosts", pod=["--net"])
    uuid = pod.uuid
    assert pod.wait().text.splitlines()[0] == \
        f"127.0.0.1 localhost localhost.domain localhost4 localhost4.localdomain4 rkt-{uuid}"


# Ports

def test_ports_lead_to_the_pod(engine, plugins, image):
    pod = engine.start("tell-peers", "tcp", "80", "2", image=image(ports=PORTS),
                       pod=["--net=default", "--port=web:8080"]).wait_for("listening")
    run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    assert ask("192.0.2.1", 8080)
    assert ask("127.0.0.1", 8080)
    assert pod.wait().status == 0, pod
    run("ip", "addr", "del", "192.0.2.1/32", "dev", "lo")


def test_a_range_of_udp_ports(engine, plugins, image):
    pod = engine.start("tell-peers", "udp", "5002", "1", image=image(ports=PORTS),
                       pod=["--net=default", "--port=many:6000"]).wait_for("listening")
    run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    assert ask("192.0.2.1", 6002, udp=True)
    assert pod.wait().status == 0, pod
    run("ip", "addr", "del", "192.0.2.1/32", "dev", "lo")


def test_a_port_of_one_address_is_not_that_of_others(engine, plugins, image):
    run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    run("ip", "addr", "add", "192.0.2.2/32", "dev", "lo")
    engine.start("tell-peers", "tcp", "80", image=image(ports=PORTS),
                 pod=["--net=default", "--port=web:192.0.2.1:8080"]).wait_for("listening")
    assert ask("192.0.2.1", 8080)
    with pytest.raises(ConnectionRefusedError):
        ask("192.0.2.2", 8080)
    run("ip", "addr", "del", "192.0.2.1/32", "dev", "lo")
    run("ip", "addr", "del", "192.0.2.2/32", "dev", "lo")


# What goes wrong

@pytest.mark.parametrize("name, content, texts", [
    ("10-a.conf", "{bad", ["net.d/10-a.conf: line 1"]),
    ("10-a.conf", {"name": "a"}, ["net.d/10-a.conf: type: missing"]),
    ("10-a.conf", {"name": "a", "type": "/bin/sh"}, ["net.d/10-a.conf: type: \"/bin/sh\""]),
    ("10-a.conf", {"name": "a", "type": "../spy"}, ["net.d/10-a.conf: type: \"../spy\""]),
    ("10-a.conf", {"name": "a", "type": "ptp", "cniVersion": "7.0.0"},
     ["net.d/10-a.conf: cniVersion: \"7.0.0\""]),
    ("10-a.conf", {"name": "a", "type": "no-such"},
     ["network a (", "net.d/10-a.conf): plugin no-such: not found in "]),
    ("10-a.conflist", {"name": "a", "plugins": [{"type": "ptp"}, {"type": "no-such"}]},
     ["network a (", "net.d/10-a.conflist): plugin no-such: not found in "]),
    ("10-b.conf", ptp("b", "10.1.0.0/24"), ["network a: not defined"]),
    ("10-a.conf", ptp("a", "10.1.0.0/33"), ["network a (", "plugin ptp: ", "10.1.0.0/33"]),
], ids=["broken", "no-type", "path", "upwards", "version", "unknown", "unknown-in-chain", "missing",
        "subnet"])
def test_a_bad_definition_is_refused(engine, define, name, content, texts):
    define(name, content)
    refused(engine.run("print", "ran", pod=["--net=a"]), *texts)


@pytest.mark.parametrize("script, texts", [
    ("exit 3", ["status 3"]),
    ("echo no luck >&2; exit 1", ["status 1: no luck"]),
    ("echo '{\"code\":11,\"msg\":\"busy\",\"details\":\"try later\"}'; exit 1", ["busy: try later"]),
    ("kill -9 $$", ["killed by signal 9"]),
    ("echo garbage", ["its answer: line 1"]),
    ("true", ["its answer: "]),
    ("yes", ["it printed more than 65536 bytes"]),
    ("echo '{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"x\"}]}'",
     ["its answer: ips[0].address: \"x\""]),
    ("printf '{\"msg\":\"a\\\\nb\\\\u001b[31m\"}'; exit 1", ["plugin bad: a?b?[31m"]),
], ids=["status", "stderr", "error", "signal", "garbage", "nothing", "megabyte", "address", "escape"])
def test_a_plugin_that_fails_is_named_and_all_is_undone(engine, define, script, texts):
    define("10-a.conf", ptp("a", "10.1.0.0/24"))
    define("20-bad.conf", {"cniVersion": "1.0.0", "name": "bad", "type": "bad"})
    define.plugin("bad", f'[ "$CNI_COMMAND" = ADD ] || exit 0\n{script}')
    refused(engine.run("print", "ran", pod=["--net=a,bad"]), "network bad (",
            "net.d/20-bad.conf): plugin bad: ", *texts)
    assert "command=DEL" in define.calls()


def test_a_plugin_that_hangs_does_not_hold_up_who_wants_to_stop(engine, define):
    define("10-a.conf", {"cniVersion": "0.4.0", "name": "default", "type": "slow"})
    define.plugin("slow", '[ "$CNI_COMMAND" != ADD ] || exec sleep 1000')
    pod = engine.start("print", "ran", pod=["--net"])
    wait_until(lambda: os.path.exists(os.path.join(define.folder, "calls")), pod)
    pod.send(signal.SIGTERM)
    refused(pod.wait(timeout=20), "network default (", "plugin slow: interrupted by a signal")
    assert "command=DEL" in define.calls()


@pytest.mark.parametrize("mode, owner", [(0o777, 0), (0o755, 1000)])
def test_a_plugin_that_others_can_change_is_not_executed(engine, define, mode, owner):
    define("10-a.conf", {"name": "default", "type": "mine"})
    define.plugin("mine", "exit 0", mode)
    os.chown(os.path.join(define.folder, "mine"), owner, 0)
    refused(engine.run("print", "ran", pod=["--net"]), "network default (", "plugin mine: ")
    assert not os.path.exists(os.path.join(define.folder, "calls"))


def test_an_exhausted_subnet(engine, plugins, define):
    define("10-a.conf", ptp("default", "10.1.0.0/30"))
    pod = engine.start("print", "up", ",", "sleep-forever", pod=["--net"]).wait_for("up")
    refused(engine.run("print", "ran", pod=["--net"]), "network default (", "plugin ptp: ")
    pod.send(signal.SIGTERM)
    pod.wait()
    assert joined(engine.run("addresses", pod=["--net"])) == {"eth0": "10.1.0.2"}


def test_gc_leaves_what_a_killed_pod_had_joined(engine, plugins, define, image, network):
    before = network.state()
    # Of a version whose results name the host's end.
    define("10-a.conf", ptp("a", "10.1.0.0/24", ipMasq=True, cniVersion="0.4.0"))
    define("10-default.conf", ptp("default", "172.16.28.0/24", ipMasq=True, cniVersion="0.4.0"))
    pod = engine.start("print", "up", ",", "sleep-forever", image=image(ports=PORTS),
                       pod=["--net=a,default", "--port=web:8080"]).wait_for("up")
    os.unlink(os.path.join(define.folder, "10-a.conf"))
    # Held, as by connections of an app that have something to send: the kernel removes nothing by itself.
    with open(f"/run/netns/cni-{pod.uuid}", encoding="utf-8"):
        os.kill(pod.pid, signal.SIGKILL)
        assert any("lib/cni" in item for item in network.state() - before)
        pod.process.wait()
        wait_until(lambda: engine.collect().status == 0 and not is_known(engine, pod.uuid), "gc")
        left = network.state() - before
        assert not left, left


def is_known(engine, uuid):
    return any(uuid in os.listdir(os.path.join(engine.data, "pods", state))
               for state in os.listdir(os.path.join(engine.data, "pods")))


def test_a_network_that_cannot_be_left_is_tried_again(engine, define):
    define("10-a.conf", {"cniVersion": "0.4.0", "name": "default", "type": "spy"})
    define.plugin("spy", f'[ "$CNI_COMMAND" = DEL ] && exec false\n{ANSWER % "{}"}')
    pod = engine.start("print", "up", pod=["--net"])
    uuid = pod.uuid
    result = pod.wait()
    assert result.status == 0 and "warning: leaving networks" in result.stderr, result
    failed = engine.collect()
    assert failed.status != 0 and "plugin spy: status 1" in failed.stderr, failed
    define.plugin("spy", "exit 0")
    assert engine.collect().status == 0
    assert not is_known(engine, uuid)


def test_many_pods_at_once_have_addresses_of_their_own(engine, plugins):
    pods = [engine.start("addresses", ",", "sleep-forever", pod=["--net=default"]) for _ in range(8)]
    # Eight machines may all have to boot, with what processors a busy host leaves them: eight times as long as for one.
    addresses = {pod.wait_for("172.16.28.", timeout=20 * len(pods)).result().text.split()[1] for pod in pods}
    assert len(addresses) == len(pods)
    for pod in pods[::2]:
        os.kill(pod.pid, signal.SIGKILL)
    for pod in pods[1::2]:
        pod.send(signal.SIGTERM)
    for pod in pods:
        pod.process.wait()
    wait_until(lambda: engine.collect().status == 0 and
               not subprocess.run(["ip", "-o", "link", "show", "type", "veth"], check=True,
                                  stdout=subprocess.PIPE).stdout, pods)
