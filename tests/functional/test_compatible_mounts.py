# SPDX-License-Identifier: Apache-2.0
"""Where volumes go and whether they can be written: as the functional tests of rkt 1.30 have it."""

import json

import pytest

FILES = {"/dir1/file": "dir1", "/dir2/file": "dir2"}
LINKS = {"/dir1/abs": "/dir2", "/dir1/rel": "../dir2", "/dir1/above": "/../../dir2",
         "/dir1/root": "/", "/dir1/gone": "/notexists"}


def volume(path, more=""):
    return f"--volume=v,kind=host,source={path}{more}"


@pytest.mark.parametrize("target,place", [
    ("/dir1/abs/foo", "/dir2/foo"),
    ("/dir1/rel/bar", "/dir2/bar"),
    ("/dir1/above/foo", "/dir2/foo"),
    ("/dir1/rel/new/foo", "/dir2/new/foo"),
    ("/dir1/abs/new/foo", "/dir2/new/foo"),
    ("/dir1/gone/a/b/foo", "/notexists/a/b/foo"),
    ("/dir1/root/a/b/foo", "/a/b/foo"),
    ("/dir1/../dir1/.//rel/foo", "/dir2/foo"),
    ("/dir1/../../../foo", "/foo"),
    ("/dir1/../../../new/foo", "/new/foo"),
    ("../../../../../../foo", "/foo"),
    ("foo", "/foo"),
])
def test_a_target_is_resolved_inside_the_app_s_root(engine, image, tmp_path, target, place):
    file = tmp_path / "hello"
    file.write_text("world")
    result = engine.run("cat", place, image=image(files=FILES, links=LINKS),
                        pod=[volume(file), f"--mount=volume=v,target={target}"])
    assert result.content == "world", result


def point(image, read_only):
    return image(files=FILES, links=LINKS,
                 mountPoints=[{"name": "v", "path": "/dir1", "readOnly": read_only}])


@pytest.mark.parametrize("of_point,of_volume,written", [
    (False, "", True),
    (True, "", False),
    (True, ",readOnly=false", True),
    (False, ",readOnly=true", False),
])
@pytest.mark.parametrize("mount", [(), ("--mount=volume=v,target=dir1",)])
def test_who_says_whether_a_volume_is_written(engine, image, tmp_path, of_point, of_volume, written,
                                              mount):
    result = engine.run("write", "/dir1/out", "x", image=point(image, of_point),
                        pod=[volume(tmp_path, of_volume), *mount])
    assert (tmp_path / "out").exists() == written
    assert written or "Read-only file system" in result.error_text


def test_directories_made_for_a_target_can_be_passed(engine, tmp_path):
    result = engine.run("stat", "/a/b", pod=[volume(tmp_path), "--mount=volume=v,target=/a/b/c"])
    assert result.text.startswith("type=directory mode=0755 uid=0 gid=0")


def test_a_pod_manifest_written_by_go_runs(engine, tmp_path):
    """Nulls for what is not there, a short image id, numbers and modes as strings."""
    manifest = {
        "acVersion": "0.8.11", "acKind": "PodManifest",
        "apps": [{"name": "app",
                  "image": {"name": "whatever.aci", "id": engine.default_image[:len("sha512-") + 32]},
                  "app": {"exec": ["/probe", "stat", "/dir1", ",", "argv", "\n'\"$"], "user": "0",
                          "group": "0", "mountPoints": [{"name": "dir1", "path": "/dir1"}]},
                  "readOnlyRootFS": True}],
        "volumes": [{"name": "dir1", "kind": "empty", "mode": "0123", "uid": 9991, "gid": 9992}],
        "isolators": None, "annotations": None, "ports": None}
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(manifest))
    result = engine.rkt("run", f"--stage1-path={engine.stage1}", "--mds-register=false",
                        f"--pod-manifest={path}")
    assert result.status == 0, result
    assert "mode=0123 uid=9991 gid=9992" in result.text
    assert "'\"$]" in result.text


def docker_image(image, target):
    return image(files=FILES, links=LINKS, mountPoints=[{"name": "mydir", "path": target}],
                 directories={"/dir2": (0o711, 5, 6)},
                 fields={"annotations": [{"name": "appc.io/docker/repository", "value": "x"}]})


@pytest.mark.parametrize("target,content", [("/dir1", "dir1"), ("/dir2", "dir2"),
                                            ("/dir1/rel", "dir2"), ("/dir1/abs", "dir2")])
def test_a_volume_of_docker_s_starts_as_the_image_has_it(engine, image, target, content):
    """A VOLUME of a Dockerfile, for which the pod has no volume."""
    mine = docker_image(image, target)
    assert engine.run("cat", f"{target}/file", image=mine).content == content
    result = engine.run("append", f"{target}/file", "+", ",", "cat", f"{target}/file", image=mine)
    assert result.content == content + "+"
    assert engine.run("cat", f"{target}/file", image=mine).content == content


def test_its_directory_keeps_owner_and_mode(engine, image):
    result = engine.run("stat", "/dir2", image=docker_image(image, "/dir2"))
    assert result.text.startswith("type=directory mode=0711 uid=5 gid=6")


def test_a_volume_of_the_pod_does_not(engine, image):
    result = engine.run("ls", "/dir1", image=docker_image(image, "/dir1"),
                        pod=["--volume=mydir,kind=empty"])
    assert (result.status, result.text) == (0, "")


def test_owners_of_a_volume_of_docker_s_are_the_pod_s(engine, image):
    """Where pods have users of their own, and where they say that they have none."""
    result = engine.run("stat", "/dir2", ",", "write", "/dir2/new", "x",
                        image=docker_image(image, "/dir2"), pod=["--private-users"])
    assert result.text.startswith("type=directory mode=0711 uid=5 gid=6"), result
    assert result.status == 0
