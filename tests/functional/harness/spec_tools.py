# SPDX-License-Identifier: Apache-2.0
"""
The App Container specification's own programs, built from Debian's package of their source: actool, which checks
images and manifests, and the validator, which checks from inside of a pod who runs it.
"""

import json
import os
import shutil
import subprocess

SOURCE = "/usr/share/gocode"
PACKAGE = "github.com/appc/spec"
VOLUME = {"name": "database", "path": "/db", "readOnly": False}

# What the validator expects to find is compiled into it: these members, and a second image beside.
MAIN = {
    "exec": ["/ace-validator", "main"],
    "eventHandlers": [{"name": "pre-start", "exec": ["/ace-validator", "prestart"]},
                      {"name": "post-stop", "exec": ["/ace-validator", "poststop"]}],
    "user": "0", "group": "0", "workingDirectory": "/opt/acvalidator",
    "environment": [{"name": "IN_ACE_VALIDATOR", "value": "correct"}],
    "mountPoints": [VOLUME],
    "ports": [{"name": "www", "protocol": "tcp", "port": 80}],
    "isolators": [{"name": "resource/memory", "value": {"limit": "1G"}}],
}
SIDEKICK = {"exec": ["/ace-validator", "sidekick"], "user": "0", "group": "0", "mountPoints": [VOLUME]}


def missing():
    """Why they cannot be built here, or None."""
    if not shutil.which("go"):
        return "golang-go is not installed"
    if not os.path.isdir(os.path.join(SOURCE, "src", PACKAGE, "ace")):
        return "golang-github-appc-spec-dev is not installed"
    return None


class SpecTools:
    def __init__(self, work):
        self.folder = os.path.join(work, "spec-tools")
        os.makedirs(self.folder)
        self._compile("actool")
        self._compile("ace")

    def _compile(self, name):
        """Static and without a module's network; what the compiler keeps lies with the programs."""
        settings = {"GO111MODULE": "off", "GOPATH": SOURCE, "GOFLAGS": "", "GOPROXY": "off", "CGO_ENABLED": "0",
                    "GOCACHE": os.path.join(self.folder, "cache")}
        subprocess.run(["go", "build", "-o", os.path.join(self.folder, name), f"{PACKAGE}/{name}"], check=True,
                       env={**os.environ, **settings}, stdin=subprocess.DEVNULL, timeout=300)

    def actool(self, *words):
        return subprocess.run([os.path.join(self.folder, "actool"), "--debug", *words], text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def validator_image(self, name, app, **fields):
        """The path of an image with the validator, packed by actool."""
        layout = os.path.join(self.folder, name)
        path = layout + ".aci"
        if not os.path.exists(path):
            os.makedirs(os.path.join(layout, "rootfs/opt/acvalidator"))
            shutil.copy2(os.path.join(self.folder, "ace"), os.path.join(layout, "rootfs/ace-validator"))
            labels = [{"name": "version", "value": "0.7.4"}, {"name": "os", "value": "linux"},
                      {"name": "arch", "value": "amd64"}]
            with open(os.path.join(layout, "manifest"), "w") as file:
                json.dump({"acKind": "ImageManifest", "acVersion": "0.7.4", "name": f"coreos.com/{name}",
                           "labels": labels, "app": app, **fields}, file)
            done = self.actool("build", layout, path)
            assert done.returncode == 0, done.stdout
        return path
