# SPDX-License-Identifier: Apache-2.0
"""Signatures: whose count, for which images, and how keys come to be trusted."""

import os
import pathlib
import shutil
import time

import pytest

from conftest import OUT
from harness.fetching import Fetching

URL = "https://example.com/app.aci"
PLACE = "example.com/app.aci"
SIGNATURE = PLACE + ".asc"
TEMPLATE = "example.com https://example.com/images/{name}-{version}.{ext}"


@pytest.fixture
def rkt(server, tmp_path):
    server.reset()
    return Fetching(OUT, server, str(tmp_path))


@pytest.fixture
def app(image):
    return pathlib.Path(image(name="example.com/app", files={"/x": "signed"}))


@pytest.fixture
def offered(server, pgp, app):
    """The image and its signature by "good" on the server."""
    server.put(PLACE, app)
    server.put(SIGNATURE, pgp.sign("good", app))
    return app


def trust(rkt, pgp, name="good", prefix="example.com", **options):
    rkt.trust(pgp.fingerprints[name], pgp.public(name), prefix, **options)


def fetched(result):
    assert result.status == 0, result
    [image] = result.stdout.split()
    return image


def page(*tags):
    return "<head>" + "".join(f'<meta name="{name}" content="{content}">'
                              for name, content in tags) + "</head>"


# Whose signatures count

@pytest.mark.parametrize("prefix", ["", "example.com", "example.com/app"])
@pytest.mark.parametrize("place", ["local", "system"])
def test_a_trusted_signature_is_told_and_counts(rkt, pgp, offered, prefix, place):
    trust(rkt, pgp, prefix=prefix, place=place)
    result = rkt.fetch(URL)
    assert fetched(result) in rkt.images()
    assert "signature verified:\n" in result.stderr, result
    assert "good <good@example.com>" in result.stderr, result


def test_the_signature_comes_before_the_image(rkt, server, pgp, offered):
    trust(rkt, pgp)
    fetched(rkt.fetch(URL))
    assert [entry["path"] for entry in server.requests()] == ["/app.aci.asc", "/app.aci"]


def test_a_binary_signature_counts_too(rkt, server, pgp, offered):
    trust(rkt, pgp)
    server.put(SIGNATURE, pgp.sign("good", offered, armor=False))
    fetched(rkt.fetch(URL))


def test_nobody_is_trusted_at_first(rkt, offered):
    rkt.refused(rkt.fetch(URL), "openpgp: signature made by unknown entity", "example.com/app")


@pytest.mark.parametrize("prefix", ["example.com/ap", "example.com/app/sub", "example.org", "example"])
def test_a_prefix_is_whole_parts_of_a_name(rkt, pgp, offered, prefix):
    trust(rkt, pgp, prefix=prefix)
    rkt.refused(rkt.fetch(URL), "openpgp: signature made by unknown entity")


def test_the_wrong_key_does_not_count(rkt, server, pgp, offered):
    trust(rkt, pgp)
    server.put(SIGNATURE, pgp.sign("other", offered))
    rkt.refused(rkt.fetch(URL), "openpgp: signature made by unknown entity")


def test_a_key_counts_under_its_own_fingerprint_only(rkt, server, pgp, offered):
    """A file of several keys cannot smuggle one in."""
    rkt.trust(pgp.fingerprints["other"], pgp.public("other") + pgp.public("good"))
    rkt.refused(rkt.fetch(URL), "openpgp: signature made by unknown entity")


def test_an_expired_key_does_not_count(rkt, server, pgp, offered):
    pgp.fingerprints["old"] = pgp.make("old", expire="seconds=3")
    server.put(SIGNATURE, pgp.sign("old", offered))
    trust(rkt, pgp, "old")
    time.sleep(4)
    rkt.refused(rkt.fetch(URL), "openpgp: key expired")


def test_a_revoked_key_does_not_count(rkt, server, pgp, offered):
    pgp.fingerprints["lost"] = pgp.make("lost")
    server.put(SIGNATURE, pgp.sign("lost", offered))
    pgp.revoke("lost")
    trust(rkt, pgp, "lost")
    rkt.refused(rkt.fetch(URL), "openpgp: key revoked")


def test_a_subkey_counts_for_its_key_until_it_expires(rkt, server, pgp, offered):
    pgp.fingerprints["master"] = pgp.make_master("master", "seconds=6")
    server.put(SIGNATURE, pgp.sign("master", offered))
    trust(rkt, pgp, "master")
    fetched(rkt.fetch("--no-store", URL))
    time.sleep(7)
    rkt.data += "-other"
    rkt.refused(rkt.fetch(URL), "openpgp: key expired")


