# SPDX-License-Identifier: Apache-2.0
"""
The command lines of the original's documentation do what it says.

documented.txt has the lines.  Each has a function here that knows what it is to do, or
stands below OUT_OF_SCOPE with the reason.
"""

import json
import os
import re
import shutil
import tempfile
from datetime import datetime

import pytest

from conftest import OUT
from harness.engine import Engine, wait_until

LINES = [line.rstrip("\n").split("\t") for line in
         open(os.path.join(os.path.dirname(__file__), "documented.txt")) if line[0] != "#"]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NETWORK = "needs a server: fetching has tests with one on loopback"
OUT_OF_SCOPE = {
    "rkt run https://github.com/coreos/etcd/releases/download/v2.0.0/etcd-v2.0.0-linux-amd64.aci": NETWORK,
    "rkt --insecure-options=image run docker://quay.io/coreos/etcd:v2.0.0": NETWORK,
    "rkt trust --prefix=coreos.com/etcd": NETWORK,
    "rkt run --port=80-tcp:8080 example.com/app1": "forwarding has tests with networks of their own",
    "rkt metadata-service": "does not end: tests/functional/test_metadata_service.py has it",
    "rkt api-service": "not offered",
    "rkt app sandbox": "mutable pods are not offered",
    "rkt attach --mode list UUID": "attaching is not offered",
}
BEHAVIOUR = {}


def does(*lines):
    def register(function):
        BEHAVIOUR.update({line: function for line in lines})
        return function
    return register


class Setting:
    """A store with the images of the documentation, and what a line's words stand for."""

    def __init__(self, work, images):
        self.folder = tempfile.mkdtemp(prefix="documented-", dir=work)
        self.engine = Engine(OUT, os.path.join(self.folder, "data"), work, "coreos")
        data = [{"name": "data", "path": "/var/data", "readOnly": False}]
        labels = [{"name": "version", "value": "v2.0.0"}]
        tools = {name: ("", 0o644) for name in ("/bin/keep",)}
        self.images = {}
        for name, program, more in [
                ("coreos.com/etcd", ["print", "this is etcd"], {"fields": {"labels": labels}}),
                ("example.com/app1", ["print", "this is app1"], {}),
                ("example.com/app2", ["print", "this is app2"], {}),
                ("example.com/sleeper", ["sleep-forever"], {}),
                ("example.com/worker", ["argv"], {"files": tools}),
                ("example.com/syncer", ["argv"], {"files": tools}),
                ("example.com/env-printer", ["env"], {}),
                ("example.com/reader", ["stat", "/var/data", ",", "ls", "/var/data"],
                 {"mountPoints": data}),
                ("example.com/ls", ["ls", "/var/log"], {}),
                ("example.com/ls2", ["ls", "/opt/log"], {"directories": {"/opt/log": (0o755, 0, 0)}})]:
            path = images.build(name=name, exec=["/probe", *program], **more)
            fetched = self.rkt("fetch", path)
            assert fetched.status == 0, fetched
            self.images[name] = (path, fetched.stdout.strip())
        self.directory = os.path.join(self.folder, "srv")
        os.makedirs(self.directory)
        with open(os.path.join(self.directory, "a-file-of-the-host"), "w") as file:
            file.write("x")
        self.uuid_file = os.path.join(self.folder, "uuid")

    def rkt(self, *words, **options):
        return self.engine.rkt(*words, **options)

    def words(self, line, **values):
        """Of a line without its first word; ID and so on replaced."""
        for name, value in {"DIR": self.directory, **values}.items():
            line = re.sub(rf"\b{name}\b", value, line)
        return line.split()[1:]

    def run(self, line, env=None, **values):
        return self.rkt(*self.words(line, **values), env=env)

    def ended(self):
        """The UUID of a pod that has run, which prepare left it to."""
        uuid = self.prepared()
        assert self.rkt("run-prepared", "--net=host", uuid).status == 0
        return uuid

    def prepared(self):
        return self.rkt("prepare", "--quiet", "coreos.com/etcd").stdout.strip()

    def sleeping(self, *names):
        pod = ["run", "--net=host", "--uuid-file-save=@UUID_FILE@"]
        for name in names:
            pod += ["example.com/sleeper", f"--name={name}"]
        pod = self.engine.start_words(*pod)
        wait_until(lambda: self.rkt("status", "--wait-ready=5s", pod.uuid).status == 0 and
                   "state=running" in self.rkt("status", pod.uuid).stdout, pod)
        return pod

    def save(self, uuid):
        with open(self.uuid_file, "w") as file:
            file.write(uuid)
        return self.uuid_file


