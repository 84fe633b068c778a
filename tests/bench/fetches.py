# SPDX-License-Identifier: Apache-2.0
"""How long a large image takes into the store, beside what reads the same bytes."""

import json
import os
import shutil
import statistics
import subprocess
import time

import oci_archive

FIRST_MIB = 64
FIRST_IMAGES = 5
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def milliseconds(command):
    begin = time.perf_counter()
    subprocess.run(command, check=True, **QUIET)
    return (time.perf_counter() - begin) * 1e3


class Fetches:
    """Of Bench: work, arguments, rkt, row()."""

    def fetch_turn(self, archive):
        """
        Milliseconds and peak MiB of one fetch into a store of its own.  The peak is that of the largest
        process, and never less than this one's at its start.
        """
        data = self.work / "fetched"
        begin = time.perf_counter()
        pid = os.posix_spawn(self.rkt[0], [self.rkt[0], f"--dir={data}", "--insecure-options=image", "fetch",
                                           f"oci-archive:{archive}"], os.environ,
                             file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        elapsed = (time.perf_counter() - begin) * 1e3
        if status:
            raise RuntimeError(f"fetching {archive} ended with {status}")
        shutil.rmtree(data)
        return elapsed, usage.ru_maxrss / 1024

    def unpack_turn(self, layer):
        """tar and sha512sum of the same bytes, side by side."""
        place = self.work / "unpacked"
        place.mkdir()
        elapsed = milliseconds(["sh", "-c", 'tar -C "$1" -xf "$2" & sha512sum "$2"; wait', "sh", place, layer])
        shutil.rmtree(place)
        return elapsed

    def load_turn(self, archive):
        storage = [f"--root={self.work}/podman", f"--runroot={self.work}/podman-run"]
        elapsed = milliseconds(["podman", *storage, "load", "--quiet", "--input", archive])
        subprocess.run(["podman", *storage, "rmi", "--all", "--force"], check=True, **QUIET)
        return elapsed

    def first_images(self, level):
        """Images of FIRST_MIB each that differ in their name only, freshly fetched."""
        tree = self.work / "first"
        if not tree.exists():
            shutil.copytree(self.work / "true", tree, symlinks=True)
            for i in range(FIRST_MIB):
                (tree / f"rootfs/{i}").write_bytes(os.urandom(1 << 20))
        manifest = json.loads((tree / "manifest").read_text())
        for i in range(FIRST_IMAGES):
            manifest["name"] = f"bench/first-{level}-{i}"
            (tree / "manifest").write_text(json.dumps(manifest))
            path = self.work / "first.aci"
            subprocess.run([self.out / "aci", "build", "--compression=none", tree, path], check=True, **QUIET)
            yield self.fetch(path)
            path.unlink()

    def first_run(self):
        """What a new image costs its first pod: at kvm a disk is made of it."""
        flags = {**self.level_flags, "kvm": f"--stage1-path={self.out / 'stage1-kvm.aci'}"}
        for level, flag in flags.items():
            def run(image):
                return milliseconds([*self.rkt, flag, "run", "--net=none" if level == "kvm" else "--net=host", image])
            run(self.true_id)  # makes the stage1's tree, and a saved guest
            first, later = [], []
            for image in self.first_images(level):
                for _ in range(2):
                    run(self.true_id)  # the first start after a pause waits for the kernel, whatever the image
                first.append(run(image))
                later += [run(image) for _ in range(3)]
                subprocess.run([*self.rkt, "gc", "--grace-period=0s"], check=True, **QUIET)
                subprocess.run([*self.rkt, "image", "rm", image], check=True, **QUIET)
            self.row(f"run of a fetched image of {FIRST_MIB} MiB, {level}: first time ÷ later times",
                     statistics.median(first) / statistics.median(later), 1.2)

    def fetch_oci(self):
        has_podman = shutil.which("podman") is not None
        for packing in oci_archive.PACKINGS:
            archive, layer = oci_archive.make(self.work, self.arguments.image_mib, packing)
            what = f"fetch of an oci-archive, {self.arguments.image_mib} MiB, {packing}"
            mine, unpack, load, peak = [], [], [], 0
            for _ in range(self.arguments.fetches):
                elapsed, memory = self.fetch_turn(archive)
                mine.append(elapsed)
                peak = max(peak, memory)
                unpack.append(self.unpack_turn(layer))
                if has_podman:
                    load.append(self.load_turn(archive))
            self.row(f"{what} ÷ tar -x and sha512sum side by side",
                     statistics.median(mine) / statistics.median(unpack), 1.5)
            if has_podman:
                self.row(f"{what} ÷ podman load", statistics.median(mine) / statistics.median(load), 0.7)
            self.row(f"{what}: peak memory", peak, 64, "MiB")
            archive.unlink()
            layer.unlink()
