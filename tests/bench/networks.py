# SPDX-License-Identifier: Apache-2.0
"""Rows about networks: what joining one costs, and whether it costs the two hundredth pod more than the first."""
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


class Networks:
    """A part of Bench (bench.py)."""

    def network_of_its_own(self):
        """Beside the machine's, with leases of its own; returns what enters it."""
        netns = self.work / "netns"
        if not netns.exists():
            netns.touch()
            subprocess.run(["unshare", f"--net={netns}", "ip", "link", "set", "lo", "up"], check=True)
            os.makedirs("/var/lib/cni", exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "leases", "/var/lib/cni"], check=True)  # in our mount namespace
        return ["nsenter", f"--net={netns}"]

    def plugins(self):
        """Our CNI plugins beside Debian's, in a network namespace of their own."""
        done = subprocess.run(["unshare", "--net", "--mount", sys.executable,
                               os.path.join(os.path.dirname(__file__), "plugins.py"), str(self.out / "cni"),
                               str(self.arguments.runs), str(self.arguments.pods)],
                              check=True, stdout=subprocess.PIPE, text=True)
        times = json.loads(done.stdout)
        for kind in ("ptp", "bridge"):
            for command, goal in (("ADD", 0.15 if kind == "ptp" else 0.2), ("DEL", 0.2)):
                self.row(f"plugin {kind}, {command} ÷ the same by Go's",
                         times[f"{kind} {command} ours"] / times[f"{kind} {command} go"], goal)
            self.row(f"plugin {kind}, {self.arguments.pods} pods: ADD of the last tenth ÷ first tenth",
                     times[f"{kind} ADD last tenth"] / times[f"{kind} ADD first tenth"], 1.25)

    def default_network(self):
        inside, go = self.network_of_its_own(), self.work / "go"
        (go / "net.d").mkdir(parents=True)  # the first place where plugins are looked for
        for name in ("ptp", "host-local"):
            shutil.copy(f"/usr/lib/cni/{name}", go / "net.d" / name)
        times = {}
        orders = list(itertools.permutations([("none", "none", []), ("ours", "default", []),
                                              ("go", "default", [f"--local-config={go}"])]))
        for turn in range(self.arguments.runs + 3):
            for kind, network, more in orders[turn % len(orders)]:  # each behind each other
                spent = self.milliseconds([*inside, *self.pod("coreos", self.true_id, network, more)])
                if turn >= 3:
                    times.setdefault(kind, []).append(spent)
        self.collect(inside)
        none, ours, theirs = (statistics.median(times[kind]) for kind in ("none", "ours", "go"))
        self.row("what --net=default adds to a coreos pod, ours ÷ Go's plugins", (ours - none) / (theirs - none), 0.15)

    def bridge_pods(self):
        """All on one bridge, each started when the one before it runs."""
        inside, config = self.network_of_its_own(), self.work / "bridge"
        (config / "net.d").mkdir(parents=True)
        (config / "net.d/10-many.conf").write_text(json.dumps({
            "cniVersion": "1.0.0", "name": "many", "type": "bridge", "bridge": "many0", "isGateway": True, "ipMasq": True,
            "ipam": {"type": "host-local", "subnet": "10.4.0.0/16", "routes": [{"dst": "0.0.0.0/0"}]}}))
        more = [f"--local-config={config}"]
        pods = [self.start_pod("coreos", "many", more, inside) for _ in range(self.arguments.pods)]
        times = [seconds for _, _, seconds in pods]
        subprocess.run([*self.rkt, "stop", *[uuid for uuid, _, _ in pods]], check=True, **QUIET)
        for _, process, _ in pods:
            process.wait(timeout=60)
        self.collect(inside)
        links = subprocess.run([*inside, "ip", "-o", "link", "show", "type", "veth"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
        self.row(f"{self.arguments.pods} coreos pods on one bridge: start of the last 20 ÷ first 20",
                 sum(times[-20:]) / sum(times[:20]), 1.25)
        self.row(f"{self.arguments.pods} coreos pods on one bridge, stopped and collected: links left behind",
                 len(links.splitlines()), 0)
