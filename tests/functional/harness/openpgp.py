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

    def fingerprint(self, name):
        listing = self.gpg("--with-colons", "--list-keys", f"{name}@example.com").decode()
        lines = [line.split(":") for line in listing.splitlines()]
        return next(line[9] for line in lines if line[0] == "fpr")

    def make(self, name, expire="0", algorithm="ed25519"):
        """Makes a key for NAME@example.com; its fingerprint in lower case."""
        self.gpg("--quick-gen-key", f"{name} <{name}@example.com>", algorithm, "sign", expire)
        return self.fingerprint(name).lower()

    def make_master(self, name, expire):
        """A key that only certifies, with a subkey that signs until it expires; the key's fingerprint."""
        self.gpg("--quick-gen-key", f"{name} <{name}@example.com>", "ed25519", "cert", "0")
        fingerprint = self.fingerprint(name)
        self.gpg("--quick-add-key", fingerprint, "ed25519", "sign", expire)
        return fingerprint.lower()

    def revoke(self, name):
        """By the certificate that gpg has made with the key, disarmed by a colon."""
        path = os.path.join(self.home, "openpgp-revocs.d", f"{self.fingerprint(name)}.rev")
        with open(path) as file:
            text = file.read().replace(":-----BEGIN", "-----BEGIN")
        certificate = os.path.join(self.home, "revocation")
        with open(certificate, "w") as file:
            file.write(text)
        self.gpg("--import", certificate)

    def public(self, name):
        return self.gpg("--armor", "--export", f"{name}@example.com")

    def sign(self, name, path, armor=True, options=()):
        signature = f"{path}.{name}.asc"
        if os.path.exists(signature):
            os.unlink(signature)
        self.gpg(*(["--armor"] if armor else []), *options, "--local-user", f"{name}@example.com", "--output",
                 signature, "--detach-sign", str(path))
        with open(signature, "rb") as file:
            return file.read()

    def close(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)
        shutil.rmtree(self.home, ignore_errors=True)
