# SPDX-License-Identifier: Apache-2.0
"""Every flag that the original's documentation has is there, with its default, and takes its values."""

import os
import re
import subprocess

import pytest

from conftest import OUT

FLAGS = [line.rstrip("\n").split("\t") for line in
         open(os.path.join(os.path.dirname(__file__), "documented_flags.txt")) if line[0] != "#"]
COMMANDS = sorted({command for command, *_ in FLAGS if command != "*"})
# They work and change nothing, or are another name of one that is shown.
NOT_SHOWN = {("fetch", "full"), ("run", "oom-score-adjust")}
# No image or pod is looked for, so these have to fail before there could be one.
MISSING = "example.com/none"


def rkt(folder, *words):
    return subprocess.run([os.path.join(OUT, "rkt"), f"--dir={folder}/data", *words], text=True, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def shown(folder, command):
    """{flag: its paragraph} of a command's help."""
    done = rkt(folder, "help", *command.split())
    assert done.returncode == 0, done
    found = re.split(r"^ +(?:-\w, )?--", done.stdout, flags=re.M)[1:]
    return {re.match(r"[a-z0-9-]+", text).group(): " ".join(text.split()) for text in found}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_each_flag_and_its_default(work, command):
    flags = shown(work, command)
    for of, flag, default, _ in FLAGS:
        if of not in (command, "*") or (of, flag) in NOT_SHOWN:
            continue
        assert flag in flags, flag
        told = re.search(r"Default: (\S+)\.( |$)", flags[flag])
        assert (told.group(1) if told else "none") in (default, "none"), flags[flag]
        if default not in ("none", "false", "null") and flag != "dir":
            assert told or default in flags[flag], flags[flag]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_flag_is_taken(work, command, tmp_path):
    (tmp_path / "file").write_text("")
    for of, flag, _, value in FLAGS:
        if of not in (command, "*"):
            continue
        value = value.replace("FILE", f"{tmp_path}/file").replace("DIR", str(tmp_path))
        verb = command.split()
        words = [] if verb[-1] in ("list", "gc") else [MISSING]
        policy = ["--store-only"] if verb[0] in ("run", "prepare", "fetch") else []
        done = rkt(work, *verb, *policy, *words, f"--{flag}={value}")
        assert "unknown option" not in done.stderr and f"--{flag}:" not in done.stderr, done
