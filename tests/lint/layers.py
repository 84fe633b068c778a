#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the table of arrows of docs/ARCHITECTURE.md against every #include.

CMake does not forbid cycles between static libraries, so this does: a room may
include itself and what its row names, nothing else.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

KERNEL_FACING = {"mount", "namespace", "cgroup", "privilege", "network", "process"}

# room -> rooms of common/ that it may include
COMMON = {
    "base": set(),
    "option": {"base"},
    "kernel": {"base"},
    "json": {"base"},
    "cni": {"base", "json"},
    "manifest": {"base", "json"},
    "plan": {"base", "json", "manifest"},
    "pod": {"base", "json", "manifest", "plan"},
}
COMMON["log"] = {"base"}
for room in KERNEL_FACING:  # never each other
    COMMON[room] = {"base", "kernel"}
COMMON["doctor"] = {"base", "json", "cgroup", "privilege"}
COMMON["supervisor"] = set(COMMON) - {"option"}
COMMON["start"] = set()  # nothing works yet when it runs
COMMON["entrypoint"] = {"base", "option", "json", "manifest", "plan", "pod", "log", "doctor", "supervisor"}

# Exceptions, each with its reason.
ALLOWED = {
    ("common/entrypoint", "common/cgroup"): "enter, stop and gc hold the handle that supervisor/pod_cgroups.h gives",
    ("common/entrypoint", "common/mount"): "sealed_self.c executes the executable from a mount of its own",
    ("common/entrypoint", "common/process"): "the exit status of an entrypoint that failed",
}

# tree outside common/ -> prefixes that it may include
OUTSIDE = {
    "image": ["image/", "common/base/", "common/kernel/", "common/json/", "common/manifest/",
              "common/privilege/account.h"],  # whose group a user of an image has
    "build/filters": ["build/", "common/base/", "common/plan/", "common/privilege/"],
    "build": ["build/", "image/", "common/base/", "common/kernel/", "common/option/", "common/json/", "common/manifest/",
              "stage0/store/image_source.h"],  # the same words for images as rkt has
    "metadata": ["metadata/", "common/base/", "common/option/", "common/json/", "common/manifest/", "common/kernel/",
                 "common/process/"],
    "cni": ["cni/", "common/base/", "common/json/", "common/cni/", "common/process/"],
    "stage0": ["stage0/", "image/", "common/base/", "common/option/", "common/json/", "common/manifest/",
               "common/plan/", "common/pod/", "common/kernel/", "common/mount/", "common/namespace/",
               "common/process/"],
    "stage0/fetch_helper": ["stage0/", "common/base/", "common/json/", "common/manifest/", "common/kernel/",
                            "common/mount/", "common/privilege/"],
    "stage1-coreos": ["stage1-coreos/", "common/"],
    "stage1-fly": ["stage1-fly/", "common/"],
    "stage1-kvm": ["stage1-kvm/", "common/"],
    "stage1-kvm/guest": ["stage1-kvm/", "common/",
                         "image/tree_write.h"],  # the guest reads what apps wrote, for export
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def allowed(source, target):
    parts = source.parts
    if parts[0] == "common":
        room = parts[1]
        wanted = target.split("/")
        if wanted[0] != "common":
            return False
        if wanted[1] == room or wanted[1] in COMMON.get(room, set()):
            return True
        return (f"common/{room}", f"common/{wanted[1]}") in ALLOWED
    tree = "/".join(parts[:2]) if "/".join(parts[:2]) in OUTSIDE else parts[0]
    return any(target.startswith(prefix) for prefix in OUTSIDE.get(tree, [""]))


def main():
    problems = []
    for path in sorted(ROOT.glob("**/*.[ch]")):
        source = path.relative_to(ROOT)
        if source.parts[0] in (".build", "out", "tests"):
            continue
        for target in INCLUDE.findall(path.read_text()):
            if "/" not in target:
                problems.append(f'{source}: "{target}" is not a path from the root of the tree')
            elif not allowed(source, target):
                problems.append(f"{source}: may not include {target}")
    print("\n".join(problems) if problems else "all arrows point down")
    return 1 if problems else 0


sys.exit(main())
