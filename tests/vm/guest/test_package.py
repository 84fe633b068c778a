# SPDX-License-Identifier: Apache-2.0
"""The Debian package on a machine with systemd: installed, its units used, removed without a trace."""

import os
import shutil
import subprocess

import pytest

from harness.engine import wait_until
from systemd_unit import CGROUPS, cgroup_of_process, run

PACKAGE = "/rkt/out/rkt.deb"
UNITS = "/etc/systemd/system"
DATA = "/var/lib/rkt"
NAME = "example.com/packaged"
UNIT = f"""[Unit]
Description=A pod

[Service]
ExecStart=/usr/bin/rkt run --net=none --uuid-file-save=/run/pod.uuid {NAME} -- print up , sleep-forever
Delegate=yes
KillMode=mixed

[Install]
WantedBy=multi-user.target
"""


def files():
    """What is in the places that a package may write to, links of units included."""
    found = run("find", "/etc", "/usr", "/var/lib", "/run/systemd", "-xdev", "(", "-path", "/var/lib/dpkg", "-o",
                "-path", "/run/systemd/units", "-o", "-path", "/run/systemd/journal", ")", "-prune", "-o", "-print")
    # The group and its files stay, as some may still be its own.
    return {path for path in found.splitlines()
            if not path.startswith(("/etc/group", "/etc/gshadow", "/etc/.pwd", "/var/lib/systemd", DATA))}


def rkt(*words):
    return run("/usr/bin/rkt", *words)


@pytest.fixture(scope="module")
def before():
    if not os.path.exists(PACKAGE):
        pytest.skip("the package was not built")
    return files()


@pytest.fixture(scope="module")
def installed(before, images):
    run("dpkg", "--install", PACKAGE)
    rkt("--insecure-options=image", "fetch", images.build(name=NAME, exec=["/probe"]))
    yield
    if os.path.exists("/usr/bin/rkt"):
        run("dpkg", "--purge", "rkt")


def test_the_timer_is_on_and_its_service_works(installed):
    assert run("systemctl", "is-enabled", "rkt-gc.timer") == "enabled"
    assert run("systemctl", "is-active", "rkt-gc.timer") == "active"
    rkt("run", "--net=none", NAME, "--", "exit", "0")
    run("systemctl", "start", "rkt-gc.service")
    assert run("systemctl", "is-failed", "rkt-gc.service", check=False) == "inactive"
    assert "garbage" in rkt("list", "--no-legend")
    rkt("gc", "--grace-period=0s")


def test_the_metadata_service_starts_with_its_first_pod(installed):
    assert run("systemctl", "is-enabled", "rkt-metadata.socket", check=False) == "disabled"
    run("systemctl", "enable", "--now", "rkt-metadata.socket")
    assert run("systemctl", "is-active", "rkt-metadata.service", check=False) == "inactive"
    rkt("run", "--net=host", "--mds-register", NAME, "--", "exit", "0")
    assert run("systemctl", "is-active", "rkt-metadata.service") == "active"


def test_a_pod_as_a_service(installed):
    with open(f"{UNITS}/pod.service", "w") as file:
        file.write(UNIT)
    run("systemctl", "daemon-reload")
    run("systemctl", "enable", "--now", "pod.service")
    wait_until(lambda: os.path.exists("/run/pod.uuid") and open("/run/pod.uuid").read(), "a pod")
    uuid = open("/run/pod.uuid").read().strip()
    wait_until(lambda: "up" in subprocess.run(["/usr/bin/rkt", "logs", uuid], text=True, stdout=subprocess.PIPE,
                                              stderr=subprocess.DEVNULL).stdout, "an app")
    main = run("systemctl", "show", "--value", "--property=MainPID", "pod.service")
    assert cgroup_of_process(main).startswith("/system.slice/pod.service")
    assert uuid[:8] in rkt("list", "--no-legend") and "running" in rkt("list", "--no-legend")
    # What the machine does when it goes down, and what it finds when it is up again.
    run("systemctl", "stop", "pod.service")
    assert run("systemctl", "is-failed", "pod.service", check=False) == "inactive"
    assert not os.path.exists(f"{CGROUPS}/system.slice/pod.service")
    run("systemd-tmpfiles", "--create", "--remove", "--boot", "rkt.conf")
    assert rkt("status", uuid).splitlines()[0] == "state=exited"
    run("systemctl", "start", "pod.service")
    assert run("systemctl", "is-active", "pod.service") == "active"
    # A machine that goes down at once.
    run("systemctl", "kill", "--signal=KILL", "--kill-whom=all", "pod.service")
    wait_until(lambda: run("systemctl", "is-active", "pod.service", check=False) == "failed", "the end")
    rkt("gc", "--grace-period=0s")
    assert rkt("list", "--no-legend") == ""
    run("systemctl", "disable", "pod.service")
    os.unlink(f"{UNITS}/pod.service")
    run("systemctl", "daemon-reload")
    run("systemctl", "reset-failed", "pod.service", check=False)
    os.unlink("/run/pod.uuid")


def test_members_of_the_group_fetch(installed, images):
    path = images.build(name="example.com/member", files={"/x": "x"})
    shutil.copy(path, "/var/tmp/member.aci")
    os.chmod("/var/tmp/member.aci", 0o644)
    as_member = ["setpriv", "--reuid=nobody", "--regid=rkt", "--clear-groups", "/usr/bin/rkt"]
    image = run(*as_member, "--insecure-options=image", "fetch", "/var/tmp/member.aci").splitlines()[-1]
    os.unlink("/var/tmp/member.aci")
    assert "pending" in run(*as_member, "image", "list")
    assert rkt("--insecure-options=image", "fetch", image).splitlines()[-1] == image


def test_nothing_is_left_of_it(installed, before):
    assert run("systemctl", "is-active", "rkt-metadata.service") == "active"
    rkt("gc", "--grace-period=0s")
    run("dpkg", "--purge", "rkt")
    for unit in ("rkt-gc.timer", "rkt-metadata.socket", "rkt-metadata.service"):
        assert run("systemctl", "is-active", unit, check=False) in ("inactive", "unknown"), unit
    assert run("systemctl", "list-unit-files", "--no-legend", "rkt-gc*", "rkt-metadata*", check=False) == ""
    assert files() - before == set()
    assert not os.path.exists("/run/rkt/metadata-svc.sock")
    assert os.listdir(f"{DATA}/cas/image")
    shutil.rmtree(DATA)
