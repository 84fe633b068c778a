# SPDX-License-Identifier: Apache-2.0
"""Lines and statuses that scripts written for rkt 1.30 look for."""

import json
import re

import pytest

FAILED = 254  # whatever goes wrong before an app runs

CONFLICT = "conflicting flags set with --pod-manifest (see --help)"
NOWHERE = "0f746094-3438-42bc-ab37-3cf85f132e60"


@pytest.mark.parametrize("verb", ["run", "prepare"])
@pytest.mark.parametrize("words", [
    ["--inherit-env"], ["--no-store"], ["--store-only"], ["--port=foo:80"], ["--set-env=foo=bar"],
    ["--volume=foo,kind=host,source=/tmp"],
    ["--mount=volume=foo,target=/tmp", "--volume=foo,kind=host,source=/tmp"],
    ["dummy.aci", "--exec=/bin/sh"], ["dummy.aci", "--user=foo"], ["dummy.aci", "--group=foo"],
], ids=lambda words: words[-1].split("=")[0])
def test_what_goes_with_no_pod_manifest(session_engine, verb, words):
    result = session_engine.rkt(verb, "--pod-manifest=/dev/null", *words)
    assert (result.status, CONFLICT in result.stderr) == (FAILED, True), result


def test_a_pod_without_apps_is_refused(session_engine, tmp_path):
    path = tmp_path / "pod.json"
    path.write_text(json.dumps({"acKind": "PodManifest", "acVersion": "0.8.11", "apps": []}))
    result = session_engine.rkt("run", f"--pod-manifest={path}")
    assert result.status == FAILED
    assert "pod must contain at least one application" in result.stderr


@pytest.mark.parametrize("words,expected", [
    (["rm", NOWHERE], f'no matches found for "{NOWHERE}"'),
    (["rm", "--uuid-file=@"], f'no matches found for "{NOWHERE}"'),
    (["rm", ""], "UUID cannot be empty"),
    (["cat-manifest", "--pretty-print=false", "1234567890abcdef"], "no matches found for"),
    (["status", "1234567890abcdef"], "no matches found for"),
])
def test_a_pod_that_is_not_there(session_engine, tmp_path, words, expected):
    path = tmp_path / "uuid"
    path.write_text(NOWHERE)
    result = session_engine.rkt(*[word.replace("@", str(path)) for word in words])
    assert result.status == FAILED
    assert expected in result.stderr


def test_a_file_with_a_uuid_counts_whatever_else_is_given(engine, tmp_path):
    """To cat-manifest alone."""
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}", engine.default_image)
    path = tmp_path / "uuid"
    path.write_text(prepared.stdout)
    result = engine.rkt("cat-manifest", f"--uuid-file={path}", "--pretty-print=false", NOWHERE)
    assert result.status == 0 and engine.default_image[:20] in result.stdout
    assert f'warning: ignoring "{NOWHERE}" beside --uuid-file' in result.stderr
    assert engine.rkt("status", f"--uuid-file={path}", NOWHERE).status == FAILED


@pytest.mark.levels("coreos", "kvm")
@pytest.mark.parametrize("network", ["nowhere", "default:IP=10.0.0.1"])
def test_a_network_that_cannot_be_joined(engine, network):
    result = engine.run("exit", "0", pod=[f"--net={network}"])
    assert result.status == FAILED
    assert "stage1: failed to setup network: network " in result.stderr, result


@pytest.mark.parametrize("labels,expected", [
    ({"os": "freebsd", "arch": "amd64"}, 'bad os "freebsd"'),
    ({"os": "linux", "arch": "armv6l"}, 'bad arch "armv6l"'),
])
def test_an_image_of_another_machine(session_engine, image, labels, expected):
    pairs = [{"name": name, "value": value} for name, value in labels.items()]
    path = image(fields={"labels": pairs})
    result = session_engine.rkt("--insecure-options=image", "run", str(path))
    assert result.status == FAILED and expected in result.stderr, result


@pytest.mark.parametrize("option,expected", [
    ("--user=user2", '"user2" user not found'),
    ("--group=group2", '"group2" group not found'),
    ("--user=/etc/nofile", "no such file or directory"),
    ("--group=/etc/nofile", "no such file or directory"),
])
def test_a_user_or_group_that_is_not_there(engine, option, expected):
    result = engine.run("id", app=[option])
    assert result.status == FAILED
    assert expected in result.stderr


def test_root_needs_no_entry_in_passwd(engine):
    assert engine.run("id", app=["--user=root", "--group=root"]).text.startswith(
        "uid=0,0,0 gid=0,0,0")


def test_a_host_name_may_have_underscores(engine):
    result = engine.run("hostname", app=["--hostname", "custom_hostname_setting"])
    assert result.status == 0
    assert engine.level == "fly" or result.content == "custom_hostname_setting"


def test_two_apps_of_one_name_abort_prepare(engine):
    result = engine.rkt("prepare", engine.default_image, engine.default_image)
    assert (result.status, result.stdout) == (FAILED, "")


@pytest.mark.parametrize("arguments", [(), ("arg1", "arg2")])
@pytest.mark.parametrize("program", ["/foo-not-there", "/foo-not-there X"])
def test_a_program_that_is_not_there(engine, program, arguments):
    result = engine.run(*arguments, execute=program)
    assert result.status == 127
    assert f'Error: Unable to open "{program}": No such file or directory' in result.stderr


def test_a_program_whose_loader_is_not_there(engine):
    """The kernel says of it no more than that something is missing."""
    result = engine.run(execute="/var/host-bin/ls",
                        pod=["--volume=host-bin,kind=host,source=/bin/",
                             "--mount=volume=host-bin,target=/var/host-bin"])
    assert result.status == 126
    assert re.search(r'Error: Unable to open ".*lib.*\.so\.\d": No such file or directory',
                     result.stderr), result
