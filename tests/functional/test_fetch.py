# SPDX-License-Identifier: Apache-2.0
"""Images over the network: transfer, caching, discovery, credentials."""

import base64
import gzip
import hashlib
import hmac
import os
import pathlib
import signal
import subprocess
import time

import pytest

from conftest import OUT
from harness.fetching import Fetching

URL = "https://example.com/app.aci"
PLACE = "example.com/app.aci"


@pytest.fixture
def rkt(server, tmp_path):
    server.reset()
    return Fetching(OUT, server, str(tmp_path))


@pytest.fixture
def app(image):
    """An image that takes some time to transfer."""
    return pathlib.Path(image(name="example.com/app", files={"/random": base64.b64encode(
        os.urandom(3 << 20)).decode()}))


def fetched(result):
    assert result.status == 0, result
    words = result.stdout.split()
    assert len(words) == 1 and words[0].startswith("sha512-"), result
    return words[0]


def page(*tags):
    return "<!DOCTYPE html><html><head>" + "".join(
        f'<meta name="{name}" content="{content}">' for name, content in tags) + "</head></html>"


def test_an_image_comes_over_https(rkt, server, app):
    server.put(PLACE, app)
    assert fetched(rkt.fetch(URL, insecure="image")) in rkt.images()
    [request] = server.requests()
    assert request["headers"]["User-Agent"].startswith("rkt/1.30.0"), request
    assert rkt.leftovers() == [] and rkt.parts() == []


def test_an_image_comes_over_http_when_the_url_says_so(rkt, server, app):
    server.put(PLACE, app)
    fetched(rkt.fetch(URL.replace("https", "http"), insecure="image"))
    assert server.requests()[0]["port"] == 80


@pytest.mark.parametrize("compress", ["gzip", "xz", "zstd", "bzip2"])
def test_a_packed_image_is_the_same(rkt, server, app, tmp_path, compress):
    plain = gzip.decompress(app.read_bytes())
    with open(tmp_path / "packed", "wb") as file:
        subprocess.run([compress, "-c"], input=plain, check=True, stdout=file)
    server.put(PLACE, tmp_path / "packed")
    server.put("example.com/plain.aci", app)
    packed = fetched(rkt.fetch(URL, insecure="image"))
    assert fetched(rkt.fetch("https://example.com/plain.aci", insecure="image")) == packed


# What the store has of an URL

def test_the_policy_decides_who_is_asked(rkt, server, app):
    server.put(PLACE, app)
    missing = rkt.fetch("--pull-policy=never", URL, insecure="image")
    rkt.refused(missing, f'unable to fetch image from URL "{URL}"')
    rkt.refused(rkt.fetch("--store-only", URL, insecure="image"), "unable to fetch image")
    assert server.requests() == []
    image = fetched(rkt.fetch(URL, insecure="image"))
    assert fetched(rkt.fetch(URL, insecure="image")) == image
    assert fetched(rkt.fetch("--pull-policy=never", URL, insecure="image")) == image
    assert len(server.requests()) == 1
    for flag in ("--pull-policy=update", "--no-store"):
        assert fetched(rkt.fetch(flag, URL, insecure="image")) == image
    assert [entry["headers"].get("If-None-Match") for entry in server.requests()[1:]] != [None] * 2


def test_an_image_that_changed_is_fetched_again(rkt, server, app, image):
    server.put(PLACE, app)
    first = fetched(rkt.fetch(URL, insecure="image"))
    server.put(PLACE, pathlib.Path(image(name="example.com/app", files={"/x": "new"})))
    assert fetched(rkt.fetch(URL, insecure="image")) == first
    assert fetched(rkt.fetch("--no-store", URL, insecure="image")) != first


def test_max_age_spares_the_question(rkt, server, app):
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"headers": {"Cache-Control": "max-age=600"}}})
    for _ in range(3):
        fetched(rkt.fetch("--no-store", URL, insecure="image"))
    assert len(server.requests()) == 1
    server.set_rules(**{PLACE: {"headers": {"Cache-Control": "no-store, max-age=600"}}})
    rkt.data += "-other"
    for _ in range(2):
        fetched(rkt.fetch("--no-store", URL, insecure="image"))
    assert len(server.requests()) == 3


