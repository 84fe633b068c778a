# SPDX-License-Identifier: Apache-2.0
"""rkt metadata-service: what pods learn of themselves, what they sign, and who is turned away."""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.parse

import pytest

from harness.metadata_service import SOCKET, Service
from harness.plugin_network import OwnNetwork, run

PORT = 18112
FLAVOR = {"Metadata-Flavor": "AppContainer"}
ANNOTATIONS = [{"name": "example.com/kind", "value": "test"}, {"name": "example.com/who", "value": "image"}]
UUID = "0b1cf2f4-2a8a-4a64-8a23-4a14a0c2ad5b"
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module", autouse=True)
def own_network():
    """The service has a fixed port, and its places are below /run/rkt."""
    with OwnNetwork():
        os.makedirs("/run/rkt", exist_ok=True)
        run("mount", "-t", "tmpfs", "tests", "/run/rkt")
        yield


@pytest.fixture
def service(engine):
    running = Service(engine)
    yield running
    if running.process.poll() is None:
        running.stop()


def ask(path, method="GET", headers=None, host="127.0.0.1", **form):
    connection = http.client.HTTPConnection(host, PORT, timeout=10)
    headers = dict(FLAVOR if headers is None else headers)
    body = None
    if form:
        body = urllib.parse.urlencode(form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.headers.get("Content-Type")


def register(method, path, body=""):
    done = subprocess.run(["curl", "-s", "-o", "/dev/stderr", "-w", "%{http_code}", "--unix-socket", SOCKET, "-X", method,
                           "--data-binary", "@-", f"http://mds{path}"], input=body, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True)
    return int(done.stdout), done.stderr


class Registered:
    """A pod that has registered and runs, and the way it was told."""

    def __init__(self, engine, image):
        self.pod = engine.start("env", "AC_METADATA_URL", ",", "sleep-forever", image=image,
                                pod=["--mds-register", "--net=host"]).wait_for("http://")
        self.url = re.search(r"http://127\.0\.0\.1:18112/[0-9a-f]{32}", self.pod._read("out"))[0]
        self.path = "/" + self.url.rpartition("/")[2] + "/acMetadata/v1"


@pytest.fixture
def registered(engine, service, image):
    return Registered(engine, image(fields={"annotations": ANNOTATIONS}))


def test_a_pod_learns_what_it_is(engine, registered):
    status, manifest, kind = ask(registered.path + "/pod/manifest")
    assert status == 200 and kind == "application/json"
    with open(os.path.join(engine.pod_directory(registered.pod.uuid), "pod")) as file:
        assert json.loads(manifest) == json.load(file)
    assert ask(registered.path + "/pod/uuid") == (200, registered.pod.uuid, "text/plain; charset=us-ascii")
    status, annotations, _ = ask(registered.path + "/pod/annotations")
    assert status == 200 and json.loads(annotations) == json.loads(manifest).get("annotations", [])


def test_an_app_learns_what_it_is(engine, registered):
    manifest = json.loads(ask(registered.path + "/pod/manifest")[1])
    status, found, _ = ask(registered.path + "/apps/app/annotations")
    found = {pair["name"]: pair["value"] for pair in json.loads(found)}
    assert status == 200 and found["example.com/kind"] == "test" and found["example.com/who"] == "image"
    assert ask(registered.path + "/apps/app/image/id")[1] == manifest["apps"][0]["image"]["id"]
    status, image, _ = ask(registered.path + "/apps/app/image/manifest")
    assert status == 200 and json.loads(image)["acKind"] == "ImageManifest"
    assert ask(registered.path + "/apps/other/image/id")[0] == 404


def test_one_annotation_can_be_asked_for(registered):
    status, kind, _ = ask(registered.path + "/apps/app/annotations/example.com/kind")
    assert (status, kind) == (200, "test")
    assert ask(registered.path + "/apps/app/annotations/example.com/none")[0] == 404
    assert ask(registered.path + "/apps/other/annotations/example.com/kind")[0] == 404
    for pair in json.loads(ask(registered.path + "/pod/annotations")[1]):
        assert ask(registered.path + f"/pod/annotations/{pair['name']}")[1] == pair["value"]
    assert ask(registered.path + "/pod/annotations/example.com/none")[0] == 404


@pytest.mark.levels("coreos", "kvm")
def test_a_pod_of_another_data_directory_is_answered_too(engine, fresh_engine):
    """One that the service cannot look at, and that is still known when others register."""
    running = Service(fresh_engine)
    try:
        for _ in range(2):
            pod = engine.start("ask-metadata", "pod/uuid", ",", "print", "up", ",", "sleep-forever",
                               pod=["--mds-register", "--net=default"]).wait_for("up")
            assert pod.uuid in pod._read("out")
            assert fresh_engine.run("ask-metadata", "pod/uuid", pod=["--mds-register", "--net=default"]).status == 0
    finally:
        running.stop()
        shutil.rmtree("/run/rkt/metadata")  # its end is not told


@pytest.mark.levels("coreos", "kvm")
def test_a_pod_in_a_network_of_its_own_asks_the_host_there(engine, service):
    pod = engine.start("env", "AC_METADATA_URL", ",", "ask-metadata", "pod/uuid", ",", "print", "up", ",",
                       "sleep-forever", pod=["--mds-register", "--net=default"]).wait_for("up")
    url = re.search(r"http://172\.16\.28\.1:18112/[0-9a-f]{32}", pod._read("out"))[0]
    assert pod.uuid in pod._read("out")
    entered = engine.rkt("enter", pod.uuid, "/probe", "env", "AC_METADATA_URL")
    assert entered.stdout.strip() == url
    # Known by its address: the host has the token, and is not the pod.
    assert ask("/" + url.rpartition("/")[2] + "/acMetadata/v1/pod/uuid")[0] == 403


@pytest.fixture
def lonely(engine):
    """lonely(gateway): the default network has a plugin that adds nothing, and this gateway."""
    folder = os.path.join(engine.config, "net.d")
    os.makedirs(folder, exist_ok=True)

    def write(name, content):
        with open(os.path.join(folder, name), "w") as file:
            file.write(content)
        os.chmod(os.path.join(folder, name), 0o755)

    def define(gateway):
        answer = {"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.9.9.2/24", **gateway}]}
        write("lonely", f"#!/bin/sh\n[ $CNI_COMMAND != ADD ] || echo '{json.dumps(answer)}'\n")
        write("20-lonely.conf", json.dumps({"cniVersion": "0.4.0", "name": "default", "type": "lonely"}))
    define.write = write
    yield define
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))


