# SPDX-License-Identifier: Apache-2.0
"""What goes through a pod's network, beside a bare pair of interfaces."""
import json
import os
import shutil
import statistics
import subprocess
import sys

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
SECONDS = 2  # of each measurement


class Throughput:
    """A part of Bench: needs its work, rkt, level_flags, start_pod, row."""

    def in_host(self, *words, **options):
        """In the namespace that stands for the host's network."""
        return subprocess.run(["nsenter", f"--net={self.host_netns}", *words], check=True, **options)

    def gigabits(self, netns, address):
        """TCP from a namespace to an address of the host."""
        server = subprocess.Popen(["nsenter", f"--net={self.host_netns}", "iperf3", "-s", "-1", "-B", address, "--forceflush"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        while b"listening" not in server.stdout.readline():
            pass
        done = subprocess.run(["nsenter", f"--net={netns}", "iperf3", "-c", address, "-t", str(SECONDS), "-O", "0.5", "-J"],
                              check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        server.stdout.read()
        server.wait()
        return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9

    def throughput(self):
        """The data path of a coreos pod is that of its namespace: the client needs no image."""
        if not shutil.which("iperf3"):
            print("bench.py: no iperf3: throughput of networks is left out", file=sys.stderr)
            return
        self.host_netns, bare = self.work / "host-netns", self.work / "bare-netns"
        for netns in (self.host_netns, bare):
            netns.touch()
            subprocess.run(["unshare", f"--net={netns}", "ip", "link", "set", "lo", "up"], check=True)
        os.makedirs("/var/lib/cni", exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "leases", "/var/lib/cni"], check=True)  # in our mount namespace
        self.in_host("sh", "-c", "ip link add bare0 type veth peer name bare1 && ip addr add 10.99.0.1/24 dev bare0 && "
                     "ip link set bare0 up")
        with open(bare, "rb") as file:
            self.in_host("ip", "link", "set", "bare1", "netns", f"/proc/self/fd/{file.fileno()}", pass_fds=[file.fileno()])
        subprocess.run(["nsenter", f"--net={bare}", "sh", "-c", "ip addr add 10.99.0.2/24 dev bare1 && ip link set bare1 up"],
                       check=True)
        plain, self.rkt = self.rkt, ["nsenter", f"--net={self.host_netns}", *self.rkt]
        uuid, process, _ = self.start_pod("coreos", "default")
        ratios = []
        for turn in range(9):
            sides = [(f"/var/run/netns/cni-{uuid}", "172.16.28.1"), (str(bare), "10.99.0.1")]
            found = [self.gigabits(*side) for side in (sides if turn % 2 else sides[::-1])]
            if turn > 0:
                ratios.append(found[1] / found[0] if turn % 2 else found[0] / found[1])
        subprocess.run([*self.rkt, "stop", uuid], check=True, **QUIET)
        process.wait()
        self.rkt = plain
        self.collect()
        self.row("throughput of a bare veth pair ÷ that of a coreos pod to its host", statistics.median(ratios), 1.02)
