# SPDX-License-Identifier: Apache-2.0
"""Images of the recording: the stage1 whose entrypoints write down how they are called, and the app."""

import json
import os
import shutil
import subprocess

ENTRYPOINTS = ("run", "enter", "gc", "stop")
PREFIX = "coreos.com/rkt/stage1/"
APP = {
    "exec": ["/inspect"], "user": "0", "group": "0", "workingDirectory": "/",
    "environment": [{"name": "VAR_FROM_MANIFEST", "value": "manifest"}, {"name": "PATH", "value": "/bin"}],
    "ports": [{"name": "p1", "protocol": "tcp", "port": 80, "count": 1, "socketActivated": False}],
    "isolators": [{"name": "resource/memory", "value": {"request": "25Mi", "limit": "25Mi"}},
                  {"name": "resource/cpu", "value": {"request": "50m", "limit": "800m"}}],
}


class StubImages:
    def __init__(self, out, stub, work):
        self.out = out
        self.stub = stub
        self.work = work
        self.built = {}

    def _build(self, key, manifest, files):
        if key not in self.built:
            folder = os.path.join(self.work, str(len(self.built)))
            os.makedirs(os.path.join(folder, "rootfs"))
            for name in files:
                shutil.copy2(self.stub, os.path.join(folder, "rootfs", name))
            with open(os.path.join(folder, "manifest"), "w") as file:
                json.dump(manifest, file)
            subprocess.run([os.path.join(self.out, "aci"), "build", folder, folder + ".aci"], check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)
            self.built[key] = folder + ".aci"
        return self.built[key]

    @staticmethod
    def _manifest(name, **fields):
        return {"acKind": "ImageManifest", "acVersion": "0.8.11", "name": name,
                "labels": [{"name": "version", "value": "1.30.0"}, {"name": "arch", "value": "amd64"},
                           {"name": "os", "value": "linux"}], **fields}

    def stage1(self, version="6", without=(), extra=()):
        """version: of the interface, None: not said; without: entrypoints left out; extra: more of them."""
        names = [name for name in (*ENTRYPOINTS, *extra) if name not in without]
        pairs = [{"name": PREFIX + name, "value": f"/{name}"} for name in names]
        if version is not None:
            pairs.append({"name": PREFIX + "interface-version", "value": version})
        return self._build(("stage1", version, tuple(names)),
                           self._manifest(f"coreos.com/rkt/stage1-stub{version or ''}", annotations=pairs), names)

    def app(self):
        return self._build("app", self._manifest("coreos.com/rkt-inspect", app=APP), ["inspect"])
