# SPDX-License-Identifier: Apache-2.0
"""
Where our stage0 differs from the original on purpose: what an entrypoint finds, and what rkt prints.

A fact that is not named here must be equal.  One that is must have exactly this value (None: it
is not there; ANY: it varies), and a row that nothing needs any more is an error.
"""

ANY = object()

POD = "/var/lib/rkt/pods/run/UUID"
STAGE1 = f"mount {POD}/stage1/rootfs"
APP = f"{STAGE1}/opt/stage2/rkt-inspect/rootfs"

NO_MARK = "stage1TreeStoreID says that there are overlays; a mark beside it could contradict"
NO_LOCK_FILE = "a pod is locked by its directory, here as in the original, which never locked this file"
OWN_MOUNTS = "the pod's mounts are in its own mount namespace, not in the host's for everybody"
ONE_VIEW = "beside a running pod its stage1 is shown read-only, from the tree store: two overlays must not share a layer"
GO = "the original's Go library added it; the working directory says the same"

NO_TREE = "a pod of copies uses no tree of the store, and keeps none from being removed"
IDMAPPED = "an idmapped view shifts the ids, where the original gave every file another owner"
DEBUG = "with --debug each program tells its own steps; the command line that is executed is the same"

# (entrypoint or case, fact): (ours, reason)
ROOTS_ALONE = "the group rkt may read the directories of pods, but set-id programs of images are not for it"
START = "for `rkt start`, which runs a pod again as it was run"
FACTS = {
    **{(entrypoint, "file overlay-prepared"): (None, NO_MARK) for entrypoint in ("run", "enter", "stop", "gc")},
    **{(entrypoint, "file pod.lck"): (None, NO_LOCK_FILE) for entrypoint in ("run", "enter", "stop", "gc")},
    **{(entrypoint, "file appsinfo"): (("040700", "0:0"), ROOTS_ALONE) for entrypoint in ("run", "enter", "stop", "gc")},
    **{(entrypoint, "file stage1-arguments"): (("100600", "0:0"), START) for entrypoint in ("run", "enter", "stop", "gc")},
    ("enter", STAGE1): (None, OWN_MOUNTS),
    ("enter", APP): (None, OWN_MOUNTS),
    ("stop", STAGE1): (ANY, ONE_VIEW),
    ("stop", APP): (None, OWN_MOUNTS),
    ("gc", "env PWD"): (None, GO),
    ("run-no-overlay", "file stage1TreeStoreID"): (None, NO_TREE),
    ("run-private-users", "file stage1TreeStoreID"): (None, NO_TREE),
    ("run-private-users", APP): (ANY, IDMAPPED),
    ("run-no-overlay", "file stage1"): (("040700", "0:0"), ROOTS_ALONE),
    ("run-private-users", "file stage1"): (("040700", "0:0"), ROOTS_ALONE),
}

# Cases whose output differs; of these only the lines with this text are compared.
OUTPUT = {
    "run-debug": ("Execing [", DEBUG),
    "gc-localcfg": ("Garbage collecting", DEBUG),
}
