# SPDX-License-Identifier: Apache-2.0
"""Virtual machines, for bench.py: start, memory, reading, sizes."""
import json
import os
import pathlib
import select
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time

PODS = 10
FILE_MIB = 256
BYTE_C = "#include <unistd.h>\nint main(void) { return write(1, \"x\\n\", 2) != 2; }\n"
# Prints on the console of a machine, which is then reset.
INIT_C = """#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>
int main(void)
{
	int fd;
	mount("dev", "/dev", "devtmpfs", 0, 0);
	fd = open("/dev/hvc0", O_WRONLY);
	if (fd < 0 || write(fd, "x\\n", 2) != 2)
		pause();
	return reboot(RB_AUTOBOOT);
}
"""
# Seconds that reading /file takes, and the KiB of memory in use when it was started.
READ_C = """#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
static char buffer[1 << 17];
static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
int main(void)
{
	FILE *info = fopen("/proc/meminfo", "r");
	long total = 0, available = 0;
	char line[128];
	while (info && fgets(line, sizeof(line), info)) {
		sscanf(line, "MemTotal: %ld", &total);
		sscanf(line, "MemAvailable: %ld", &available);
	}
	double begin = now();
	int fd = open("/file", O_RDONLY);
	long all = 0, n;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		all += n;
	printf("%ld %.4f %ld\\n", all, now() - begin, total - available);
	return 0;
}
"""
MACHINE = ["-M", "microvm,acpi=off,pit=on,pic=on,rtc=on,isa-serial=off,x-option-roms=off,graphics=off,usb=off",
           "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-cpu", "max,-erms,-fsrm", "-m", "512M",
           "-global", "virtio-mmio.force-legacy=false", "-append",
           "quiet no_timer_check reboot=t panic=-1 root=/dev/vda ro init=/init console=hvc0",
           "-device", "virtio-blk-device,drive=root,bus=virtio-mmio-bus.7",
           "-device", "virtio-serial-device,max_ports=2,bus=virtio-mmio-bus.0",
           "-chardev", "stdio,id=console", "-device", "virtconsole,chardev=console,nr=0"]


def first_byte(command):
    """Seconds until a command writes something, which must be its one line "x"; it is left to end."""
    begin = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        ready, _, _ = select.select([process.stdout], [], [], 60)
        seconds = time.perf_counter() - begin
        written = process.stdout.read() if ready else b""
        if not written.strip().endswith(b"x"):
            process.kill()
            raise RuntimeError(f"{written} came of {command}")
    return seconds


def pss_kib(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1])


def forget(path):
    """Lets go of what the host has of a file in memory."""
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)