@pytest.fixture(scope="session")
def whole_setting(work, images):
    setting = Setting(work, images)
    yield setting
    shutil.rmtree(setting.folder, ignore_errors=True)


@pytest.fixture
def setting(whole_setting):
    yield whole_setting
    whole_setting.engine.clean()
    collected = whole_setting.engine.collect()
    assert collected.status == 0, collected


def test_every_line_is_known():
    lines = [line for _, line in LINES]
    assert not set(BEHAVIOUR) - set(lines) and not set(OUT_OF_SCOPE) - set(lines)
    unknown = [line for line in lines if line not in BEHAVIOUR and line not in OUT_OF_SCOPE]
    assert not unknown, "nobody says what they do"


@pytest.mark.parametrize("line", [line for _, line in LINES if line not in OUT_OF_SCOPE])
def test_a_line_does_what_is_documented(setting, line):
    BEHAVIOUR[line](setting, line)


@pytest.mark.parametrize("line", [line for line, why in OUT_OF_SCOPE.items() if "not offered" in why])
def test_what_is_not_offered_fails_at_once(setting, line):
    done = setting.run(line, UUID="00000000")
    assert done.status == 254 and done.stderr.count("\n") == 1


def good(setting, line, **options):
    done = setting.run(line, **options)
    assert done.status == 0, done
    return done


@does("rkt run coreos.com/etcd:v2.0.0", "rkt --insecure-options=image run coreos.com/etcd:v2.0.0",
      "rkt run --net=host coreos.com/etcd:v2.0.0",
      "rkt run --no-overlay=true --insecure-options=image coreos.com/etcd:v2.0.0")
def runs_etcd(setting, line):
    assert "this is etcd" in good(setting, line).text


@does("rkt run ID")
def runs_an_id(setting, line):
    assert "this is etcd" in good(setting, line, ID=setting.images["coreos.com/etcd"][1][:39]).text


@does("rkt --stage1-path=FILE run coreos.com/etcd:v2.0.0")
def options_may_stand_before_the_command(setting, line):
    fly = os.path.join(OUT, "stage1-fly.aci")
    assert "this is etcd" in good(setting, line, FILE=fly).stdout
    assert "stage1-fly" in setting.rkt("image", "list").stdout


@does("rkt run example.com/app1 example.com/app2",
      "rkt --insecure-options=image run example.com/app1 --name=busybox1 example.com/app1 --name=busybox2")
def runs_two(setting, line):
    done = good(setting, line)
    assert done.text.count("this is app") == 2
    assert ("busybox1[" in done.stdout and "busybox2[" in done.stdout) == ("busybox" in line)


@does("rkt --insecure-options=image run example.com/worker --exec /bin/date",
      "rkt --insecure-options=image run example.com/worker --user=1000 --group=100 --exec id")
def the_program_is_overridden(setting, line):
    """The image has no such program: that is how one sees that it was asked for."""
    done = setting.run(line)
    program = line.split()[-1]
    assert done.status == 127 and program in done.stderr, done
    done = setting.run(line.replace(f"--exec {program}", "--exec /probe -- id"))
    assert done.status == 0 and ("1000,1000,1000" in done.text) == ("--user" in line), done


@does("rkt run coreos.com/etcd:v2.0.0 --cpu=750m --memory=128M")
def isolators_are_overridden(setting, line):
    words = ["prepare", "--quiet"] + setting.words(line)[1:]
    uuid = setting.rkt(*words).stdout.strip()
    (app,) = json.loads(setting.rkt("cat-manifest", uuid).stdout)["apps"]
    found = {entry["name"]: entry["value"]["limit"] for entry in app["app"]["isolators"]}
    assert found["resource/cpu"] == "750m" and found["resource/memory"] == "128M"
    assert good(setting, line).status == 0


@does("rkt run example.com/worker -- --loglevel verbose --- example.com/syncer -- --interval 30s")
def arguments_are_passed(setting, line):
    text = good(setting, line).text
    assert "[--loglevel]" in text and "[verbose]" in text and "[--interval]" in text and "[30s]" in text
    assert "[---]" not in text


@does("rkt run example.com/worker --exec /bin/ov -- --loglevel verbose --- example.com/syncer "
      "--exec /bin/syncer2 -- --interval 30s")
