# SPDX-License-Identifier: Apache-2.0
"""What networks with DHCP need: a server behind a card, and the daemon of Debian's plugin, which asks it for pods."""

import os
import subprocess
import tempfile

from harness.plugin_network import run

PLUGIN = "/usr/lib/cni/dhcp"
SOCKET = "/run/cni/dhcp.sock"


class _Process:
    """A program in the background whose words are kept."""

    def __init__(self, *words):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.log.close()


class DhcpServer(_Process):
    """Gives 10.4.0.50 and 10.4.0.51 away by this card, for so long that nobody else gets them meanwhile."""

    def __init__(self, card, renewal_s=60):
        run("ip", "addr", "add", "10.4.0.1/24", "dev", card)
        self.folder = tempfile.TemporaryDirectory()
        super().__init__("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0",
                         f"--interface={card}", "--bind-interfaces", "--no-ping", "--dhcp-authoritative",
                         "--dhcp-range=10.4.0.50,10.4.0.51,1h", f"--dhcp-option=option:T1,{renewal_s}",
                         "--dhcp-option=option:router,10.4.0.1", f"--dhcp-leasefile={self.folder.name}/leases",
                         f"--pid-file={self.folder.name}/pid", "--log-facility=-")

    def leases(self):
        """The addresses that are somebody's."""
        with open(f"{self.folder.name}/leases") as file:
            return [line.split()[2] for line in file]

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()


class DhcpDaemon(_Process):
    """The plugin as its own daemon, where it is by default."""

    def __init__(self):
        super().__init__(PLUGIN, "daemon")

    def is_ready(self):
        return os.path.exists(SOCKET)

    def __exit__(self, *_):
        super().__exit__()
        os.unlink(SOCKET)