def test_a_removed_image_is_fetched_again(rkt, server, app):
    server.put(PLACE, app)
    image = fetched(rkt.fetch(URL, insecure="image"))
    assert rkt.rkt("image", "rm", image).status == 0
    assert fetched(rkt.fetch(URL, insecure="image")) == image
    assert len(server.requests()) == 2 and "If-None-Match" not in server.requests()[1]["headers"]


# Connections that break

def test_a_transfer_is_taken_up_where_it_broke(rkt, server, app):
    """Ten connections, each of which brings a tenth."""
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size // 10 + 1}})
    fetched(rkt.fetch(URL, insecure="image"))
    starts = [entry["headers"].get("Range", "bytes=0-") for entry in server.requests()]
    assert len(starts) == 10 and len(set(starts)) == 10, starts
    assert all("If-Range" in entry["headers"] for entry in server.requests()[1:])
    assert rkt.parts() == [] and rkt.leftovers() == []


@pytest.mark.parametrize("tenth", range(10))
def test_the_next_try_goes_on(rkt, server, app, tenth):
    """A server that breaks off and then sends nothing at all."""
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size * tenth // 10}})
    process = rkt.start("fetch", URL, insecure="image")
    end = time.monotonic() + 20
    while not (rkt.parts() and rkt.parts()[0] >= size * tenth // 10) and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    rkt.wait(process)
    assert rkt.images() == []
    server.set_rules()
    fetched(rkt.fetch(URL, insecure="image"))
    assert rkt.parts() == []


def test_a_server_that_cannot_resume_starts_over(rkt, server, app):
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size // 2, "no_range": True}})
    rkt.refused(rkt.fetch(URL, insecure="image"), "error downloading ACI")
    server.set_rules(**{PLACE: {"no_range": True}})
    fetched(rkt.fetch(URL, insecure="image"))


def test_an_image_that_changed_between_is_not_patched_together(rkt, server, app, image):
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size // 2, "no_range": True}})
    rkt.refused(rkt.fetch(URL, insecure="image"))
    assert rkt.parts() == [size // 2]
    other = pathlib.Path(image(name="example.com/app", files={"/y": "other"}))
    server.put(PLACE, other)
    server.set_rules()
    changed = fetched(rkt.fetch(URL, insecure="image"))
    rkt.data += "-other"
    assert fetched(rkt.fetch(str(other), insecure="image")) == changed


def test_nonsense_about_ranges_is_not_believed(rkt, server, app):
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size // 2, "range": f"bytes 7-{size - 1}/{size}"}})
    result = rkt.fetch(URL, insecure="image")
    rkt.refused(result, "error downloading ACI")
    server.set_rules()
    fetched(rkt.fetch(URL, insecure="image"))


def test_a_part_that_the_machine_crashed_over_is_thrown_away(rkt, server, app):
    size = app.stat().st_size
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": size // 2, "no_range": True}})
    rkt.refused(rkt.fetch(URL, insecure="image"))
    folder = pathlib.Path(rkt.data, "cas/remote")
    [head] = folder.glob("*.head")
    [part] = folder.glob("*.part")
    part.write_bytes(b"\0" * (size // 2))
    text = head.read_text()
    boot = text.partition('"boot":"')[2].partition('"')[0]
    assert boot
    head.write_text(text.replace(boot, "another"))
    server.set_rules()
    fetched(rkt.fetch(URL, insecure="image"))
    assert "Range" not in server.requests()[-1]["headers"]


def test_a_server_that_stalls_is_given_up(rkt, server, app):
    """At the head, within the body, or by a byte now and then."""
    server.put(PLACE, app)
    server.put("example.com/head.aci", app)
    server.put("example.com/drip/index.html", "<html>" + "x" * 1000)
    server.set_rules(**{PLACE: {"stall": "body"}, "example.com/head.aci": {"stall": "head"},
                        "example.com/drip": {"stall": "drip"}})
    began = time.monotonic()
    body, head, drip = [rkt.start("fetch", word, insecure="image")
                        for word in (URL, "https://example.com/head.aci", "example.com/drip")]
    head = rkt.wait(head)
    assert head.status == 254 and "too slow" in head.stderr, head
    assert 25 < time.monotonic() - began < 50
    drip = rkt.wait(drip)
    assert drip.status == 254 and "timed out" in drip.stderr, drip
    assert 50 < time.monotonic() - began < 90
    body.terminate()
    rkt.wait(body)
    server.set_rules()
    fetched(rkt.fetch(URL, insecure="image"))
    assert "Range" in server.requests(PLACE)[-1]["headers"]


# What a server may answer

@pytest.mark.parametrize("rule, words", [
    ({"status": 404}, "bad HTTP status code: 404"),
    ({"status": 500}, "bad HTTP status code: 500"),
    ({"status": 202}, "bad HTTP status code: 202"),
    ({"status": 206}, "error downloading ACI"),
    ({"location": "https://example.com/app.aci"}, "more than 10 redirects"),
    ({"location": ""}, "a redirect to nowhere"),
    ({"location": "http://example.com/app.aci"}, "a redirect from https to http is not followed"),
    ({"location": "file:///etc/passwd"}, "an URL of the scheme"),
    ({"location": "https://me:secret@example.com/"}, "an URL with a user in it"),
    ({"raw": "nonsense\r\n\r\n"}, "error downloading ACI"),
    ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"}, "error downloading ACI"),
    ({"raw": "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"},
     "Maximum file size exceeded"),
    ({"raw": "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 20000 + "\r\n"}, "error downloading ACI"),
    ({"raw": ""}, "error downloading ACI"),
])
def test_what_is_no_image_is_refused(rkt, server, app, rule, words):
    server.put(PLACE, app)
    server.set_rules(**{PLACE: rule})
    result = rkt.fetch(URL, insecure="image")
    rkt.refused(result, words)
    assert "secret" not in result.stderr
    server.set_rules()
    fetched(rkt.fetch(URL, insecure="image"))


def test_redirects_are_followed(rkt, server, app):
    server.put("storage.example.com/b/real.aci", app)
    server.set_rules(**{PLACE: {"location": "/next?x=y"},
                        "example.com/next": {"location": "//storage.example.com/a", "status": 307},
                        "storage.example.com/a": {"location": "b/real.aci", "status": 301}})
    fetched(rkt.fetch(URL, insecure="image"))
    assert [entry["host"] + entry["path"] for entry in server.requests()] == [
        "example.com/app.aci", "example.com/next?x=y", "storage.example.com/a",
        "storage.example.com/b/real.aci"]


@pytest.mark.parametrize("content", [b"", b"<html>no image</html>" * 100, b"\0" * 10240,
                                     b"\x1f\x8b\x08garbage"])
def test_garbage_is_refused_and_not_kept(rkt, server, content):
    server.put(PLACE, content)
    rkt.refused(rkt.fetch(URL, insecure="image"))
    assert rkt.parts() == []


def test_a_cut_image_is_refused(rkt, server, app, image):
    data = app.read_bytes()
    server.put(PLACE, data[:len(data) // 2 // 512 * 512])
    rkt.refused(rkt.fetch(URL, insecure="image"))
    server.put(PLACE, app)
    fetched(rkt.fetch(URL, insecure="image"))


def test_urls_that_cannot_be(rkt):
    rkt.refused(rkt.fetch("https://u:secret@example.com/a.aci", insecure="image"), "auth.d")
    rkt.refused(rkt.fetch("https://nonexistent.invalid/a.aci", insecure="image"),
                "Could not resolve host: nonexistent.invalid")
    rkt.refused(rkt.fetch("https://example.com:1/a.aci", insecure="image"), "error downloading ACI")


# TLS

def test_a_certificate_must_be_good(rkt, server, app):
    server.put(PLACE, app)
    rkt.refused(rkt.fetch("https://localhost/app.aci", insecure="image"), "error downloading ACI")
    server.put("localhost/app.aci", app)
    fetched(rkt.fetch("https://localhost/app.aci", insecure="image,tls"))


def test_another_ca_can_be_named(rkt, server, app, tmp_path):
    server.put(PLACE, app)
    empty = pathlib.Path(server.path("no-ca.pem"))
    empty.write_text("")
    env = {**os.environ, "SSL_CERT_FILE": str(empty)}
    rkt.refused(rkt.fetch(URL, insecure="image", env=env), "error downloading ACI")
    env["SSL_CERT_FILE"] = server.path("ca.pem")
    os.chmod(server.path("ca.pem"), 0o644)
    fetched(rkt.fetch(URL, insecure="image", env=env))


# Credentials

def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_credentials_go_to_their_host_only(rkt, server, app):
    rkt.credentials(user="me", password="secret")
    rkt.credentials("oauth", ["other.example"], token="t0k3n")
    server.put("storage.example.com/app.aci", app)
    server.put("other.example/app.aci", app)
    server.set_rules(**{PLACE: {"authorization": basic("me", "secret"),
                                "location": "https://storage.example.com/app.aci"},
                        "other.example/app.aci": {"authorization": "Bearer t0k3n"}})
    fetched(rkt.fetch(URL, insecure="image"))
    fetched(rkt.fetch("https://other.example/app.aci", insecure="image"))
    sent = {entry["host"]: entry["headers"].get("Authorization") for entry in server.requests()}
    assert sent == {"example.com": basic("me", "secret"), "storage.example.com": None,
                    "other.example": "Bearer t0k3n"}


def test_a_port_is_part_of_the_host(rkt, server, app):
    rkt.credentials(user="me", password="secret", domains=["example.com:8443"])
    server.put(PLACE, app)
    fetched(rkt.fetch(URL, insecure="image"))
    fetched(rkt.fetch("https://example.com:8443/app.aci", insecure="image"))
    assert [entry["headers"].get("Authorization") for entry in server.requests()] == [
        None, basic("me", "secret")]


def test_a_redirect_brings_no_credentials_of_elsewhere(rkt, server, app):
    """Not even those that are configured for where it leads."""
    rkt.credentials(user="me", password="secret", domains=["storage.example.com"])
    server.put("storage.example.com/app.aci", app)
    server.set_rules(**{PLACE: {"location": "https://storage.example.com/app.aci"}})
    fetched(rkt.fetch(URL, insecure="image"))
    assert all("Authorization" not in entry["headers"] for entry in server.requests())


def test_credentials_are_not_sent_in_the_clear(rkt, server, app):
    rkt.credentials(user="me", password="secret")
    server.put(PLACE, app)
    url = URL.replace("https", "http")
    fetched(rkt.fetch(url, insecure="image"))
    assert "Authorization" not in server.requests()[0]["headers"]
    fetched(rkt.fetch("--no-store", url, insecure="image,http"))
    assert server.requests()[1]["headers"]["Authorization"] == basic("me", "secret")


def test_credentials_are_shown_nowhere(rkt, server, app):
    rkt.credentials(user="me", password="s3cret-word")
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"pace": 0.5, "authorization": basic("me", "s3cret-word")}})
    process = rkt.start("--debug", "fetch", URL, insecure="image")
    seen = b""
    while process.poll() is None:
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                seen += (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:
                pass
        time.sleep(0.05)
    result = rkt.wait(process)
    fetched(result)
    assert b"rkt-fetch" in seen and b"s3cret-word" not in seen
    assert "s3cret-word" not in result.stderr
    server.set_rules(**{PLACE: {"authorization": "Basic other"}})
    rkt.data += "-other"
    result = rkt.rkt("--debug", "fetch", URL, insecure="image")
    assert "bad HTTP status code: 401" in result.stderr and "s3cret" not in result.stderr, result


def test_requests_are_signed_for_aws(rkt, server, app):
    host = "s3.eu-west-1.amazonaws.com"
    rkt.credentials("aws", [host], accessKeyID="AKIDEXAMPLE", secretAccessKey="wJalr/EXAMPLEKEY")
    server.put(f"{host}/bucket/app.aci", app)
    fetched(rkt.fetch(f"https://{host}/bucket/app.aci", insecure="image"))
    headers = {name.lower(): value for name, value in server.requests()[0]["headers"].items()}
    scheme, _, rest = headers["authorization"].partition(" ")
    fields = dict(field.strip().split("=", 1) for field in rest.split(","))
    assert scheme == "AWS4-HMAC-SHA256"
    key_id, date, region, service, kind = fields["Credential"].split("/")
    assert (key_id, region, service, kind) == ("AKIDEXAMPLE", "eu-west-1", "s3", "aws4_request")
    names = fields["SignedHeaders"].split(";")
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["GET", "/bucket/app.aci", "",
                           *[f"{name}:{headers[name].strip()}" for name in names], "",
                           ";".join(names), headers.get("x-amz-content-sha256", empty)])
    text = "\n".join([scheme, headers["x-amz-date"], f"{date}/{region}/{service}/{kind}",
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = b"AWS4wJalr/EXAMPLEKEY"
    for part in (date, region, service, kind, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    assert fields["Signature"] == key.hex()


# Discovery

TEMPLATE = "example.com https://storage.example.com/{os}/{arch}/{name}-{version}.{ext}"


def test_an_image_is_found_by_its_name(rkt, server, app):
    server.put("example.com/app/index.html", page(("ac-discovery", TEMPLATE)))
    server.put("storage.example.com/linux/amd64/example.com/app-1.0.0.aci", app)
    image = fetched(rkt.fetch("example.com/app:1.0.0", insecure="image"))
    assert [entry["path"] for entry in server.requests()] == [
        "/app?ac-discovery=1", "/linux/amd64/example.com/app-1.0.0.aci"]
    assert fetched(rkt.fetch("example.com/app:1.0.0", insecure="image")) == image
    assert fetched(rkt.fetch("example.com/app,version=1.0.0", insecure="image")) == image
    assert len(server.requests()) == 2
    assert fetched(rkt.fetch("--no-store", "example.com/app:1.0.0", insecure="image")) == image
    assert len(server.requests()) == 4
    assert "If-None-Match" in server.requests()[-1]["headers"]


def test_parents_are_asked_for_what_a_page_lacks(rkt, server, image):
    app = pathlib.Path(image(name="example.com/a/b/c"))
    server.put("example.com/a/b/c/index.html", "<html>nothing here</html>")
    server.put("example.com/index.html", page(("ac-discovery", TEMPLATE)))
    server.put("storage.example.com/linux/amd64/example.com/a/b/c-1.0.0.aci", app)
    fetched(rkt.fetch("example.com/a/b/c:1.0.0", insecure="image"))
    assert [entry["path"] for entry in server.requests("example.com/")][:4] == [
        "/a/b/c?ac-discovery=1", "/a/b?ac-discovery=1", "/a?ac-discovery=1", "/?ac-discovery=1"]


def test_a_second_template_stands_in(rkt, server, app):
    server.put("example.com/app/index.html", page(
        ("ac-discovery", TEMPLATE),
        ("ac-discovery", "example.com https://other.example/{os}/{arch}/{name}-{version}.{ext}")))
    server.put("other.example/linux/amd64/example.com/app-1.0.0.aci", app)
    fetched(rkt.fetch("example.com/app:1.0.0", insecure="image"))


def test_what_is_not_to_be_found(rkt, server):
    rkt.refused(rkt.fetch("example.com/app:1.0.0", insecure="image"),
                'discovery failed for "example.com/app:1.0.0": found no ACI meta tags')
    rkt.refused(rkt.fetch("--pull-policy=never", "example.com/app:1.0.0", insecure="image"),
                'unable to fetch image from image name "example.com/app:1.0.0"')
    rkt.refused(rkt.fetch("nonexistent.invalid/app", insecure="image"),
                "discovery failed", "Could not resolve host")


@pytest.mark.parametrize("wanted, words", [
    ("example.com/other:1.0.0", '"example.com/other" expected but "example.com/app" found'),
    ("example.com/app:2.0.0", 'the label version of the image is "1.0.0"'),
    ("example.com/app,channel=x", "the label channel of the image"),
])
def test_another_image_than_was_asked_for_is_refused(rkt, server, app, wanted, words):
    server.put("example.com/index.html", page(("ac-discovery", "example.com https://example.com/it.{ext}")))
    server.put("example.com/it.aci", app)
    rkt.refused(rkt.fetch(wanted, insecure="image"), words)


def test_a_name_does_not_lead_to_http(rkt, server, app):
    server.put("example.com/app/index.html",
               page(("ac-discovery", "example.com http://example.com/{name}.{ext}")))
    server.put("example.com/example.com/app.aci", app)
    rkt.refused(rkt.fetch("example.com/app", insecure="image"), "images come over https only")
    fetched(rkt.fetch("example.com/app", insecure="image,http"))


def test_discovery_over_http_only_when_allowed(rkt, server, app):
    server.put("localhost/app/index.html",
               page(("ac-discovery", "localhost http://example.com/it.{ext}")))
    rkt.refused(rkt.fetch("localhost/app", insecure="image"), "discovery failed")
    assert server.requests() == []


def test_tags_below_the_head_do_not_count(rkt, server, app):
    server.put("example.com/app/index.html", "<html><head></head><body>" + page(
        ("ac-discovery", "example.com https://example.com/it.{ext}")))
    server.put("example.com/it.aci", app)
    rkt.refused(rkt.fetch("example.com/app", insecure="image"), "found no ACI meta tags")


def test_a_page_without_end_is_given_up(rkt, server):
    server.put("example.com/app/index.html", "<html>" + " " * (3 << 20))
    rkt.refused(rkt.fetch("example.com/app", insecure="image"), "discovery failed")


def test_dependencies_are_found_by_name(rkt, server, image):
    base = pathlib.Path(image(name="example.com/base", files={"/base": "base"}))
    top = image(name="example.com/top", fields={"dependencies": [
        {"imageName": "example.com/base", "labels": [{"name": "version", "value": "1.0.0"}]}]})
    server.put("example.com/index.html", page(("ac-discovery", TEMPLATE)))
    result = rkt.fetch("--pull-policy=never", top, insecure="image")
    assert result.status == 254 and "example.com/top depends on example.com/base" in result.stderr
    server.put("storage.example.com/linux/amd64/example.com/base-1.0.0.aci", base)
    fetched(rkt.fetch(top, insecure="image"))
    assert "example.com/base:1.0.0" in rkt.images()
    asked = len(server.requests())
    fetched(rkt.fetch(top, insecure="image"))
    assert len(server.requests()) == asked
    fetched(rkt.fetch("--pull-policy=update", top, insecure="image"))
    assert len(server.requests()) > asked


# Several at once, and sudden ends

def test_two_who_want_the_same_work_once(rkt, server, app):
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"pace": 0.3}})
    processes = [rkt.start("fetch", "--pull-policy=update", URL, insecure="image") for _ in range(4)]
    assert len({fetched(rkt.wait(process)) for process in processes}) == 1
    complete = [entry for entry in server.requests(PLACE)
                if "If-None-Match" not in entry["headers"]]
    assert len(complete) == 1, server.requests(PLACE)
    assert rkt.leftovers() == []


@pytest.mark.parametrize("victim", ["rkt", "rkt-fetch", "rkt-image"])
def test_a_kill_leaves_a_store_that_works(rkt, server, app, victim):
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"pace": 0.1}})
    for delay in (0.02, 0.08, 0.15, 0.25, 0.35):
        process = rkt.start("fetch", URL, insecure="image")
        time.sleep(delay)
        kill(process.pid, victim, rkt.data)
        rkt.wait(process)
        assert rkt.rkt("image", "list").status == 0
    server.set_rules()
    image = fetched(rkt.fetch(URL, insecure="image"))
    assert rkt.rkt("image", "verify", image).status == 0
    assert rkt.rkt("image", "gc", "--grace-period=24h").status == 0
    assert rkt.leftovers() == [] and rkt.parts() == [] and image in rkt.images()


def kill(root, name, data):
    """The descendants of a process that run a program of this name."""
    parents = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")
            parents[int(folder.name)] = (int(stat[2].split()[1]), stat[0].partition("(")[2])
        except OSError:
            continue
    for pid, (_, command) in parents.items():
        at = pid
        while at in parents and at != root:
            at = parents[at][0]
        if at == root and command == name:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def test_collection_clears_what_is_left(rkt, server, app):
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"drop": 100000, "no_range": True}})
    rkt.refused(rkt.fetch(URL, insecure="image"))
    assert rkt.parts() == [100000]
    assert rkt.rkt("image", "gc", "--grace-period=24h").status == 0
    assert rkt.parts() == [100000]
    assert rkt.rkt("image", "gc", "--grace-period=0s").status == 0
    assert rkt.parts() == [] and os.listdir(os.path.join(rkt.data, "cas/remote")) == []


@pytest.mark.parametrize("megabytes", [1, 2, 5, 7])
def test_a_full_disk_is_told_and_survived(rkt, server, app, megabytes):
    server.put(PLACE, app)
    os.makedirs(rkt.data)
    subprocess.run(server.command(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none",
                                   rkt.data]), check=True)
    result = rkt.fetch(URL, insecure="image")
    assert result.status == 254 and "No space left on device" in result.stderr, result
    assert len(result.stderr.splitlines()) == 1 and rkt.images() == []
    subprocess.run(server.command(["mount", "-o", "remount,size=64m", rkt.data]), check=True)
    image = fetched(rkt.fetch(URL, insecure="image"))
    assert rkt.rkt("image", "verify", image).status == 0
    subprocess.run(server.command(["umount", rkt.data]), check=True)


def test_a_terminal_shows_how_far_it_is(rkt, server, app):
    from harness.pty_session import PtySession
    server.put(PLACE, app)
    server.set_rules(**{PLACE: {"pace": 0.4}})
    session = PtySession(rkt.command(["fetch", URL], insecure="image"))
    assert session.wait() == 0
    assert "app.aci: [" in session.text and "%" in session.text, session.text
