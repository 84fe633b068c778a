# SPDX-License-Identifier: Apache-2.0
"""What rkt-fetch can still do while it talks to a server."""

import os
import pathlib
import time

from conftest import OUT
from harness.fetching import Fetching


def find(data, root):
    """rkt-fetch below a process."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                status = dict(line.split(":\t", 1) for line in
                              (folder / "status").read_text().splitlines() if ":\t" in line)
                if status["Name"] == "rkt-fetch" and int(status["PPid"]) == root and \
                        status["Seccomp"] == "2":
                    return folder, status
            except (OSError, KeyError):
                continue
        time.sleep(0.01)
    raise AssertionError("no rkt-fetch")


def test_it_has_nothing_but_its_connection(server, tmp_path):
    server.reset()
    server.put("example.com/a.aci", os.urandom(4 << 20))
    server.set_rules(**{"example.com/a.aci": {"pace": 2}})
    rkt = Fetching(OUT, server, str(tmp_path))
    process = rkt.start("fetch", "https://example.com/a.aci", insecure="image")
    try:
        folder, status = find(rkt.data, process.pid)
        time.sleep(0.5)
        assert all(int(uid) >= 0x71000000 for uid in status["Uid"].split()), status
        assert all(int(gid) >= 0x71000000 for gid in status["Gid"].split()), status
        assert status["Groups"].split() == []
        assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
        assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
        mounts = (folder / "mountinfo").read_text().splitlines()
        assert mounts and all("ro" in line.split()[5].split(",") for line in mounts)
        files = {name: os.readlink(folder / "fd" / name) for name in os.listdir(folder / "fd")}
        for name, place in files.items():
            assert int(name) < 3 or place.startswith(("pipe:", "socket:", "anon_inode:")), files
        assert rkt.data not in " ".join(files.values())
        assert (folder / "cmdline").read_bytes() == b"rkt-fetch\0"
    finally:
        process.kill()
        rkt.wait(process)
    end = time.monotonic() + 5
    while folder.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not folder.exists(), "it outlives rkt"
