# SPDX-License-Identifier: Apache-2.0
"""Volumes: of the host, empty, implicit, shared; and what must be refused."""

import os
import pathlib
import shutil
import tempfile

import pytest


def host(path, name="v", **more):
    options = "".join(f",{key}={value}" for key, value in more.items())
    return f"--volume={name},kind=host,source={path}{options}"


def mount(target, name="v"):
    return f"--mount=volume={name},target={target}"


def test_a_directory_of_the_host_is_read_and_written(engine, tmp_path):
    (tmp_path / "in").write_text("from host")
    result = engine.run("cat", "/v/in", ",", "write", "/v/out", "from app",
                        pod=[host(tmp_path)], app=[mount("/v")])
    assert result.content == "from host"
    assert (tmp_path / "out").read_text() == "from app"


def test_a_read_only_volume_is_not_written(engine, tmp_path):
    (tmp_path / "in").write_text("from host")
    result = engine.run("cat", "/v/in", ",", "write", "/v/out", "x",
                        pod=[host(tmp_path, readOnly="true")], app=[mount("/v")])
    assert result.status == 1
    assert "Read-only" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_single_file_can_be_a_volume(engine, tmp_path):
    file = tmp_path / "file"
    file.write_text("content")
    assert engine.run("cat", "/etc/conf.d/file", pod=[host(file)],
                      app=[mount("/etc/conf.d/file")]).content == "content"


def test_mounts_below_come_along_and_are_read_only_too(engine, tmp_path):
    result = engine.run("ls", "/v/self/attr", ",", "write", "/v/sys/kernel/domainname", "evil",
                        pod=[host("/proc", readOnly="true", recursive="true")], app=[mount("/v")])
    assert result.status == 1
    assert "current" in result.text


def test_an_empty_volume_is_empty_and_has_the_mode_asked_for(engine):
    result = engine.run("ls", "/v", ",", "stat", "/v",
                        pod=["--volume=v,kind=empty,mode=1770,uid=12,gid=34"], app=[mount("/v")])
    assert result.text.startswith("type=directory mode=1770 uid=12 gid=34")


def test_an_empty_volume_is_shared_by_two_apps(engine):
    result = engine.run_apps(
        ["--name=a", mount("/here"), "--", "write", "/here/x", "shared"],
        ["--name=b", mount("/there"), "--", "wait-for", "/there/x", "10", ",", "sleep", "50", ",",
         "cat", "/there/x"],
        pod=["--volume=v,kind=empty"])
    assert result.status == 0, result
    assert "shared" in result.text


def test_a_mount_point_without_a_volume_gets_an_empty_one(engine, image):
    mine = image(mountPoints=[{"name": "data", "path": "/var/data"}])
    result = engine.run("write", "/var/data/x", "y", ",", "cat", "/var/data/x", ",", "mounts", image=mine)
    assert result.status == 0, result
    assert any(line.split()[4] == "/var/data" for line in result.text.splitlines()[1:] + [
        result.text.splitlines()[0].lstrip("y")] if len(line.split()) > 4)


def test_a_volume_of_that_name_fills_the_mount_point(engine, image, tmp_path):
    (tmp_path / "in").write_text("from host")
    mine = image(mountPoints=[{"name": "data", "path": "/var/data"}])
    assert engine.run("cat", "/var/data/in", image=mine, pod=[host(tmp_path, "data")]).content == \
        "from host"


def test_a_mount_point_may_be_read_only(engine, image, tmp_path):
    mine = image(mountPoints=[{"name": "data", "path": "/var/data", "readOnly": True}])
    result = engine.run("write", "/var/data/x", "y", image=mine, pod=[host(tmp_path, "data")])
    assert result.status == 1
    assert not (tmp_path / "x").exists()


def test_a_mount_for_all_apps(engine, tmp_path):
    (tmp_path / "in").write_text("from host")
    result = engine.run_apps(["--name=a", "--", "cat", "/v/in"], ["--name=b", "--", "cat", "/v/in"],
                             pod=[host(tmp_path), mount("/v")])
    assert result.text.count("from host") == 2