def arguments_and_programs(setting, line):
    words = ["prepare", "--quiet"] + setting.words(line)[1:]
    uuid = setting.rkt(*words).stdout.strip()
    apps = json.loads(setting.rkt("cat-manifest", uuid).stdout)["apps"]
    assert [app["app"]["exec"] for app in apps] == [["/bin/ov", "--loglevel", "verbose"],
                                                    ["/bin/syncer2", "--interval", "30s"]]


@does("rkt run example.com/app1 --user-annotation=foo=bar --user-label=hello=world")
def user_data_is_kept(setting, line):
    uuid = setting.rkt("prepare", "--quiet", *setting.words(line)[1:]).stdout.strip()
    (app,) = json.loads(setting.rkt("cat-manifest", uuid).stdout)["apps"]
    assert app["app"]["userAnnotations"] == {"foo": "bar"}
    assert app["app"]["userLabels"] == {"hello": "world"}
    good(setting, line)


@does("rkt run --inherit-env --set-env=FOO=bar --set-env=EXAMPLE_OVERRIDE=over example.com/env-printer",
      "rkt run --inherit-env --set-env=FOO=bar --set-env=EXAMPLE_OVERRIDE=over example.com/env-printer "
      "--environment=EXAMPLE_OVERRIDE=ride")
def the_environment_is_as_documented(setting, line):
    mine = {"PATH": os.environ["PATH"], "EXAMPLE_ENV": "hello", "EXAMPLE_OVERRIDE": "under"}
    found = good(setting, line, env=mine).values()
    assert (found["EXAMPLE_ENV"], found["FOO"]) == ("hello", "bar")
    assert found["EXAMPLE_OVERRIDE"] == ("ride" if "ride" in line else "over")


@does("rkt run --volume data,kind=host,source=DIR,readOnly=false example.com/reader",
      "rkt run --volume data,kind=host,source=DIR,readOnly=false,recursive=false example.com/reader")
def host_volumes(setting, line):
    assert "a-file-of-the-host" in good(setting, line).text


@does("rkt run --volume data,kind=empty,readOnly=false example.com/reader",
      "rkt run --volume data,kind=empty,mode=0700,uid=0,gid=0 example.com/reader")
def empty_volumes(setting, line):
    text = good(setting, line).text
    assert "a-file-of-the-host" not in text
    assert ("0700" in text or " 700" in text) == ("0700" in line), text


@does("rkt run --volume logs,kind=host,source=DIR example.com/ls --mount volume=logs,target=/var/log "
      "example.com/ls2 --mount volume=logs,target=/opt/log")
def mounts_of_an_app(setting, line):
    assert good(setting, line).text.count("a-file-of-the-host") == 2


@does("rkt run --volume logs,kind=host,source=DIR --mount volume=logs,target=/var/log example.com/ls "
      "example.com/ls2")
def mounts_of_all_apps(setting, line):
    """ls2 looks elsewhere, where nothing is mounted now."""
    assert good(setting, line).text.count("a-file-of-the-host") == 1


@does("rkt prepare coreos.com/etcd:v2.0.0", "rkt prepare --quiet coreos.com/etcd:v2.0.0")
def prepare_ends_with_the_uuid(setting, line):
    done = good(setting, line)
    assert UUID.fullmatch(done.stdout.splitlines()[-1])
    if "--quiet" in line:
        assert UUID.fullmatch(done.stdout.rstrip("\n"))
    assert "state=prepared" in setting.rkt("status", done.stdout.split()[-1]).stdout


@does("rkt run-prepared UUID")
def run_prepared(setting, line):
    uuid = setting.prepared()
    assert "this is etcd" in good(setting, line, UUID=uuid[:8]).text
    again = setting.run(line, UUID=uuid)
    assert again.status == 254 and f'pod "{uuid}" is not prepared' in again.stderr
    gone = setting.run(line, UUID="ffffffff")
    assert gone.stderr == 'run-prepared: problem retrieving pod: no matches found for "ffffffff"\n'


@does("rkt enter UUID")
def enter_wants_an_app(setting, line):
    pod = setting.sleeping("redis", "etcd")
    done = setting.run(line, UUID=pod.uuid)
    assert done.status == 254
    assert done.stderr.splitlines() == [
        "enter: pod contains multiple apps:", "enter: \tredis", "enter: \tetcd",
        'enter: unable to determine app name: specify app using "rkt enter --app= ..."']
    assumed = setting.rkt("enter", "--app=etcd", pod.uuid)
    assert 'no command specified, assuming "/bin/bash"' in assumed.stderr


@does("rkt enter --app=busybox1 UUID /probe print inside")
def enter_an_app(setting, line):
    pod = setting.sleeping("busybox1", "busybox2")
    assert good(setting, line, UUID=pod.uuid).stdout == "inside\n"


