# SPDX-License-Identifier: Apache-2.0
"""The App Container specification's own checks of our images, manifests and isolators."""

import os
import re
import subprocess

import pytest

from harness import spec_tools
from harness.metadata_service import Service
from harness.oci_builder import OciImage, entry, layer, write_layout
from harness.plugin_network import OwnNetwork, run

SAID = re.compile(r"ace-validator-(main|sidekick)\[\d+\]: ([a-z]+) (OK|FAIL)")
MAIN_OK, POSTSTOP_OK = ("main", "main", "OK"), ("main", "poststop", "OK")
LATE = "Client.Timeout exceeded"
ANNOTATIONS = [{"name": "created", "value": "2014-10-27T19:32:27.67021798Z"}, {"name": "lorem", "value": "ipsum"}]


@pytest.fixture(scope="session")
def tools(work):
    why = spec_tools.missing()
    if why:
        pytest.skip(why)
    return spec_tools.SpecTools(work)


def complaints(result):
    return re.findall("==> (.*)", result.stdout + result.stderr)


@pytest.fixture
def service(engine):
    with OwnNetwork():
        os.makedirs("/run/rkt", exist_ok=True)
        run("mount", "-t", "tmpfs", "tests", "/run/rkt")
        running = Service(engine)
        yield running
        running.stop()
        # Networks are the test's own, so what is left in them has to be left here.
        engine.clean()
        assert engine.collect().status == 0


def test_an_app_finds_what_the_specification_promises(engine, tools, service):
    """Environment, handlers' order, working directory, volumes, and all that the metadata service answers."""
    main = tools.validator_image("ace-validator-main", spec_tools.MAIN, annotations=ANNOTATIONS)
    sidekick = tools.validator_image("ace-validator-sidekick", spec_tools.SIDEKICK)
    network = [] if engine.level == "fly" else ["--net=default"]
    result = engine.rkt("run", f"--stage1-path={engine.stage1}", *network, "--mds-register",
                        "--volume=database,kind=empty", main, sidekick)
    if engine.level == "kvm" and (found := complaints(result)) and all(LATE in line for line in found):
        return  # the validator waits for 100 ms, which an emulated processor of a busy machine may need
    said = SAID.findall(result.stdout)
    assert (result.status, complaints(result)) == (0, []), result
    assert said[0] == ("main", "prestart", "OK") and said.index(MAIN_OK) < said.index(POSTSTOP_OK), result
    assert ("sidekick", "sidekick", "OK") in said and len(said) == 4, result


def test_the_validator_sees_what_is_wrong(engine, tools):
    """Without a service there is no address of it, and nothing else is amiss."""
    main = tools.validator_image("ace-validator-main", spec_tools.MAIN, annotations=ANNOTATIONS)
    sidekick = tools.validator_image("ace-validator-sidekick", spec_tools.SIDEKICK)
    result = engine.rkt("run", f"--stage1-path={engine.stage1}", "--volume=database,kind=empty", main, sidekick)
    assert result.status == 1, result
    assert complaints(result) == ["AC_METADATA_URL is not set"], result


def is_valid(tools, path, what="valid app container image"):
    done = tools.actool("validate", str(path))
    assert (done.returncode, done.stdout) == (0, f"{path}: {what}\n")


def test_the_stage1_is_a_valid_image(session_engine, tools):
    is_valid(tools, session_engine.stage1)


def test_what_aci_builds_is_valid(tools, image):
    is_valid(tools, image(files={"/etc/passwd": "root:x:0:0::/:/bin/sh\n"}, links={"/bin/sh": "../probe"},
                          isolators=[{"name": "resource/cpu", "value": {"limit": "500m"}}]))


@pytest.mark.levels("coreos")
def test_what_was_converted_or_exported_is_valid(engine, tools, tmp_path):
    source = OciImage([layer(entry("./"), entry("etc/"), entry("etc/os-release", b"x"))], {"Cmd": ["/x"]})
    write_layout(str(tmp_path / "layout"), source.files())
    converted, again, container = (tmp_path / name for name in ("oci.aci", "image.aci", "container.aci"))
    subprocess.run([os.path.join(engine.out, "aci"), "from-oci", f"oci:{tmp_path}/layout", converted], check=True)
    is_valid(tools, converted)
    assert engine.rkt("image", "export", engine.default_image, str(again)).status == 0
    is_valid(tools, again)
    pod = engine.start("write", "/new", "1")
    assert pod.wait().status == 0
    assert engine.rkt("export", pod.uuid, str(container)).status == 0
    is_valid(tools, container)


@pytest.mark.levels("coreos")
def test_manifests_are_valid(engine, tools, image, tmp_path):
    mine = image(mountPoints=[{"name": "data", "path": "/data"}],
                 ports=[{"name": "www", "protocol": "tcp", "port": 80}],
                 isolators=[{"name": "os/linux/seccomp-remove-set", "value": {"set": ["@rkt/default-blacklist"]}}])
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}", "--volume=data,kind=empty,mode=0750",
                          "--set-env=A=b", "--port=www:8080", mine, "--user-annotation=a=b", "--user-label=c=d",
                          "--memory=20M", "--cpu=500m", "--caps-retain=CAP_CHOWN", "--user=1000", "--", "exit", "0")
    assert prepared.status == 0, prepared
    for name, words in (("pod", ["cat-manifest"]), ("image", ["image", "cat-manifest"])):
        path = tmp_path / name
        path.write_text(engine.rkt(*words, prepared.stdout.strip() if name == "pod" else engine.default_image).stdout)
        is_valid(tools, path, f"valid {'PodManifest' if name == 'pod' else 'ImageManifest'}")
