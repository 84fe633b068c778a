#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures ratios against named peers in the same run, alternating, and prints one table.

Usage: bench.py [--runs N] [--pods N] [--image-mib N] [--fetches N] [--only NAME…] [--check] [--format=json]
Needs root, out/ (build it first), crun; and podman, or its rows are left out.  Absolute times mean nothing here: machines differ
and drift, ratios hold.  --check makes a missed goal a failure.
"""
import argparse
import ctypes
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from fetches import Fetches
from machines import Machines
from networks import Networks
from throughput import Throughput

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("RKT_OUT", ROOT / "out"))
TRUE_C = "int main(void) { return 0; }\n"
SLEEP_C = "#include <unistd.h>\nint main(void) { for (;;) pause(); }\n"
NULL_STREAMS = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in range(3)]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def milliseconds(command):
    """How long a command takes.  subprocess would add its own third of a millisecond, a quarter of a chroot, to all."""
    words = [str(word) for word in command]
    begin = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=NULL_STREAMS)
    _, status = os.waitpid(pid, 0)
    spent = (time.perf_counter() - begin) * 1e3
    if status != 0:
        raise subprocess.CalledProcessError(os.waitstatus_to_exitcode(status), words)
    return spent


class Bench(Machines, Fetches, Networks, Throughput):
    """A data directory with two images, and the same trees as bundle and chroot."""

    def __init__(self, work, arguments):
        self.work = work
        self.out = OUT
        self.family = family
        self.milliseconds = milliseconds
        self.arguments = arguments
        self.rkt = [str(OUT / "rkt"), f"--dir={work}/data", "--insecure-options=image"]
        self.rows = []
        self.true_id = self.make_image("true", TRUE_C)
        self.sleep_id = self.make_image("sleep", SLEEP_C)
        self.level_flags = {level: f"--stage1-hash={self.fetch(OUT / f'stage1-{level}.aci')}"
                            for level in ("coreos", "fly")}

    def fetch(self, path):
        done = run([*self.rkt, "fetch", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return done.stdout.split()[-1]

    @staticmethod
    def compile(source, output):
        run(["gcc", "-O2", "-static", "-x", "c", "-o", output, "-"], input=source.encode())

    def make_image(self, name, source):
        tree = self.work / name
        (tree / "rootfs/bin").mkdir(parents=True)
        # What every real image has: places to mount on, which crun makes in its bundle for good.
        for place in ("etc", "proc", "sys", "dev"):
            (tree / "rootfs" / place).mkdir()
        for place in ("etc/hosts", "etc/resolv.conf"):
            (tree / "rootfs" / place).touch()
        self.compile(source, tree / "rootfs/bin" / name)
        manifest = {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": f"bench/{name}",
                    "labels": [{"name": "os", "value": "linux"}, {"name": "arch", "value": "amd64"}],
                    "app": {"exec": [f"/bin/{name}"], "user": "0", "group": "0"}}
        (tree / "manifest").write_text(json.dumps(manifest))
        run([OUT / "aci", "build", tree, self.work / f"{name}.aci"], stdout=subprocess.DEVNULL)
        return self.fetch(self.work / f"{name}.aci")

    def pod(self, level, image, network="host", more=()):
        return [*self.rkt, *more, self.level_flags[level], "run", f"--net={network}", image]

    def collect(self, inside=()):
        run([*inside, *self.rkt, "gc", "--grace-period=0s"], **QUIET)

    def row(self, what, value, goal, unit=""):
        self.rows.append({"what": what, "value": round(value, 3), "goal": goal, "unit": unit,
                          "met": goal is None or value <= goal})

    def ratio(self, command, peer):
        """Alternating runs, the median of each side; pods are collected afterwards, as deleting slows the disk down."""
        mine, theirs = [], []
        for turn in range(self.arguments.runs + 3):
            first, second = milliseconds(command), milliseconds(peer)
            if turn >= 3:  # the first ones warm caches
                mine.append(first)
                theirs.append(second)
        self.collect()
        return statistics.median(mine) / statistics.median(theirs)

    def make_bundle(self):
        bundle = self.work / "bundle"
        bundle.mkdir()
        shutil.copytree(self.work / "true/rootfs", bundle / "rootfs")
        run(["crun", "spec"], cwd=bundle)
        config = json.loads((bundle / "config.json").read_text())
        config["process"].update(args=["/bin/true"], terminal=False)
        config["process"].pop("rlimits", None)
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] != "network"]
        config["root"] = {"path": "rootfs", "readonly": False}
        (bundle / "config.json").write_text(json.dumps(config))
        return bundle

    def start_coreos(self):
        bundle = self.make_bundle()
        value = self.ratio(self.pod("coreos", self.true_id),
                           ["crun", f"--root={self.work}/crun", "run", "--bundle", str(bundle), f"bench-{os.getpid()}"])
        self.row("start of a pod, coreos ÷ crun run of the same root as a bundle", value, 0.6)

    def start_fly(self):
        value = self.ratio(self.pod("fly", self.true_id),
                           ["chroot", str(self.work / "true/rootfs"), "/bin/true"])
        self.row("start of a pod, fly ÷ chroot ROOTFS /bin/true", value, 1.6)

    def start_floor(self):
        """What is left of a fly pod when only the kernel's part of it is done (floor.c)."""
        floor, pods = self.work / "floor", self.work / "floors"
        (pods / "root").mkdir(parents=True)
        build = ["gcc", "-O2", "-D_GNU_SOURCE", "-static-pie", "-fPIE", "-o", floor, ROOT / "tests/bench/floor.c"]
        quick = ["-ffreestanding", "-fno-stack-protector", ROOT / "common/start/program_start.c"]
        if subprocess.run([str(part) for part in [*build, *quick]], check=False, **QUIET).returncode != 0:
            run(build)  # another C library: as it starts
        value = self.ratio([str(part) for part in (floor, "make", floor, self.work / "true/rootfs", pods, "/bin/true")],
                           ["chroot", str(self.work / "true/rootfs"), "/bin/true"])
        self.row("the kernel's part of a fly pod, by two programs ÷ chroot ROOTFS /bin/true", value, None)

    def start_pod(self, level, network="host", more=(), inside=()):
        uuid_file = self.work / f"uuid-{time.monotonic_ns()}"
        command = [*inside, *self.pod(level, self.sleep_id, network, more)]
        command.insert(-1, f"--uuid-file-save={uuid_file}")
        begin = time.perf_counter()
        process = subprocess.Popen(command, **QUIET)
        await_that(process, lambda: uuid_file.exists() and uuid_file.read_text())
        uuid = uuid_file.read_text().strip()
        pod = self.work / "data/pods/run" / uuid
        places = [pod / "stage1/rootfs/rkt/supervisor-status", *pod.glob("overlay/*/upper/rkt/supervisor-status")]
        await_that(process, lambda: any((pod / name).exists() for name in ("pid", "ppid"))
                   and any(place.is_symlink() for place in places))
        return uuid, process, time.perf_counter() - begin

    def at_rest(self):
        for level, goal in (("coreos", 300), ("fly", 0)):
            uuid, process, _ = self.start_pod(level)
            time.sleep(2)  # it rests after a second of nothing to do
            pss, count = 0, 0
            for pid in family(process.pid):
                executable = os.readlink(f"/proc/{pid}/exe")
                if executable.endswith("/sleep"):
                    continue
                count += 1
                rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                pss += int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])
            if level == "coreos":
                self.row("at rest, coreos: PSS of all that is not the app", pss, goal, "KiB")
            else:
                self.row("at rest, fly, one app: processes that are not the app", count, goal)
            run([*self.rkt, "stop", uuid], **QUIET)
            process.wait()
        self.collect()

    def many_pods(self):
        pods, times = [], []
        for _ in range(self.arguments.pods):
            uuid, process, seconds = self.start_pod("coreos")
            pods.append((uuid, process))
            times.append(seconds)
        tenth = max(self.arguments.pods // 10, 1)
        run([*self.rkt, "stop", *[uuid for uuid, _ in pods]], **QUIET)
        for _, process in pods:
            process.wait(timeout=60)
        self.collect()
        self.row(f"{self.arguments.pods} coreos pods at once: start of the last tenth ÷ first tenth",
                 statistics.median(times[-tenth:]) / statistics.median(times[:tenth]), 1.5)
        self.row(f"{self.arguments.pods} coreos pods stopped and collected: things left behind",
                 len(residue(self.work, [uuid for uuid, _ in pods])), 0)

    def list_pods(self):
        for _ in range(1000):
            run([*self.rkt, self.level_flags["coreos"], "prepare", "--quiet", self.true_id], **QUIET)
        times = [milliseconds([*self.rkt, "list"]) for _ in range(30)]
        self.row("rkt list with 1,000 pods", statistics.median(times), 50, "ms")
        run([*self.rkt, "gc", "--expire-prepared=0s", "--grace-period=0s"], **QUIET)
        self.collect()

    def sizes(self):
        for level in ("coreos", "fly"):
            self.row(f"size of stage1-{level}.aci", (OUT / f"stage1-{level}.aci").stat().st_size / 2**20, 1.5, "MiB")


def enter_mount_namespace(work):
    """A tmpfs for all data, rkt's and crun's: the programs are measured, not the disk and its other users.

    crun refuses a machine with v1 controllers and a v2 tree beside them: both sides run without it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    private_recursive = (1 << 18) | (1 << 14)
    if (libc.unshare(0x00020000) or libc.mount(b"", b"/", None, private_recursive, None)
            or libc.mount(b"bench", work.encode(), b"tmpfs", 0, b"")):
        sys.exit(f"bench.py: making a mount namespace: {os.strerror(ctypes.get_errno())}")
    tree = "/sys/fs/cgroup/unified"
    if os.path.ismount(tree) and libc.umount2(tree.encode(), 0):
        sys.exit(f"bench.py: hiding {tree}: {os.strerror(ctypes.get_errno())}")


def await_that(process, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise RuntimeError(f"a pod ended with {process.returncode} before it was ready")
        if time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"a pod was not ready after {seconds} s")
        time.sleep(0.0005)


def family(pid):
    """The process and all its descendants."""
    found = [pid]
    for one in found:
        for task in pathlib.Path(f"/proc/{one}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def residue(work, uuids):
    mounts = [line.split()[4] for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    left = [mount for mount in mounts if mount.startswith(f"{work}/")]
    marks = {uuid.replace("-", "\\x2d") for uuid in uuids}
    for folder, folders, _ in os.walk("/sys/fs/cgroup"):
        left += [f"{folder}/{name}" for name in folders if any(mark in name for mark in marks)]
    for home in (work / "data/pods").iterdir():
        left += [str(pod) for pod in home.iterdir()]
    return left


BENCHES = ["start_coreos", "start_fly", "start_floor", "at_rest", "list_pods", "many_pods", "fetch_oci", "first_run", "plugins",
           "default_network", "bridge_pods", "throughput", "sizes", "machine_start", "machines_at_rest", "machine_reads",
           "machine_size"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=50, help="measured runs of each side (default 50)")
    parser.add_argument("--pods", type=int, default=200, help="pods that run at once (default 200)")
    parser.add_argument("--image-mib", type=int, default=1000, help="size of the image to fetch (default 1000)")
    parser.add_argument("--fetches", type=int, default=5, help="measured fetches of it (default 5)")
    parser.add_argument("--only", nargs="*", choices=BENCHES, default=BENCHES)
    parser.add_argument("--check", action="store_true", help="fail when a goal is missed")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench.py: needs root")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="rkt-bench-", ignore_cleanup_errors=True) as folder:
        enter_mount_namespace(folder)
        bench = Bench(pathlib.Path(folder), arguments)
        for name in arguments.only:
            if arguments.format == "text" and sys.stderr.isatty():
                print(f"measuring {name} …", file=sys.stderr)
            getattr(bench, name)()
        bench.collect()
        ctypes.CDLL(None).umount2(folder.encode(), 2)
    if arguments.format == "json":
        print(json.dumps(bench.rows, indent=2, ensure_ascii=False))
    else:
        width = max(len(row["what"]) for row in bench.rows)
        print(f"{'what':{width}}  {'measured':>10}  {'goal':>8}")
        for row in bench.rows:
            goal = "" if row["goal"] is None else f"≤ {row['goal']}"
            verdict = "" if row["goal"] is None else "met" if row["met"] else "MISSED"
            print(f"{row['what']:{width}}  {row['value']:>10}  {goal:>8} {row['unit']:4} {verdict}")
    return 1 if arguments.check and not all(row["met"] for row in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
