#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that only a few audited files may make (docs/SECURITY.md)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# call -> files (or folders) that may use it, each for a reason told there
RULES = {
    # mount(2) takes paths: only the fd-based mount API is used
    r"mount": [
        "stage1-kvm/guest/boot.c",  # a guest's own places, before there is anything of a pod
        "stage1-kvm/guest/orders.c",  # in a guest, onto its own tmpfs: no path is an image's
    ],
    r"chroot": [
        "image/",
        "stage1-kvm/hypervisor/jail.c",  # not to hold it in, but so that it can make no user namespace
    ],
    r"exit": ["common/start/program_start.c"],  # main() returns to it; a child uses _exit()
    r"abort": [],
    r"syscall_openat2": [
        "common/kernel/path_in_root.c",
        "common/kernel/tree_remove.c",  # one component at a time, never across a mount or a link
        "common/privilege/lsm.c",  # within a verified /proc
        "image/extract_tree.c",  # within the directory that it fills
    ],
    r"realpath|system|popen|getpwnam|getpwuid|getgrnam|getgrgid|dlopen": [],
    r"alloca": [],
    r"printf|puts|perror": ["stage0/", "build/", "tests/"],
    r"setjmp|longjmp|pthread_exit": [],
}
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def main():
    problems = []
    for path in sorted(ROOT.glob("**/*.c")):
        name = str(path.relative_to(ROOT))
        if name.split("/")[0] in (".build", "out", "tests"):
            continue
        text = STRING.sub(blank, COMMENT.sub(blank, path.read_text()))
        for call, places in RULES.items():
            if any(name.startswith(place) for place in places):
                continue
            for match in re.finditer(rf"(?<![\w.>])(?:{call})\s*\(", text):
                line = text.count("\n", 0, match.start()) + 1
                problems.append(f"{name}:{line}: {match.group(0).rstrip('( ')}() is not for this file")
    print("\n".join(problems) if problems else "no call out of its place")
    return 1 if problems else 0


sys.exit(main())
