# SPDX-License-Identifier: Apache-2.0
"""rkt config, and the commands that explain rkt itself."""

import json
import os
import subprocess

import pytest

from conftest import OUT
from harness.pty_session import PtySession

RKT = os.path.join(OUT, "rkt")


def write(place, name, /, **fields):
    path = os.path.join(place, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        json.dump({"rktVersion": "v1", **fields}, file)


class Places:
    def __init__(self, root):
        self.vendor, self.machine, self.user = (os.path.join(root, name) for name in
                                                ("vendor", "machine", "user"))
        for place in (self.vendor, self.machine, self.user):
            os.makedirs(place)

    def rkt(self, *words, user=True):
        command = [RKT, f"--system-config={self.vendor}", f"--local-config={self.machine}"]
        if user:
            command.append(f"--user-config={self.user}")
        return subprocess.run(command + list(words), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)

    def entries(self, **options):
        done = self.rkt("config", **options)
        assert (done.returncode, done.stderr) == (0, ""), done
        return json.loads(done.stdout)["stage0"]

    def entry(self, kind, **options):
        (found,) = [entry for entry in self.entries(**options) if entry["rktKind"] == kind]
        return found


@pytest.fixture
def places(tmp_path):
    return Places(str(tmp_path))


def test_the_defaults(places):
    assert places.entry("paths") == {"rktVersion": "v1", "rktKind": "paths", "data": "/var/lib/rkt"}
    stage1 = places.entry("stage1")
    version = subprocess.run([RKT, "version"], stdout=subprocess.PIPE, text=True).stdout.split()[2]
    assert (stage1["name"], stage1["version"]) == ("coreos.com/rkt/stage1-coreos", version)
    assert places.rkt("config").stdout.startswith('{\n\t"stage0": [\n\t\t{\n')
    assert "\n" not in places.rkt("config", "--pretty-print=false").stdout.rstrip("\n")


def test_later_places_override_value_by_value(places):
    write(places.vendor, "paths.d/a.json", rktKind="paths", data="/v", **{"stage1-images": "/vi"})
    write(places.machine, "paths.d/b.json", rktKind="paths", data="/m")
    write(places.vendor, "stage1.d/a.json", rktKind="stage1", name="a", version="1", location="/a")
    write(places.user, "stage1.d/a.json", rktKind="stage1", name="b", version="2")
    assert places.entry("paths") == {"rktVersion": "v1", "rktKind": "paths", "data": "/m",
                                     "stage1-images": "/vi"}
    assert places.entry("stage1")["name"] == "b"
    assert places.entry("stage1")["location"] == "/a"
    assert places.entry("stage1", user=False)["name"] == "a"


def test_credentials_are_split_by_domain(places):
    """The example of the original's documentation."""
    write(places.machine, "auth.d/basic.json", rktKind="auth", type="basic",
          domains=["foo.com", "bar.com", "baz.com"],
          credentials={"user": "sysUser", "password": "sysPassword"})
    write(places.user, "auth.d/basic.json", rktKind="auth", type="oauth", domains=["foo.com"],
          credentials={"token": "t"})
    write(places.vendor, "auth.d/docker.json", rktKind="dockerAuth", registries=["quay.io"],
          credentials={"user": "foo", "password": "bar"})
    found = [entry for entry in places.entries() if entry["rktKind"] == "auth"]
    system = {"user": "sysUser", "password": "sysPassword"}
    assert found == [
        {"rktVersion": "v1", "rktKind": "auth", "domains": [domain], "type": kind,
         "credentials": credentials}
        for domain, kind, credentials in [("bar.com", "basic", system), ("baz.com", "basic", system),
                                          ("foo.com", "oauth", {"token": "t"})]]
    docker = places.entry("dockerAuth")
    assert docker == {"rktVersion": "v1", "rktKind": "dockerAuth", "registries": ["quay.io"],
                      "credentials": {"user": "foo", "password": "bar"}}


def test_what_is_printed_is_a_configuration(places, tmp_path):
    """Written to files again, each entry gives the same."""
    write(places.vendor, "paths.d/a.json", rktKind="paths", data="/v")
    write(places.machine, "auth.d/a.json", rktKind="auth", type="aws", domains=["s3.com"],
          credentials={"accessKeyID": "k", "secretAccessKey": "s", "awsRegion": "r"})
    entries = places.entries()
    folders = {"paths": "paths.d", "stage1": "stage1.d", "auth": "auth.d", "dockerAuth": "auth.d",
               "stage1Policy": "stage1-policy.d"}
    os.makedirs(tmp_path / "again")
    again = Places(str(tmp_path / "again"))
    for number, entry in enumerate(entries):
        write(again.machine, f"{folders[entry['rktKind']]}/{number}.json", **entry)
    assert again.entries() == entries


@pytest.mark.parametrize("name, fields, said", [
    ("paths.d/x.json", {"rktKind": "stage1"}, "rktKind"),
    ("paths.d/x.json", {"rktKind": "paths", "data": "relative"}, "data"),
    ("auth.d/x.json", {"rktKind": "auth", "type": "magic", "domains": ["a"], "credentials": {}},
     "magic"),
    ("stage1.d/x.json", {"rktKind": "stage1", "name": "x"}, "version"),
])
def test_a_bad_file_is_named(places, name, fields, said):
    write(places.machine, name, **fields)
    done = places.rkt("config")
    assert done.returncode == 254 and done.stdout == ""
    assert done.stderr.startswith("config: cannot get configuration: ")
    assert name in done.stderr and said in done.stderr and done.stderr.count("\n") == 1


def test_completion(places, tmp_path):
    done = places.rkt("completion", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "script"
    script.write_text(done.stdout)
    offered = subprocess.run(
        ["bash", "-c", f". {script}; COMP_WORDS=(rkt image ver); COMP_CWORD=2; _rkt rkt ver image; "
         "echo ${COMPREPLY[@]}; COMP_WORDS=(rkt gc --gr); _rkt rkt --gr gc; echo ${COMPREPLY[@]}"],
        stdout=subprocess.PIPE, text=True)
    assert offered.stdout.split() == ["verify", "--grace-period="]
    for words, text in [((), "shell type is not specified"), (("a", "b"), "too many arguments"),
                        (("ksh",), "'ksh' shell is not supported")]:
        refused = places.rkt("completion", *words)
        assert refused.returncode == 254 and text in refused.stderr


def offered_by_fish(script, line):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
                          env={**os.environ, "PATH": f"{OUT}:{os.environ['PATH']}"}, text=True,
                          stdout=subprocess.PIPE)
    return [text.split("\t")[0] for text in done.stdout.splitlines()]


def test_completion_of_fish(places, tmp_path):
    done = places.rkt("completion", "fish")
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "script"
    script.write_text(done.stdout)
    assert "image" in offered_by_fish(script, "rkt i")
    assert offered_by_fish(script, "rkt image ver") == ["verify"]
    assert offered_by_fish(script, "rkt gc --gr") == ["--grace-period"]
    assert offered_by_fish(script, "rkt --debug status --format=") == ["--format=json", "--format=json-pretty"]


# A shell in a terminal, that is told to complete: nothing else makes zsh's completion run.  Its prompt
# tells that the terminal is the line editor's.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source SCRIPT; PS1=rea""dy'
zpty -r shell line '*ready*'
zpty -w -n shell $'LINE\t; echo [en''d]\n'
zpty -r shell line '*\\[end\\]*'
print -r -- $line
"""


def offered_by_zsh(script, line):
    text = ZSH.replace("SCRIPT", str(script)).replace("LINE", line)
    done = subprocess.run(["zsh", "-f", "-c", text], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, timeout=60)
    return done.stdout


def test_completion_of_zsh(places, tmp_path):
    done = places.rkt("completion", "zsh")
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "script"
    script.write_text(done.stdout)
    for line, whole in [("echo rkt image ver", "image verify"), ("rkt image ver", "image verify"),
                        ("rkt gc --gr", "gc --grace-period"), ("rkt --debug vers", "--debug version")]:
        assert (whole in offered_by_zsh(script, line)) == (not line.startswith("echo")), line


def rkt(*words, env=None):
    return subprocess.run([RKT, *words], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, stdin=subprocess.DEVNULL)


IMAGE = os.path.join(OUT, "stage1-fly.aci")


def test_global_options_come_from_the_environment(tmp_path):
    env = {"RKT_DIR": str(tmp_path / "one"), "RKT_INSECURE_OPTIONS": "tls,image", "RKT_DEBUG": ""}
    assert rkt("fetch", IMAGE, env=env).returncode == 0
    assert "stage1-fly" in rkt("image", "list", env=env).stdout
    # The command line overrides it as a whole.
    assert "stage1-fly" not in rkt(f"--dir={tmp_path}/two", "image", "list", env=env).stdout
    refused = rkt("fetch", "--insecure-options=none", IMAGE, env=env)
    assert refused.returncode == 254 and "signature" in refused.stderr
    assert rkt("fetch", "--insecure-options=http", IMAGE, env=env).returncode == 254
    for name, value in [("RKT_DEBUG", "maybe"), ("RKT_INSECURE_OPTIONS", "none,sleep")]:
        bad = rkt("list", env={**env, name: value})
        assert bad.returncode == 254 and bad.stderr.count("\n") == 1
        assert value.split(",")[-1] in bad.stderr and "environment" in bad.stderr


@pytest.mark.parametrize("words", [
    ["--dir=D", "--insecure-options=image", "fetch", "I"],
    ["--dir", "D", "--insecure-options", "image", "fetch", "I"],
    ["fetch", "--dir", "D", "I", "--insecure-options=none,image"],
    ["--insecure-options=all-fetch,all-run", "fetch", "I", "--dir=D"],
    ["--debug", "--full", "fetch", "--dir=D", "--insecure-options=all", "--", "I"],
    ["--debug=false", "--insecure-options=ondisk,image", "--trust-keys-from-https=true",
     "--dir=D", "--user-config=/nowhere", "fetch", "I"],
])
def test_options_stand_before_and_after_the_command(tmp_path, words):
    done = rkt(*[word.replace("D", str(tmp_path)) if "D" in word else IMAGE if word == "I" else word
                 for word in words])
    assert done.returncode == 0 and done.stdout.startswith("sha512-"), done


def test_tables_fit_the_terminal(tmp_path):
    assert rkt(f"--dir={tmp_path}", "--insecure-options=image", "fetch", IMAGE).returncode == 0
    command = [RKT, f"--dir={tmp_path}", "image", "list"]
    for columns in (60, 80):
        terminal = PtySession(command, columns=columns)
        assert terminal.wait() == 0
        lines = [line.expandtabs() for line in terminal.text.splitlines()]
        assert len(lines) == 2 and max(map(len, lines)) <= columns, lines
        assert "coreos.c" in lines[1]
    assert "…" in lines[1]
    # What is read by programs is whole, and so is what was asked for in full.
    assert "…" not in rkt(*command[1:]).stdout
    terminal = PtySession([*command, "--full"], columns=60)
    assert terminal.wait() == 0 and "…" not in terminal.text


def test_a_command_must_be_given():
    done = rkt()
    assert done.returncode == 254 and done.stderr == "rkt: missing command\n"
    assert "Commands:" in done.stdout
    assert rkt("--help").returncode == 0