@pytest.mark.levels("coreos", "kvm")
@pytest.mark.parametrize("gateway", [{}, {"gateway": "10.9.9.1"}], ids=["none", "a router's"])
def test_a_network_without_the_host_is_refused_to_who_wants_the_service(engine, service, lonely, gateway):
    lonely(gateway)
    result = engine.run("exit", "0", pod=["--mds-register", "--net=default"])
    assert result.status == 254, result
    assert "no network of the pod has a gateway that is an address of this host" in result.error_text, result
    assert engine.run("exit", "0", pod=["--net=default"]).status == 0


@pytest.mark.levels("coreos", "kvm")
def test_the_gateway_of_a_router_is_not_taken_for_the_host(engine, service, lonely):
    lonely({"gateway": "10.9.9.1"})
    lonely.write("10-near.conf", json.dumps({"cniVersion": "0.4.0", "name": "near", "type": "ptp",
                                             "ipam": {"type": "host-local", "subnet": "10.8.0.0/24"}}))
    pod = engine.start("env", "AC_METADATA_URL", ",", "ask-metadata", "pod/uuid", pod=["--mds-register", "--net=near,default"])
    uuid = pod.uuid
    result = pod.wait()
    assert result.status == 0 and "http://10.8.0.1:18112/" in result.text and uuid in result.text, result


def test_what_a_pod_signs_can_be_verified(engine, registered, image):
    other = Registered(engine, image())
    status, signature, _ = ask(registered.path + "/pod/hmac/sign", "POST", content="a&b=c\0d")
    assert status == 200 and len(base64.b64decode(signature)) == 64

    def verify(**form):
        return ask(other.path + "/pod/hmac/verify", "POST", **form)[0]

    said = {"content": "a&b=c\0d", "uuid": registered.pod.uuid, "signature": signature}
    assert verify(**said) == 200
    assert verify(**{**said, "content": "a&b=c\0e"}) == 403
    assert verify(**{**said, "uuid": other.pod.uuid}) == 403
    assert verify(**{**said, "signature": "A" * 88}) == 403
    assert verify(content="x", uuid=registered.pod.uuid) == 400


def test_a_signature_outlives_the_service(engine, service, registered):
    signature = ask(registered.path + "/pod/hmac/sign", "POST", content="x")[1]
    service.stop(signal.SIGKILL)
    again = Service(engine)
    try:
        status, _, _ = ask(registered.path + "/pod/hmac/verify", "POST", content="x", uuid=registered.pod.uuid,
                           signature=signature)
        assert status == 200
    finally:
        again.stop()


def test_who_has_no_token_or_asks_wrongly_is_turned_away(registered):
    wrong = "/" + "0" * 32 + "/acMetadata/v1/pod/uuid"
    assert ask(wrong)[0] == 401
    assert ask("/../acMetadata/v1/pod/uuid")[0] == 401
    assert ask("/pods/" + registered.pod.uuid)[0] == 404  # no way in for registrars
    assert ask(registered.path + "/pod/uuid", headers={})[0] == 200  # the token says enough
    assert ask(registered.path + "/pod/uuid", "POST", content="x")[0] == 405
    assert ask(registered.path + "/pod/secrets")[0] == 404


