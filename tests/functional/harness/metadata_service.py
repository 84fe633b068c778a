# SPDX-License-Identifier: Apache-2.0
"""The metadata service, as a process of the tests."""

import signal
import socket
import subprocess

from harness.engine import wait_until

SOCKET = "/run/rkt/metadata-svc.sock"


def listens():
    """One that was killed has left its socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(SOCKET) == 0


class Service:
    def __init__(self, engine, *options):
        self.engine = engine
        self.process = subprocess.Popen(engine.command(["metadata-service", *options]), stderr=subprocess.PIPE, text=True)
        wait_until(listens, "the service's socket", process=self.process)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(10)
        return self.process
