# SPDX-License-Identifier: Apache-2.0
"""Pods as services: readiness, stopping, sockets, restarts, the unit files that people write."""

import os
import signal
import socket

import pytest

from harness.engine import wait_until
from systemd_unit import PLACES, app_cgroup, run

UP = ("print", "up", ",", "sleep-forever")
SERVICES = [PLACES["delegated"], PLACES["undelegated"]]
SPEAKS_NOTIFY = "--annotation=appc.io/executor/supports-systemd-notify=true"

both_services = pytest.mark.parametrize("service", SERVICES, ids=["delegated", "undelegated"])


@both_services
def test_a_service_is_ready_when_its_app_runs(engine, service):
    unit = engine.unit(*UP, place=service, properties=["Type=notify"])
    assert unit.state == "active"
    assert app_cgroup(unit).pids
    leader = unit.pod_file("ppid" if engine.level == "coreos" else "pid")
    assert unit.main_pid == int(leader)


@both_services
def test_an_app_that_tells_when_it_is_ready_is_waited_for(engine, service, tmp_path):
    go = tmp_path / "go"
    unit = engine.unit("print", "up", ",", "wait-for", "/data/go", "60", ",", "notify", "READY=1",
                       ",", "sleep-forever", place=service, block=False,
                       properties=["Type=notify"],
                       pod=[f"--volume=data,kind=host,source={tmp_path}",
                            "--mount=volume=data,target=/data"], app=[SPEAKS_NOTIFY])
    unit.wait_for("up")
    assert unit.state == "activating"
    go.write_text("")
    unit.wait_for_state("active")


def test_a_pod_that_does_not_start_fails_its_service(engine):
    unit = engine.unit(*UP, properties=["Type=notify"], app=["--working-dir=/no/such"], block=False)
    assert unit.wait() == 254
    assert unit.state == "failed"
    assert "/no/such" in unit.output


@both_services
@pytest.mark.parametrize("kill_mode", ["mixed", "control-group"])
def test_systemctl_stop_stops_the_app(engine, service, kill_mode):
    unit = engine.unit("trap", "TERM", "0", place=service,
                       properties=["Type=notify", f"KillMode={kill_mode}"]).wait_for("ready")
    unit.stop()
    assert "got TERM" in unit.output
    assert (unit.state, unit.show("Result")) == ("inactive", "success")


@pytest.mark.coreos
@both_services
def test_systemctl_stop_uses_the_stop_signal_of_the_app(engine, service):
    unit = engine.unit("trap", "QUIT", "0", place=service,
                       app=["--annotation=appc.io/executor/stop-signal=SIGQUIT"],
                       properties=["Type=notify", "KillMode=mixed"]).wait_for("ready")
    unit.stop()
    assert "got QUIT" in unit.output
    assert (unit.state, unit.show("Result")) == ("inactive", "success")


@both_services
def test_an_app_that_does_not_listen_is_killed_in_time(engine, service):
    unit = engine.unit("ignore", "TERM", ",", "sleep-forever", place=service,
                       properties=["TimeoutStopSec=2", "KillMode=mixed"]).wait_for("ready")
    pids = app_cgroup(unit).pids
    unit.stop()
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), pids)


@both_services
def test_a_service_comes_back_after_a_kill(engine, service):
    unit = engine.unit(*UP, place=service, app=["--memory=50M"],
                       properties=["Type=notify", "Restart=always", "RestartSec=0"])
    for _ in range(3):
        before = unit.main_pid
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: unit.main_pid not in (0, before) and unit.state == "active", unit, 40)
    assert "No such" not in unit.output and "busy" not in unit.output, unit


@both_services
def test_a_unit_with_commands_around_the_pod(engine, service):
    """As rkt's documentation has it: what has ended is collected before and after."""
    rkt = " ".join(engine.command([]))
    unit = engine.unit(
        "trap", "TERM", "0", place=service,
        properties=["Type=notify", "KillMode=mixed",
                    f"ExecStartPre=-{rkt} gc --mark-only", "ExecReload=/bin/kill -HUP $MAINPID",
                    f"ExecStopPost={rkt} gc --mark-only"]).wait_for("ready")
    assert unit.state == "active"
    unit.stop()
    assert "got TERM" in unit.output
    assert unit.show("Result") == "success", unit
    assert f"moving pod \"{unit.uuid}\" to garbage" in unit.output


@pytest.mark.coreos
def test_reload_reaches_the_app(engine):
    unit = engine.unit("trap", "HUP", "0", properties=["Type=notify",
                                                      "ExecReload=/bin/kill -HUP $MAINPID"])
    unit.wait_for("ready")
    run("systemctl", "reload", unit.name)
    unit.wait_for("got HUP")
    assert unit.wait() == 0


@both_services
def test_stop_of_rkt_ends_a_service(engine, service):
    unit = engine.unit("trap", "TERM", "0", place=service).wait_for("ready")
    assert engine.rkt("stop", unit.uuid).status == 0
    assert unit.wait() == 0
    assert unit.show("Result") == "success"


def listen(engine, name, properties=""):
    """A .socket unit and the service it starts."""
    words = engine.run_command("listen-fds", "1")
    uuid_file = os.path.join(engine.work, f"{name}.uuid")
    line = " ".join(words).replace("@UUID_FILE@", uuid_file)
    path = os.path.join(engine.work, f"{name}.sock")
    units = {f"{name}.socket": f"[Socket]\nListenStream={path}\n",
             f"{name}.service": f"[Service]\nType=notify\n{properties}ExecStart={line}\n"
                                f"StandardOutput=append:{path}.output\n"}
    for unit, text in units.items():
        with open(f"/run/systemd/system/{unit}", "w") as file:
            file.write(text)
    run("systemctl", "daemon-reload")
    run("systemctl", "start", f"{name}.socket")
    return path, units


@pytest.mark.parametrize("properties", ["Delegate=yes\n", ""], ids=["delegated", "undelegated"])
def test_a_socket_starts_the_pod_that_answers_it(engine, properties):
    name = f"door-{engine.level}-{len(properties)}"
    path, units = listen(engine, name, properties)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(40)
            client.connect(path)
            assert client.recv(100) == b"hello\n"
        wait_until(lambda: run("systemctl", "show", "--value", "-p", "ActiveState",
                               f"{name}.service") == "inactive", name)
        with open(f"{path}.output") as file:
            assert "LISTEN_FDS=1 LISTEN_PID=own" in file.read()
    finally:
        run("systemctl", "stop", f"{name}.socket", f"{name}.service", check=False)
        for unit in units:
            os.unlink(f"/run/systemd/system/{unit}")
        run("systemctl", "daemon-reload")
