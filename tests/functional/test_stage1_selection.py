# SPDX-License-Identifier: Apache-2.0
"""Which isolator a pod gets: flags, configuration, annotation, and who may ask for what."""

import json
import os
import shutil
import subprocess

import pytest

ANNOTATION = "rkt.alpha.kubernetes.io/stage1-name-override"


def pid_namespace_is_own(result):
    assert result.status == 0, result
    return result.values()["pid"] != os.readlink("/proc/self/ns/pid")


def expected(engine):
    return engine.level != "fly"


def run(engine, *flags, pod=()):
    return engine.rkt("run", *flags, *pod, engine.default_image, "--name=app", "--exec=/probe",
                      "--", "ns")


@pytest.mark.parametrize("flag", ["--stage1-path=", "--stage1-image=", "--stage1-url=file://"])
def test_by_path(engine, flag):
    assert pid_namespace_is_own(run(engine, f"{flag}{engine.stage1}")) == expected(engine)


@pytest.mark.parametrize("flag", ["--stage1-name", "--stage1-image"])
def test_by_name(engine, flag):
    assert engine.rkt("fetch", engine.stage1).status == 0
    name = f"coreos.com/rkt/stage1-{engine.level}"
    assert pid_namespace_is_own(run(engine, f"{flag}={name}")) == expected(engine)


@pytest.mark.parametrize("flag", ["--stage1-hash", "--stage1-image"])
def test_by_hash(engine, flag):
    fetched = engine.rkt("fetch", engine.stage1)
    assert fetched.status == 0
    assert pid_namespace_is_own(run(engine, f"{flag}={fetched.stdout.split()[-1]}")) == expected(engine)


def test_two_flags_are_refused(engine):
    result = run(engine, f"--stage1-path={engine.stage1}", f"--stage1-image={engine.stage1}")
    assert result.status != 0
    assert "stage1" in result.stderr


def test_from_a_directory(engine, tmp_path):
    config = tmp_path / "config" / "paths.d"
    config.mkdir(parents=True)
    images = tmp_path / "images"
    images.mkdir()
    shutil.copy(engine.stage1, images / "mine.aci")
    (config / "paths.json").write_text(json.dumps(
        {"rktKind": "paths", "rktVersion": "v1", "stage1-images": str(images)}))
    result = engine.rkt(f"--local-config={tmp_path / 'config'}", "run",
                        "--stage1-from-dir=mine.aci", engine.default_image, "--name=app",
                        "--exec=/probe", "--", "ns")
    assert pid_namespace_is_own(result) == expected(engine)


def write_stage1_config(folder, level, engine):
    (folder / "stage1.d").mkdir(parents=True, exist_ok=True)
    version = json.loads(engine.rkt("image", "cat-manifest",
                                    f"coreos.com/rkt/stage1-{level}").stdout)
    labels = {label["name"]: label["value"] for label in version["labels"]}
    (folder / "stage1.d" / "stage1.json").write_text(json.dumps(
        {"rktKind": "stage1", "rktVersion": "v1", "name": f"coreos.com/rkt/stage1-{level}",
         "version": labels["version"],
         "location": os.path.join(engine.out, f"stage1-{level}.aci")}))


def test_from_the_configuration(engine, tmp_path):
    assert engine.rkt("fetch", engine.stage1).status == 0
    write_stage1_config(tmp_path / "config", engine.level, engine)
    result = engine.rkt(f"--local-config={tmp_path / 'config'}", "run", engine.default_image,
                        "--name=app", "--exec=/probe", "--", "ns")
    assert pid_namespace_is_own(result) == expected(engine)


def annotated(level):
    return [f"--annotation={ANNOTATION}=coreos.com/rkt/stage1-{level}"]


def fetch_all(engine):
    for level in ("coreos", "fly"):
        assert engine.rkt("fetch", os.path.join(engine.out, f"stage1-{level}.aci")).status == 0


def test_an_annotation_may_raise_isolation(engine, tmp_path):
    fetch_all(engine)
    write_stage1_config(tmp_path / "config", "fly", engine)
    result = engine.rkt(f"--local-config={tmp_path / 'config'}", "run", *annotated("coreos"),
                        engine.default_image, "--name=app", "--exec=/probe", "--", "ns")
    assert pid_namespace_is_own(result)


def test_an_annotation_never_lowers_isolation(engine, tmp_path):
    fetch_all(engine)
    write_stage1_config(tmp_path / "config", "coreos", engine)
    result = engine.rkt(f"--local-config={tmp_path / 'config'}", "run", *annotated("fly"),
                        engine.default_image, "--name=app", "--exec=/probe", "--", "print", "ran")
    assert result.status != 0
    assert "ran" not in result.text
    assert "fly" in result.stderr


@pytest.mark.parametrize("flag", ["--stage1-path=/no/such.aci", "--stage1-url=/no/url.aci",
                                  "--stage1-hash=sha512-00000000"])
def test_what_does_not_exist_is_refused_by_name(engine, flag):
    result = run(engine, flag)
    assert result.status != 0
    assert flag.partition("=")[2] in result.stderr


def test_an_image_that_is_no_stage1_is_refused(engine, image):
    result = run(engine, f"--stage1-path={image()}")
    assert result.status != 0
    assert "stage1" in result.stderr


def test_the_installed_ones_are_found_in_a_changed_root(engine, tmp_path):
    """Where /proc tells another path of the executable than the one that works."""
    command = engine.command(["run", f"--stage1-from-dir=stage1-{engine.level}.aci", "--net=none",
                              engine.default_image, "--exec=/probe", "--", "print", "ran"])
    script = 'mount --rbind / "$1" && shift && exec chroot "$0" "$@"'
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script, tmp_path, tmp_path, *command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60)
    engine.note_uuids()
    assert done.returncode == 0 and "ran" in done.stdout, done