def test_a_target_below_another_target(engine, tmp_path):
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    (outer / "deep").mkdir(parents=True)
    inner.mkdir()
    (inner / "file").write_text("inner")
    result = engine.run("cat", "/v/deep/file", pod=[host(outer, "o"), host(inner, "i")],
                        app=[mount("/v/deep", "i"), mount("/v", "o")])
    assert result.content == "inner", result


def test_a_target_that_goes_through_a_link_stays_inside(engine, image, tmp_path):
    (tmp_path / "in").write_text("x")
    mine = image(links={"/link": "../../../../../../tmp"}, directories={"/tmp": (0o777, 0, 0)})
    before = set(os.listdir("/tmp"))
    result = engine.run("cat", "/tmp/target/in", image=mine, pod=[host(tmp_path)],
                        app=[mount("/link/target")])
    assert result.content == "x" or result.status == 254, result
    assert "target" not in set(os.listdir("/tmp")) - before


def refused(result, *words):
    assert result.status not in (0, None), result
    assert "ran" not in result.text
    for word in words:
        assert word in result.stderr, result


def test_a_missing_source_is_refused(engine, tmp_path):
    refused(engine.run("print", "ran", pod=[host(tmp_path / "missing")], app=[mount("/v")]), "missing")


@pytest.fixture
def root_s_directory():
    """A directory that root alone can reach by name: not below /tmp."""
    path = tempfile.mkdtemp(prefix="rkt-test-", dir="/var/lib")
    yield pathlib.Path(path)
    shutil.rmtree(path)


def test_a_source_may_have_links_of_root(engine, root_s_directory):
    """/bin, /var/run, and what an administrator has linked."""
    (root_s_directory / "real").mkdir()
    (root_s_directory / "real/file").write_text("content")
    (root_s_directory / "link").symlink_to("real")
    assert engine.run("cat", "/v/file", pod=[host(root_s_directory / "link")],
                      app=[mount("/v")]).content == "content"


def test_a_link_of_another_user_is_refused(engine, root_s_directory):
    (root_s_directory / "link").symlink_to("/etc")
    os.lchown(root_s_directory / "link", 1000, 1000)
    refused(engine.run("print", "ran", pod=[host(root_s_directory / "link")], app=[mount("/v")]),
            "link")


def test_a_link_in_a_directory_of_everybody_is_refused(engine, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    refused(engine.run("print", "ran", pod=[host(tmp_path / "link")], app=[mount("/v")]), "link")


def test_two_volumes_at_one_target_are_refused(engine, tmp_path):
    refused(engine.run("print", "ran", pod=[host(tmp_path, "a"), "--volume=b,kind=empty"],
                       app=[mount("/v", "a"), mount("/v", "b")]), "/v")


def test_a_mount_without_a_volume_is_refused(engine):
    refused(engine.run("print", "ran", app=[mount("/v", "nowhere")]), "nowhere")


@pytest.mark.parametrize("volume", [
    "v", "v,kind=host", "v,kind=host,source=relative", "v,kind=magic,source=/tmp", "V!,kind=empty",
    "v,kind=empty,mode=999", "v,kind=empty,uid=-1", "v,kind=empty,uid=4294967295",
    "v,kind=empty,source=/tmp", "v,kind=host,source=/tmp,mode=0755", "v,kind=empty,colour=red",
    "v,kind=host,source=/tmp,readOnly=maybe"])
def test_a_volume_that_is_none_is_refused(engine, volume):
    refused(engine.run("print", "ran", pod=[f"--volume={volume}"], app=[mount("/v")]))


@pytest.mark.parametrize("target", ["relative", "", "/", "/../..", "/proc/self", "/v/../../.."])
def test_a_target_that_is_none_is_refused_or_stays_inside(engine, target, tmp_path):
    result = engine.run("print", "ran", pod=[host(tmp_path)], app=[mount(target)])
    if target in ("", "/"):
        refused(result)
    assert list(tmp_path.iterdir()) == []
