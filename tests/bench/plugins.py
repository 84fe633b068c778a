#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Times our CNI plugins beside Go's, call by call in turn, and prints medians of ms as JSON.

Usage: unshare --net --mount plugins.py OURS RUNS [PODS]
In a network namespace of its own; bench.py calls it.  PODS: how many pods have a link
already when the last ones are timed.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

GO = "/usr/lib/cni"


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


class Side:
    """One implementation with a network of its own."""

    def __init__(self, kind, plugins, leases, subnet):
        self.kind, self.plugins = kind, plugins
        self.definition = json.dumps({
            "cniVersion": "1.0.0", "name": f"bench-{subnet}", "type": kind, "ipMasq": True, "isGateway": True,
            "bridge": f"b{subnet}", "ipam": {"type": "host-local", "subnet": f"10.{subnet}.0.0/16",
                                             "dataDir": leases, "routes": [{"dst": "0.0.0.0/0"}]}}).encode()

    def call(self, command, pod):
        environment = {"CNI_COMMAND": command, "CNI_CONTAINERID": pod, "CNI_NETNS": f"/run/netns/{pod}",
                       "CNI_IFNAME": "eth0", "CNI_PATH": self.plugins, "PATH": os.environ["PATH"]}
        begin = time.perf_counter()
        subprocess.run([f"{self.plugins}/{self.kind}"], input=self.definition, env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        return (time.perf_counter() - begin) * 1e3


def compare(kind, ours, runs, leases):
    sides = {"ours": Side(kind, ours, leases, 1), "go": Side(kind, GO, leases, 2)}
    times = {}
    for turn in range(runs + 3):
        run("ip", "netns", "add", f"p{turn}")
        for name, side in sides.items():
            for command in ("ADD", "DEL"):
                spent = side.call(command, f"p{turn}")
                if turn >= 3:  # the first ones warm caches
                    times.setdefault(f"{kind} {command} {name}", []).append(spent)
        run("ip", "netns", "delete", f"p{turn}")
    return {what: statistics.median(spent) for what, spent in times.items()}


def grow(kind, ours, pods, leases):
    """How much longer an ADD of ours takes with many pods than with few."""
    side = Side(kind, ours, leases, 3)
    times = []
    for number in range(pods):
        run("ip", "netns", "add", f"{kind}{number}")
        times.append(side.call("ADD", f"{kind}{number}"))
    tenth = max(pods // 10, 1)
    return {f"{kind} ADD first tenth": statistics.median(times[:tenth]),
            f"{kind} ADD last tenth": statistics.median(times[-tenth:])}


def main():
    ours, runs = sys.argv[1], int(sys.argv[2])
    pods = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    run("mount", "-t", "tmpfs", "run", "/run")
    os.mkdir("/run/netns")
    run("ip", "link", "set", "lo", "up")
    found = {}
    with tempfile.TemporaryDirectory(prefix="rkt-bench-leases-") as leases:
        for kind in ("ptp", "bridge"):
            found.update(compare(kind, ours, runs, leases))
            if pods > 0:
                found.update(grow(kind, ours, pods, leases))
    print(json.dumps(found))


main()
