# SPDX-License-Identifier: Apache-2.0
"""Keys made by the real GnuPG, and what they sign."""

import os
import shutil
import subprocess
import tempfile


class OpenPgp:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="rkt-gpg-")  # short: a socket's path must fit

    def gpg(self, *words):
        done = subprocess.run(
            ["gpg", "--batch", "--no-tty", "--quiet", "--homedir", self.home, "--passphrase", "",
             "--pinentry-mode", "loopback", *words], stdin=subprocess.DEVNULL, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.stdout

    def make(self, name, expire="0"):
        """Makes a key for NAME@example.com; its fingerprint in lower case."""
        self.gpg("--quick-gen-key", f"{name} <{name}@example.com>", "ed25519", "sign", expire)
        listing = self.gpg("--with-colons", "--list-keys", f"{name}@example.com").decode()
        lines = [line.split(":") for line in listing.splitlines()]
        return next(line[9] for line in lines if line[0] == "fpr").lower()

    def public(self, name):
        return self.gpg("--armor", "--export", f"{name}@example.com")

    def sign(self, name, path, armor=True):
        signature = f"{path}.{name}.asc"
        if os.path.exists(signature):
            os.unlink(signature)
        self.gpg(*(["--armor"] if armor else []), "--local-user", f"{name}@example.com", "--output",
                 signature, "--detach-sign", str(path))
        with open(signature, "rb") as file:
            return file.read()

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)