@does("rkt list", "rkt list --full", "rkt list --format=json")
def lists(setting, line):
    uuid = setting.ended()
    done = good(setting, line)
    if "json" in line:
        assert done.stderr == "" and uuid in [pod["name"] for pod in json.loads(done.stdout)]
        return
    heading, *rows = [re.split(r"\t+", row) for row in done.stdout.splitlines()]
    full = "--full" in line
    assert heading == ["UUID", "APP", "IMAGE NAME"] + ["IMAGE ID"] * full + [
        "STATE", "CREATED", "STARTED", "NETWORKS"]
    (row,) = [row for row in rows if row[0] == (uuid if full else uuid[:8])]
    assert row[1:3] == ["etcd", "coreos.com/etcd:v2.0.0"]
    assert "exited" in row
    if full:
        assert row[3] == setting.images["coreos.com/etcd"][1][:19]


@does("rkt status UUID", "rkt status --wait UUID", "rkt status --wait=10s UUID",
      "rkt status --wait-ready UUID")
def tells_the_status(setting, line):
    uuid = setting.ended()
    lines = good(setting, line, UUID=uuid[:8]).stdout.splitlines()
    found = dict(row.split("=", 1) for row in lines)
    assert list(found) == ["state", "created", "started", "networks", "pid", "exited", "app-etcd"]
    assert (found["state"], found["exited"], found["app-etcd"]) == ("exited", "true", "0")
    assert datetime.strptime(found["created"].split(" +")[0].split(".")[0], "%Y-%m-%d %H:%M:%S")
    gone = setting.run(line, UUID="ffffffff")
    assert gone.status == 254
    assert gone.stderr == 'status: problem retrieving pod: no matches found for "ffffffff"\n'


@does("rkt status --format=json-pretty UUID")
def tells_the_status_as_json(setting, line):
    uuid = setting.ended()
    done = good(setting, line, UUID=uuid)
    found = json.loads(done.stdout)
    assert done.stderr == "" and done.stdout.startswith('{\n\t"name"')
    assert (found["name"], found["state"], found["app_names"]) == (uuid, "exited", ["etcd"])
    assert found["apps"][0]["exit_code"] == 0


@does("rkt stop UUID", "rkt stop --force UUID", "rkt stop --uuid-file=FILE")
def stops(setting, line):
    pod = setting.sleeping("app")
    values = {"UUID": pod.uuid[:8], "FILE": setting.save(pod.uuid)}
    done = good(setting, line, **values)
    assert done.stdout == f'"{pod.uuid}"\n'
    pod.wait()
    again = good(setting, line, **values)
    assert again.stdout == f'pod "{pod.uuid}" is already stopped\n'
    gone = setting.rkt("stop", "ffffffff")
    assert gone.status == 254
    assert gone.stderr == 'stop: cannot get pod: no matches found for "ffffffff"\n'
    waiting = setting.prepared()
    refused = setting.rkt("stop", waiting)
    assert refused.status == 254 and refused.stderr == f'stop: pod "{waiting}" is not running\n'


@does("rkt rm UUID", "rkt rm --uuid-file=FILE")
def removes(setting, line):
    uuid = setting.ended()
    done = good(setting, line, UUID=uuid[:8], FILE=setting.save(uuid))
    assert done.stdout == f'"{uuid}"\n'
    assert setting.rkt("status", uuid).status == 254
    pod = setting.sleeping("app")
    refused = setting.run(line, UUID=pod.uuid, FILE=setting.save(pod.uuid))
    assert refused.status == 254
    assert refused.stderr == f'rm: pod "{pod.uuid}" is currently running\n'


@does("rkt gc --grace-period=30m0s", "rkt gc --grace-period=0s", "rkt gc --mark-only")
def collects(setting, line):
    uuid, waiting = setting.ended(), setting.prepared()
    done = good(setting, line)
    assert f'gc: moving pod "{uuid}" to garbage\n' in done.stderr
    assert (f'gc: pod "{uuid}" not removed: still within grace period (30m0s)\n'
            in done.stderr) == ("30m" in line)
    assert (f'Garbage collecting pod "{uuid}"\n' in done.stdout) == ("0s" in line and "30m" not in line)
    again = good(setting, "rkt gc --grace-period=0s --expire-prepared=0s")
    assert f'gc: moving expired prepared pod "{waiting}" to garbage\n' in again.stderr


