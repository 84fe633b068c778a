# SPDX-License-Identifier: Apache-2.0
"""rkt in the web server's namespaces, with a store and a configuration of a test's own."""

import json
import os
import subprocess

from harness.engine import Result, shell_status

TIMEOUT_S = 100


class Fetching:
    def __init__(self, out, server, folder):
        self.out = out
        self.server = server
        self.data = os.path.join(folder, "data")
        self.config = {name: os.path.join(folder, name) for name in ("system", "local", "user")}
        for path in self.config.values():
            os.makedirs(path)

    def command(self, words, insecure=None):
        words = [os.path.join(self.out, "rkt"), f"--dir={self.data}",
                 f"--system-config={self.config['system']}",
                 f"--local-config={self.config['local']}", f"--user-config={self.config['user']}",
                 *([f"--insecure-options={insecure}"] if insecure else []), *words]
        return self.server.command(words)

    def start(self, *words, insecure=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(self.command(words, insecure), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    @staticmethod
    def wait(process, input=None):
        out, err = process.communicate(input, timeout=TIMEOUT_S)
        return Result(shell_status(process.returncode), out.decode(errors="surrogateescape"),
                      err.decode(errors="surrogateescape"))

    def rkt(self, *words, insecure=None, input=None, env=None):
        process = self.start(*words, insecure=insecure, env=env,
                             stdin=subprocess.DEVNULL if input is None else subprocess.PIPE)
        return self.wait(process, input)

    def fetch(self, *words, **options):
        return self.rkt("fetch", *words, **options)

    def trust(self, fingerprint, key, prefix="example.com", place="local"):
        folder = os.path.join(self.config[place], "trustedkeys",
                              f"prefix.d/{prefix}" if prefix else "root.d")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, fingerprint), "wb") as file:
            file.write(key)

    def credentials(self, kind="basic", domains=("example.com",), place="local", **credentials):
        folder = os.path.join(self.config[place], "auth.d")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{kind}.json"), "w") as file:
            json.dump({"rktKind": "auth", "rktVersion": "v1", "domains": list(domains),
                       "type": kind, "credentials": credentials}, file)

    def images(self):
        listed = self.rkt("image", "list", "--no-legend", "--full", "--fields=id,name")
        assert listed.status == 0, listed
        return listed.stdout.split()

    def leftovers(self):
        """What a fetch that has ended may not leave: trees under way and files to be renamed."""
        found = []
        for folder, names, files in os.walk(os.path.join(self.data, "cas")):
            if folder.endswith("/tmp"):
                found += names + files
            if folder.endswith("/remote"):
                found += [name for name in files if name.startswith(".")]
            names[:] = [name for name in names if name != "rootfs"]
        return found

    def parts(self):
        folder = os.path.join(self.data, "cas/remote")
        if not os.path.isdir(folder):
            return []
        return [os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)
                if name.endswith(".part")]

    def refused(self, result, *words):
        """One clear line, not zero, nothing in the store."""
        assert result.status == 254 and result.stdout == "", result
        assert len(result.stderr.splitlines()) == 1, result
        for word in words:
            assert word in result.stderr, (word, result)
        assert self.images() == [] and self.leftovers() == [], result