@pytest.mark.parametrize("algorithm", ["SHA1", "RIPEMD160"])
def test_a_weak_hash_proves_nothing(rkt, server, pgp, offered, algorithm):
    if "weak" not in pgp.fingerprints:
        pgp.fingerprints["weak"] = pgp.make("weak", algorithm="rsa2048")
    trust(rkt, pgp, "weak")
    server.put(SIGNATURE, pgp.sign("weak", offered, options=["--digest-algo", algorithm]))
    rkt.refused(rkt.fetch(URL), f"openpgp: invalid signature: made with {algorithm}, which can be forged")
    server.put(SIGNATURE, pgp.sign("weak", offered))
    fetched(rkt.fetch(URL))


def test_an_empty_file_takes_trust_back(rkt, pgp, offered):
    trust(rkt, pgp, place="system")
    rkt.trust(pgp.fingerprints["good"], b"")
    rkt.refused(rkt.fetch(URL), "openpgp: signature made by unknown entity")


@pytest.mark.parametrize("content, words", [
    (b"", "no valid signatures found"),
    (b"garbage" * 100, "no valid signatures found"),
    (b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n", ""),
    (b"x" * (100 << 10), "error downloading the signature file"),
])
def test_garbage_is_no_signature(rkt, server, pgp, offered, content, words):
    trust(rkt, pgp)
    server.put(SIGNATURE, content)
    rkt.refused(rkt.fetch(URL), words)


def test_a_missing_signature_is_told_before_the_image_is_fetched(rkt, server, pgp, app):
    trust(rkt, pgp)
    server.put(PLACE, app)
    rkt.refused(rkt.fetch(URL), "error downloading the signature file", "404")
    assert [entry["path"] for entry in server.requests()] == ["/app.aci.asc"]


def test_another_image_than_was_signed_is_refused_and_not_kept(rkt, server, pgp, offered, image):
    trust(rkt, pgp)
    server.put(PLACE, pathlib.Path(image(name="example.com/app", files={"/x": "forged"})))
    rkt.refused(rkt.fetch(URL), "openpgp: invalid signature")
    assert rkt.parts() == []
    server.put(PLACE, offered)
    fetched(rkt.fetch(URL))


@pytest.mark.parametrize("at", [0.1, 0.5, 0.99])
def test_a_flipped_bit_is_found(rkt, server, pgp, offered, at):
    trust(rkt, pgp)
    data = bytearray(offered.read_bytes())
    data[int(len(data) * at)] ^= 1
    server.put(PLACE, bytes(data))
    result = rkt.fetch(URL)
    rkt.refused(result)


def test_a_server_may_have_the_signature_later(rkt, server, pgp, offered):
    trust(rkt, pgp)
    server.set_rules(**{SIGNATURE: {"status": 202, "times": 1}})
    fetched(rkt.fetch(URL))
    assert [entry["path"] for entry in server.requests()] == [
        "/app.aci.asc", "/app.aci", "/app.aci.asc"]
    server.set_rules(**{SIGNATURE: {"status": 202}})
    rkt.data += "-other"
    rkt.refused(rkt.fetch(URL), "server asked to defer the download again")


def test_what_came_in_unverified_is_not_taken_for_verified(rkt, server, pgp, offered):
    fetched(rkt.fetch(URL, insecure="image"))
    result = rkt.fetch("--no-store", URL)
    assert result.status == 254 and "unknown entity" in result.stderr, result
    trust(rkt, pgp)
    fetched(rkt.fetch("--no-store", URL))
    assert "If-None-Match" not in server.requests("/app.aci")[-1]["headers"]
    fetched(rkt.fetch("--no-store", URL))
    assert "If-None-Match" in [entry for entry in server.requests(PLACE)
                               if entry["path"] == "/app.aci"][-1]["headers"]


def test_a_name_is_verified_by_its_own_keys(rkt, server, pgp, offered):
    server.put("example.com/app/index.html", page(("ac-discovery", TEMPLATE)))
    server.put("example.com/images/example.com/app-1.0.0.aci", offered)
    server.put("example.com/images/example.com/app-1.0.0.aci.asc", pgp.sign("good", offered))
    os.makedirs(server.path("www", "example.com/app"), exist_ok=True)
    trust(rkt, pgp, prefix="example.com/other")
    rkt.refused(rkt.fetch("example.com/app:1.0.0"), "unknown entity")
    trust(rkt, pgp, prefix="example.com/app")
    fetched(rkt.fetch("example.com/app:1.0.0"))


# Local files

@pytest.fixture
def local(tmp_path, pgp, app):
    """x.aci and x.aci.asc in a folder of their own."""
    folder = tmp_path / "local-files"
    folder.mkdir()
    shutil.copy(app, folder / "x.aci")
    (folder / "x.aci.asc").write_bytes(pgp.sign("good", app))
    return folder


def test_a_local_file_needs_its_signature(rkt, pgp, local):
    rkt.refused(rkt.fetch(str(local / "x.aci")), "unknown entity")
    trust(rkt, pgp)
    (local / "x.aci.asc").rename(local / "elsewhere")
    rkt.refused(rkt.fetch(str(local / "x.aci")), "error opening signature file",
                "x.aci.asc: No such file or directory")
    image = fetched(rkt.fetch(str(local / "x.aci"), "--signature", str(local / "elsewhere")))
    assert fetched(rkt.fetch("--signature=" + str(local / "elsewhere"),
                             "file://" + str(local / "x.aci"))) == image


def test_a_signature_of_the_command_line_serves_urls_too(rkt, server, pgp, app, local):
    trust(rkt, pgp)
    server.put(PLACE, app)
    fetched(rkt.fetch(URL, f"--signature={local / 'x.aci.asc'}"))
    assert [entry["path"] for entry in server.requests()] == ["/app.aci"]
    rkt.data += "-other"
    result = rkt.fetch(URL, "--signature=x", str(local / "x.aci"))
    rkt.refused(result, "--signature goes with one image only")


@pytest.mark.parametrize("verb", ["prepare", "run"])
def test_pods_are_made_of_verified_images(rkt, pgp, local, verb):
    stage1 = os.path.join(OUT, "stage1-fly.aci")
    words = [verb, "--stage1-from-dir=stage1-fly.aci", str(local / "x.aci"), "--exec=/probe",
             "--", "exit", "0"]
    assert os.path.exists(stage1)
    result = rkt.rkt(*words)
    assert result.status == 254 and "unknown entity" in result.stderr, result
    trust(rkt, pgp)
    result = rkt.rkt(*words)
    assert result.status == 0, result
    assert rkt.rkt("gc", "--grace-period=0s", "--expire-prepared=0s").status == 0


def test_a_file_of_somebody_else_is_copied_first(rkt, pgp, local):
    trust(rkt, pgp)
    os.chown(local / "x.aci", 1234, 1234)
    fetched(rkt.fetch(str(local / "x.aci")))
    assert rkt.leftovers() == []


def test_verified_or_not_it_is_the_same_image(rkt, pgp, local):
    image = fetched(rkt.fetch(str(local / "x.aci"), insecure="image"))
    rkt_refused = rkt.fetch(str(local / "x.aci"))
    assert rkt_refused.status == 254, "an import without a look does not vouch for the file"
    trust(rkt, pgp)
    assert fetched(rkt.fetch(str(local / "x.aci"))) == image


# rkt trust

@pytest.fixture
def key_file(tmp_path, pgp):
    path = tmp_path / "key.gpg"
    path.write_bytes(pgp.public("good"))
    return path


def trusted_files(rkt):
    root = pathlib.Path(rkt.config["local"], "trustedkeys")
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def grouped(fingerprint):
    words = [fingerprint[at:at + 4].upper() for at in range(0, 40, 4)]
    return " ".join(words[:5]) + "  " + " ".join(words[5:])


def test_a_key_is_shown_and_trusted_when_the_answer_is_yes(rkt, pgp, offered, key_file):
    fingerprint = pgp.fingerprints["good"]
    result = rkt.rkt("trust", "--prefix=example.com/app", str(key_file), input=b"maybe\nyes\n")
    assert result.status == 0 and result.stdout == "", result
    path = os.path.join(rkt.config["local"], "trustedkeys/prefix.d/example.com/app", fingerprint)
    for line in ('prefix: "example.com/app"', f'key: "{key_file}"',
                 f"gpg key fingerprint is: {grouped(fingerprint)}", "\tgood <good@example.com>",
                 "Are you sure you want to trust this key (yes/no)?",
                 "Please enter 'yes' or 'no'",
                 f'Trusting "{key_file}" for prefix "example.com/app" after fingerprint review.',
                 f'Added key for prefix "example.com/app" at "{path}"'):
        assert line in result.stderr.splitlines(), (line, result)
    fetched(rkt.fetch(URL))


def test_no_means_no_and_silence_is_no_consent(rkt, key_file):
    result = rkt.rkt("trust", "--root", str(key_file), input=b"no\n")
    assert result.status == 0 and "Not trusting" in result.stderr, result
    result = rkt.rkt("trust", "--root", str(key_file))
    assert result.status == 254 and "error reviewing key" in result.stderr, result
    assert trusted_files(rkt) == []


def test_review_can_be_skipped(rkt, pgp, offered, key_file):
    result = rkt.rkt("trust", "--root", "--skip-fingerprint-review", str(key_file))
    assert result.status == 0 and "without fingerprint review" in result.stderr, result
    assert trusted_files(rkt) == [f"root.d/{pgp.fingerprints['good']}"]
    fetched(rkt.fetch(URL))


def test_each_key_of_a_file_gets_a_file_of_its_own(rkt, pgp, tmp_path):
    path = tmp_path / "both"
    path.write_bytes(pgp.public("good") + pgp.public("other"))
    assert rkt.rkt("trust", "--root", "--skip-fingerprint-review", str(path)).status == 0
    assert trusted_files(rkt) == sorted(f"root.d/{f}" for n, f in pgp.fingerprints.items()
                                        if n in ("good", "other"))


def test_keys_are_discovered(rkt, server, pgp, offered):
    server.put("example.com/index.html", page(
        ("ac-discovery-pubkeys", "example.com https://example.com/keys.gpg")))
    server.put("example.com/keys.gpg", pgp.public("good"))
    result = rkt.rkt("trust", "--prefix=example.com/app", input=b"yes\n")
    assert result.status == 0 and 'key: "https://example.com/keys.gpg"' in result.stderr, result
    fetched(rkt.fetch(URL))
    server.put("example.com/index.html", "")
    result = rkt.rkt("trust", "--prefix=example.com/app")
    assert result.status == 254 and result.stderr == \
        "trust: error determining key location: prefix meta discovery error: found no ACI meta tags\n"


def test_keys_come_over_http_only_when_allowed(rkt, server, pgp):
    server.put("example.com/keys.gpg", pgp.public("good"))
    words = ["trust", "--root", "--skip-fingerprint-review", "http://example.com/keys.gpg"]
    result = rkt.rkt(*words)
    assert result.status == 254 and "--insecure-allow-http required for http URLs" in result.stderr
    assert server.requests() == []
    assert rkt.rkt(*words, "--insecure-allow-http").status == 0
    assert trusted_files(rkt) == [f"root.d/{pgp.fingerprints['good']}"]


@pytest.mark.parametrize("words, message", [
    ([], "--prefix or --root must be given"),
    (["KEY"], "--root required for non-prefixed (root) keys"),
    (["--root", "--prefix=example.com", "KEY"], "--root and --prefix usage mutually exclusive"),
    (["--prefix=https://example.com", "KEY"], "must not contain a URL scheme, omit https://"),
    (["--prefix=../../etc", "KEY"], "is no valid name"),
    (["--root"], "--root needs"),
    (["--root", "/nonexistent"], "No such file or directory"),
    (["--root", "/etc/passwd"], "no OpenPGP key in it"),
    (["--root", "ftp://example.com/x"], "only local files and http or https URLs supported"),
    (["--root", "https://example.com/none"], "bad HTTP status code: 404"),
])
def test_what_cannot_be_trusted(rkt, key_file, words, message):
    words = [str(key_file) if word == "KEY" else word for word in words]
    result = rkt.rkt("trust", *words)
    assert result.status == 254 and message in result.stderr, result
    assert len(result.stderr.splitlines()) == 1 and trusted_files(rkt) == []


def test_a_site_may_vouch_for_itself_when_the_operator_says_so(rkt, server, pgp, app):
    server.put("example.com/app/index.html", page(
        ("ac-discovery", TEMPLATE),
        ("ac-discovery-pubkeys", "example.com https://example.com/keys.gpg")))
    server.put("example.com/keys.gpg", pgp.public("good"))
    server.put("example.com/images/example.com/app-1.0.0.aci", app)
    server.put("example.com/images/example.com/app-1.0.0.aci.asc", pgp.sign("good", app))
    rkt.refused(rkt.fetch("example.com/app:1.0.0"), "unknown entity")
    result = rkt.rkt("--trust-keys-from-https", "fetch", "example.com/app:1.0.0")
    fetched(result)
    assert "without fingerprint review" in result.stderr, result
    assert trusted_files(rkt) == [f"prefix.d/example.com/app/{pgp.fingerprints['good']}"]


def test_gpg_leaves_nothing_behind(rkt, pgp, offered):
    before = set(os.listdir("/tmp"))
    trust(rkt, pgp)
    fetched(rkt.fetch(URL))
    new = {name for name in set(os.listdir("/tmp")) - before if name.startswith("rkt-keys")}
    assert not new