@does("rkt cat-manifest UUID", "rkt cat-manifest --pretty-print=false UUID")
def shows_the_manifest(setting, line):
    done = good(setting, line, UUID=setting.prepared())
    manifest = json.loads(done.stdout)
    assert done.stderr == "" and manifest["acKind"] == "PodManifest"
    assert (done.stdout.count("\n") == 1) == ("false" in line)


@does("rkt export UUID FILE")
def exports(setting, line):
    out = os.path.join(setting.folder, "pod.aci")
    good(setting, line, UUID=setting.ended(), FILE=out)
    assert os.path.getsize(out) > 0
    os.unlink(out)


@does("rkt image cat-manifest coreos.com/etcd")
def shows_the_image(setting, line):
    manifest = json.loads(good(setting, line).stdout)
    assert (manifest["acKind"], manifest["name"]) == ("ImageManifest", "coreos.com/etcd")


@does("rkt image export coreos.com/etcd FILE")
def exports_the_image(setting, line):
    out = os.path.join(setting.folder, "etcd.aci")
    good(setting, line, FILE=out)
    assert setting.rkt("fetch", out).stdout.strip() == setting.images["coreos.com/etcd"][1]
    os.unlink(out)


@does("rkt image extract coreos.com/etcd DIR/etcd-extracted",
      "rkt image extract --rootfs-only coreos.com/etcd DIR/etcd-extracted")
def extracts(setting, line):
    good(setting, line, DIR=setting.folder)
    out = os.path.join(setting.folder, "etcd-extracted")
    assert ("manifest" in os.listdir(out)) == ("--rootfs-only" not in line)
    shutil.rmtree(out)


@does("rkt image gc --grace-period 48h")
def keeps_what_is_young(setting, line):
    before = setting.rkt("image", "list", "--no-legend", "--fields=id").stdout
    done = good(setting, line)
    assert done.stdout == "" and done.stderr == ""
    assert setting.rkt("image", "list", "--no-legend", "--fields=id").stdout == before


@does("rkt image list", "rkt image list --full")
def lists_images(setting, line):
    rows = [re.split(r"\t+", row) for row in good(setting, line).stdout.splitlines()]
    assert rows[0] == ["ID", "NAME", "SIZE", "IMPORT TIME", "LAST USED"]
    name = setting.images["coreos.com/etcd"][1]
    full = "--full" in line
    (row,) = [row for row in rows if row[1] == "coreos.com/etcd:v2.0.0"]
    assert row[0] == (name if full else name[:19]) and row[2].isdigit() == full


@does("rkt image rm ID example.com/app1")
def removes_images(setting, line):
    first, second = setting.images["example.com/app2"], setting.images["example.com/app1"]
    done = good(setting, line, ID=first[1][:25])
    assert done.stdout.splitlines() == [
        f'successfully removed aci for image: "{first[1]}" ("example.com/app2")',
        f'successfully removed aci for image: "{second[1]}" ("example.com/app1")']
    assert done.stderr == "rm: 2 image(s) successfully removed\n"
    for path, name in (first, second):
        assert setting.rkt("fetch", path).stdout.strip() == name


@does("rkt image verify coreos.com/etcd:v2.0.0 ID")
def verifies(setting, line):
    name = setting.images["example.com/app1"][1]
    done = good(setting, line, ID=name[:19])
    assert done.stdout.splitlines() == [
        f'successfully verified checksum for image: "{asked}" ("{whole}")' for asked, whole in
        [("coreos.com/etcd:v2.0.0", setting.images["coreos.com/etcd"][1]), (name[:19], name)]]


@does("rkt fetch FILE", "rkt --insecure-options=image fetch --full FILE")
def fetches(setting, line):
    path, name = setting.images["coreos.com/etcd"]
    done = good(setting, line, FILE=path)
    assert done.stdout.splitlines()[-1].startswith(name[:19])


@does("rkt config")
def prints_the_configuration(setting, line):
    kinds = [entry["rktKind"] for entry in json.loads(good(setting, line).stdout)["stage0"]]
    assert "paths" in kinds and "stage1" in kinds


@does("rkt version")
def is_a_version(setting, line):
    lines = good(setting, line).stdout.splitlines()
    assert [row.split(": ")[0] for row in lines] == ["rkt Version", "appc Version"]
    number = r"(0|[1-9]\d*)"
    part = r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
    semantic = rf"{number}\.{number}\.{number}(-{part})?(\+{part})?"
    assert re.fullmatch(semantic, lines[0].split(": ")[1]) and "1.30.0+" in lines[0]
    assert re.fullmatch(semantic, lines[1].split(": ")[1])