class Machines:
    """Methods of Bench."""

    def kvm(self, image, rkt=None):
        return [*(rkt or self.rkt), f"--stage1-path={self.out / 'stage1-kvm.aci'}", "run", "--net=none", image]

    def bare_machine(self):
        """The same QEMU and kernel, which boots a static init from a disk and nothing else."""
        with tarfile.open(self.out / "stage1-kvm.aci") as archive:
            kernel = archive.extractfile("rootfs/guest/vmlinux").read()
        (self.work / "vmlinux").write_bytes(kernel)
        root = self.work / "bare"
        for place in ("dev", "proc"):
            (root / place).mkdir(parents=True)
        self.compile(INIT_C, root / "init")
        # The guest's kernel knows no zlib, which an archive is marked with even if nothing is compressed.
        subprocess.run(["mksquashfs", root, self.work / "bare.squashfs", "-quiet", "-no-progress", "-comp", "lz4", "-noI", "-noD", "-noF"],
                       check=True, stdout=subprocess.DEVNULL)
        drive = f"driver=raw,node-name=root,read-only=on,file.driver=file,file.filename={self.work}/bare.squashfs"
        return ["qemu-system-x86_64", *MACHINE, "-kernel", str(self.work / "vmlinux"), "-blockdev", drive]

    def machine_start(self):
        image, bare = self.make_image("byte", BYTE_C), self.bare_machine()
        off = self.work / "data/vm-templates/off"
        first_byte(self.kvm(image))  # makes the template and the image's disk
        restored, cold, peer = [], [], []
        for _ in range(max(self.arguments.runs // 5, 5)):
            restored.append(first_byte(self.kvm(image)))
            peer.append(first_byte(bare))
            off.touch()
            cold.append(first_byte(self.kvm(image)))
            off.unlink()
        self.collect()
        self.row("first byte of a pod, kvm restored ÷ the same QEMU and kernel booting a static init",
                 statistics.median(restored) / statistics.median(peer), 0.25)
        self.row("the same, booted", statistics.median(cold) / statistics.median(peer), 1.15)

    def machines_at_rest(self):
        self.level_flags["kvm"] = f"--stage1-path={self.out / 'stage1-kvm.aci'}"
        pods = [self.start_pod("kvm", "none") for _ in range(PODS)]
        time.sleep(5)
        families = [self.family(process.pid) for _, process, _ in pods]
        self.row(f"{PODS} idle pods of one template, kvm: PSS of each",
                 sum(pss_kib(pid) for family in families for pid in family) / PODS / 1024, 24, "MiB")
        leaders = [sum(pss_kib(pid) for pid in family if "qemu" not in os.readlink(f"/proc/{pid}/exe")) for family in families]
        self.row("of that: all but QEMU", statistics.median(leaders), 300, "KiB")
        subprocess.run([*self.rkt, "stop", *[uuid for uuid, _, _ in pods]], check=True, stdout=subprocess.DEVNULL)
        for _, process, _ in pods:
            process.wait()
        self.collect()

    def machine_reads(self):
        """On a disk of the host: what a tmpfs has cannot be cold."""
        with tempfile.TemporaryDirectory(prefix="rkt-bench-", dir="/var/tmp") as folder:
            self.read_below(pathlib.Path(folder))

    def read_below(self, folder):
        tree = folder / "tree"
        (tree / "rootfs/bin").mkdir(parents=True)
        self.compile(READ_C, tree / "rootfs/bin/read")
        with open(tree / "rootfs/file", "wb") as file:
            for _ in range(FILE_MIB):
                file.write(os.urandom(1 << 19) + bytes(range(256)) * (1 << 11))
        manifest = {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": "bench/read",
                    "labels": [{"name": "os", "value": "linux"}, {"name": "arch", "value": "amd64"}],
                    "app": {"exec": ["/bin/read"], "user": "0", "group": "0"}}
        (tree / "manifest").write_text(json.dumps(manifest))
        subprocess.run([self.out / "aci", "build", tree, folder / "read.aci"], check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(tree)
        rkt = [self.rkt[0], f"--dir={folder}/data", "--insecure-options=image"]
        subprocess.run([*rkt, "fetch", folder / "read.aci"], check=True, stdout=subprocess.DEVNULL)
        commands = {"kvm": self.kvm("bench/read", rkt),
                    "coreos": [*rkt, f"--stage1-path={self.out / 'stage1-coreos.aci'}", "run", "--net=host", "bench/read"]}
        seconds, used = {level: [] for level in commands}, []
        for turn in range(6):
            for level, command in commands.items():
                for path in [*folder.glob("data/cas/tree/*/disk.erofs"), *folder.glob("data/cas/tree/*/rootfs/file")]:
                    forget(path)
                done = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
                size, took, kib = done.stdout.split()[-3:]
                assert int(size) == FILE_MIB << 20, done
                if turn > 0:  # the first one makes the disk
                    seconds[level].append(float(took))
                if level == "kvm":
                    used.append(int(kib))
        subprocess.run([*rkt, "gc", "--grace-period=0s"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.row(f"reading a file of {FILE_MIB} MiB of an image, cold, kvm ÷ coreos",
                 statistics.median(seconds["kvm"]) / statistics.median(seconds["coreos"]), 3)
        self.row("memory of the guest in use when its first app starts", statistics.median(used) / 1024, 24, "MiB")

    def machine_size(self):
        self.row("size of stage1-kvm.aci", (self.out / "stage1-kvm.aci").stat().st_size / 2**20, 8, "MiB")
