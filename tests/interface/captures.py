# SPDX-License-Identifier: Apache-2.0
"""What an entrypoint saw: reads the captures of the original, and what our own stub writes in the same form."""

import os
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data" / "rkt-stub"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TREE = re.compile(r"deps-sha512-[0-9a-f]{64}")
IMAGE = re.compile(r"sha512-[0-9a-f]{8,128}")


VARYING = [
    (TREE, "TREE"),
    (IMAGE, "IMAGE"),
    (UUID, "UUID"),
    (re.compile(r"--private-users=\d+:"), "--private-users=BASE:"),
    (re.compile(r"\bpid=\d+"), "pid=PID"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC"), "TIME"),
]
# What steers the recording stub, and the number of the lock's descriptor (see Capture._fd_facts).
RECORDERS_OWN = ("STUB_EXIT", "STUB_SLEEP", "STUB_LOG", "TMPDIR", "RKT_LOCK_FD")


def plain(text):
    """Without what differs from run to run."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


class Capture:
    """One call of an entrypoint."""

    def __init__(self, text, data="/var/lib/rkt"):
        self.sections = {}
        self.values = {}
        section = None
        for line in text.splitlines():
            if line.startswith("    ") and section is not None:
                self.sections[section].append(line.strip())
                continue
            name, _, value = line.partition(":")
            if value.strip() == "":
                section = name
                self.sections[section] = []
            else:
                self.values[name] = value[1:]
        self._data = data

    def _plain(self, text):
        return plain(text.replace(self._data, "/var/lib/rkt"))

    @property
    def argv(self):
        return [self._plain(self.values[f"argv[{i}]"]) for i in range(int(self.values["argc"]))]

    @property
    def raw_argv(self):
        return [self.values[f"argv[{i}]"] for i in range(int(self.values["argc"]))]

    @property
    def cwd(self):
        return self._plain(self.values["cwd"])

    @property
    def umask(self):
        return self.values["umask"]

    @property
    def ids(self):
        return dict(word.split("=") for word in self.values["ids"].split())

    @property
    def env(self):
        return dict(line.split("=", 1) for line in self.sections["env"])

    @property
    def fds(self):
        """{number: (where, how)}; how with the state of the lock."""
        found = {}
        for line in self.sections["fds"]:
            number, _, rest = line.partition(" -> ")
            where, _, how = rest.partition(" flags=")
            found[int(number)] = (self._plain(where), how)
        return found

    @property
    def status(self):
        return {name: value.strip() for name, _, value in
                (line.partition(":") for line in self.sections["status"])}

    @property
    def mounts(self):
        """[(place, file system)]"""
        lines = [line.split() for line in self.sections["mounts under cwd"]]
        return [(self._plain(words[4]), words[words.index("-") + 1]) for words in lines]

    @property
    def listing(self):
        """{name: (mode, owner)}"""
        found = {}
        for line in self.sections["cwd listing"]:
            mode, owner, _, name = line.split(maxsplit=3)
            found[name] = (mode, owner)
        return found

    @property
    def namespaces(self):
        return dict(line.split("=") for line in self.sections["namespaces"])

    def _fd_facts(self):
        """Where the caller's own streams lead is the caller's matter; the lock is known by its variable."""
        lock = self.env.get("RKT_LOCK_FD")
        found = {}
        for number, (where, how) in self.fds.items():
            if number <= 2:
                found[f"fd {number}"] = where if where == "/dev/null" else "a stream"
                continue
            flags, _, held = how.partition(" ")
            mode = "directory" if int(flags, 8) & os.O_DIRECTORY else "file"
            found["fd lock" if str(number) == lock else f"fd {number}"] = (where, mode, held)
        return found

    def facts(self):
        """All that must be equal, flat: {name: value}."""
        found = {"argv": self.argv, "cwd": self.cwd, "umask": self.umask, **self._fd_facts(),
                 **{name: self.ids[name] for name in ("uid", "euid", "gid", "egid")}}
        found.update({f"env {name}": self._plain(value) for name, value in self.env.items()
                      if name not in RECORDERS_OWN})
        found.update({f"status {name}": value for name, value in self.status.items()})
        found.update({f"mount {place}": kind for place, kind in self.mounts})
        found.update({f"file {name}": what for name, what in self.listing.items()})
        return found


def read_text(path):
    with open(path) as file:
        return file.read()


def read(case, entrypoint):
    return Capture(read_text(FOLDER / case / entrypoint))


def command(case):
    """The words after "rkt" of a CASE.cmd."""
    words = read_text(FOLDER / f"{case}.cmd").strip()
    assert words.startswith("$ rkt ")
    return words.removeprefix("$ rkt ").split(" ")


def output(case):
    """(what rkt printed, its exit status)"""
    text = read_text(FOLDER / f"{case}.out")
    match = re.search(r"^rc=(\d+)$", text, re.M)
    return text[:match.start()], int(match.group(1))


def cases(entrypoint):
    """Every captured case with this entrypoint."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{entrypoint}"))