def test_a_token_is_of_no_use_elsewhere(registered):
    subprocess.run(["sh", "-ec", """
        ip link add outer type veth peer name inner
        ip address add 10.9.8.1/24 dev outer; ip link set outer up
        ip netns add elsewhere; ip link set inner netns elsewhere
        ip -n elsewhere address add 10.9.8.2/24 dev inner; ip -n elsewhere link set inner up"""], check=True)
    url = f"http://10.9.8.1:{PORT}{registered.path}/pod/uuid"
    words = ["curl", "-s", "-H", "Metadata-Flavor: AppContainer", url]
    here = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    there = subprocess.run(["ip", "netns", "exec", "elsewhere", *words], stdout=subprocess.PIPE, text=True, check=True)
    subprocess.run(["ip", "netns", "delete", "elsewhere"], check=True)
    assert here.stdout == registered.pod.uuid
    assert there.stdout == "the request does not come from the pod\n"


def test_pods_are_forgotten_when_they_are_collected(engine, service, registered, image):
    registered.pod.send(signal.SIGTERM)
    registered.pod.wait()
    assert engine.collect().status == 0
    other = Registered(engine, image())
    assert ask(registered.path + "/pod/uuid")[0] == 401
    assert ask(other.path + "/pod/uuid")[0] == 200


def test_without_a_service_a_pod_that_wants_it_does_not_start(engine):
    result = engine.run("exit", "0", pod=["--mds-register", "--net=host"])
    assert result.status == 254
    assert "--mds-register: no metadata service at /run/rkt/metadata-svc.sock" in result.error_text, result


def test_two_services_are_one_too_many(engine, service):
    second = engine.rkt("metadata-service")
    assert second.status == 254 and "a metadata service is running already" in second.stderr, second
    assert ask("/x")[0] == 404  # the first one is as it was


POD = {"acVersion": "0.8.11", "acKind": "PodManifest", "apps": []}


@pytest.mark.parametrize("method, path, body, status, why", [
    ("PUT", f"/pods/{UUID}?token={TOKEN}", "{", 400, "pod manifest"),
    ("PUT", f"/pods/{UUID}?token={TOKEN}", json.dumps({**POD, "x": " " * (1 << 20)}), 413, ""),
    ("PUT", f"/pods/{UUID}", json.dumps(POD), 400, "token"),
    ("PUT", f"/pods/{UUID}?token=short", json.dumps(POD), 400, "token"),
    ("PUT", f"/pods/{UUID}?token=..%2F..%2F..%2F..%2Fetc%2Fcron.d%2Fx", json.dumps(POD), 400, "token"),
    ("PUT", f"/pods/..%2F{UUID}?token={TOKEN}", json.dumps(POD), 400, "UUID"),
    ("PUT", f"/pods/{UUID}/..%2Fx", "{}", 400, "image manifest"),
    ("DELETE", "/pods/x", "", 400, "UUID"),
    ("POST", f"/pods/{UUID}", "", 405, "PUT"),
    ("PUT", "/elsewhere", "", 404, "endpoint"),
], ids=["no-json", "too-large", "no-token", "short-token", "token-path", "uuid-path", "app-path", "no-uuid", "method",
        "endpoint"])
def test_what_cannot_be_registered_is_refused(service, method, path, body, status, why):
    found, text = register(method, path, body)
    assert found == status and why in text
    assert not os.listdir("/run/rkt/metadata/tokens")


def test_whoever_knows_no_better_can_still_register_and_leave(service, tmp_path):
    """By the original's own calls."""
    manifest = {"acVersion": "0.8.11", "acKind": "ImageManifest", "name": "a/b"}
    pod = {**POD, "apps": [{"name": "one", "image": {"id": "sha512-" + "0" * 64}, "app": {
        "exec": ["/x"], "user": "0", "group": "0"}}]}
    assert register("PUT", f"/pods/{UUID}?token={TOKEN}", json.dumps(pod)) == (200, "")
    assert register("PUT", f"/pods/{UUID}/one", json.dumps(manifest)) == (200, "")
    assert ask(f"/{TOKEN}/acMetadata/v1/pod/uuid")[1] == UUID
    assert register("DELETE", f"/pods/{UUID}") == (200, "")
    assert ask(f"/{TOKEN}/acMetadata/v1/pod/uuid")[0] == 401
    assert os.listdir("/run/rkt/metadata/pods") == []


def test_a_flood_of_slow_connections_keeps_nobody_out_for_long(registered):
    idle = [socket.create_connection(("127.0.0.1", PORT)) for _ in range(20)]
    assert ask(registered.path + "/pod/uuid")[0] == 200
    for connection in idle:
        connection.close()
