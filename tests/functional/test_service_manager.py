# SPDX-License-Identifier: Apache-2.0
"""A pod as a unit of the host's service manager: sd_notify and socket activation."""

import os
import socket
import subprocess
import sys


def test_the_manager_is_told_when_the_pod_is_ready(engine, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(20)
        pod = engine.start("print", "up", ",", "sleep-forever",
                           env={**os.environ, "NOTIFY_SOCKET": path})
        message = manager.recv(4096).decode()
    assert "READY=1" in message.splitlines()
    pod.wait_for("up")


def test_the_app_does_not_get_the_managers_socket(engine, tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        result = engine.run("env", env={**os.environ, "NOTIFY_SOCKET": path})
    assert "NOTIFY_SOCKET" not in result.values()


ACTIVATE = """
import os, sys
listener = int(sys.argv[1])
if listener != 3:
    os.dup2(listener, 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_a_socket_of_the_manager_reaches_the_app(engine):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        words = engine.command(engine._words("run", ["listen-fds", "1"], ["--net=host"], (), None,
                                             "/probe"))
        with subprocess.Popen([sys.executable, "-c", ACTIVATE, str(listener.fileno()), *words],
                              pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE) as pod:
            with socket.create_connection(listener.getsockname(), timeout=20) as client:
                client.settimeout(20)
                assert client.recv(100) == b"hello\n"
            output = pod.stdout.read().decode()
            pod.wait(20)
    assert "LISTEN_FDS=1 LISTEN_PID=own" in output
