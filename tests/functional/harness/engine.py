# SPDX-License-Identifier: Apache-2.0
"""The rkt under test: one data directory, one isolator."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MARK = re.compile(r"^\[ *\d+\.\d{6}\] (\S+?)\[(\d+)\]: ", re.M)
PATIENCE = float(os.environ.get("RKT_TESTS_PATIENCE", "1"))  # how much slower than usual this machine is
TIMEOUT_S = 60 * PATIENCE


class Result:
    """How a command ended.  text and error_text are its output without the marks of log lines."""

    def __init__(self, status, stdout, stderr):
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.text = MARK.sub("", stdout)
        self.content = self.text.removesuffix("\n")  # a log ends each line, a file perhaps not
        self.error_text = MARK.sub("", stderr)

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.stdout[-2000:]}\nstderr: {self.stderr[-2000:]}"

    def values(self):
        """NAME=VALUE lines as a dictionary."""
        return dict(line.split("=", 1) for line in self.text.splitlines() if "=" in line)


class Pod:
    """A pod that runs in the background; its output lies in files, so it never blocks."""

    def __init__(self, engine, arguments, env=None, stdin=subprocess.DEVNULL, pass_fds=()):
        self.engine = engine
        self.folder = tempfile.mkdtemp(dir=engine.work)
        self.uuid_file = os.path.join(self.folder, "uuid")
        words = [a.replace("@UUID_FILE@", self.uuid_file) for a in arguments]
        with open(self._path("out"), "wb") as out, open(self._path("err"), "wb") as err:
            self.process = subprocess.Popen(
                engine.command(words), stdin=stdin, stdout=out, stderr=err, env=env,
                start_new_session=True, pass_fds=pass_fds)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _read(self, name):
        with open(self._path(name), "rb") as file:
            return file.read().decode(errors="surrogateescape")

    @property
    def pid(self):
        return self.process.pid

    @property
    def uuid(self):
        wait_until(lambda: os.path.exists(self.uuid_file) and open(self.uuid_file).read(), self)
        with open(self.uuid_file) as file:
            return file.read().strip()

    def result(self):
        status = self.process.poll()
        return Result(None if status is None else shell_status(status), self._read("out"),
                      self._read("err"))

    def __repr__(self):
        return repr(self.result())

    def wait_for(self, text, timeout=20):
        """Until its output has this text."""
        wait_until(lambda: text in self._read("out") or text in self._read("err"), self, timeout,
                   self.process)
        return self

    def send(self, number):
        os.kill(self.process.pid, number)

    def wait(self, timeout=TIMEOUT_S):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the pod does not end: {self}")
        return self.result()

    def kill(self):
        """For the end of a test: its whole session, whatever it is doing."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def shell_status(status):
    return 128 - status if status < 0 else status


def wait_until(condition, about, timeout=20, process=None):
    end = time.monotonic() + timeout * PATIENCE
    while not condition():
        ended = process is not None and process.poll() is not None
        assert time.monotonic() < end and not (ended and not condition()), \
            f"waited in vain for {about}"
        time.sleep(0.01)


class Engine:
    def __init__(self, out, data, work, level):
        self.out = out
        self.data = data
        self.work = work
        self.level = level
        self.pods = []
        self.uuids = set()
        self.default_image = None
        os.makedirs(os.path.join(work, "config"), exist_ok=True)

    def accept_emulation(self):
        """Where the processor cannot run guests, each run would say so."""
        os.makedirs(os.path.join(self.data, "vm-templates"), 0o700, exist_ok=True)
        with open(os.path.join(self.data, "vm-templates/emulated"), "w"):
            pass

    @property
    def stage1(self):
        return os.path.join(self.out, f"stage1-{self.level}.aci")

    @property
    def quiet_network(self):
        """A --net that every level takes as it is, without a warning."""
        return "--net=none" if self.level == "kvm" else "--net=host"

    @property
    def config(self):
        return os.path.join(self.work, "config")

    def _with_network(self, words):
        """Pods are in no network unless a test asks for one: the host's is not to be touched."""
        ours = words[:words.index("--")] if "--" in words else words
        verb = next((i for i, word in enumerate(ours) if not word.startswith("-")), None)
        if verb is None or words[verb] not in ("run", "run-prepared") or self.level == "fly" or \
                any(word.partition("=")[0] == "--net" for word in ours):
            return words
        return [*words[:verb + 1], "--net=none", *words[verb + 1:]]

    def command(self, words):
        return [os.path.join(self.out, "rkt"), f"--dir={self.data}",
                "--insecure-options=image", f"--local-config={self.config}",
                f"--system-config={self.config}", f"--user-config={self.config}",
                *self._with_network(list(words))]

    def rkt(self, *words, input=None, timeout=TIMEOUT_S, env=None):
        """Runs a subcommand to its end."""
        done = subprocess.run(
            self.command(words), input=input, timeout=timeout, env=env,
            stdin=subprocess.DEVNULL if input is None else None,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        self.note_uuids()
        return Result(shell_status(done.returncode),
                      done.stdout.decode(errors="surrogateescape"),
                      done.stderr.decode(errors="surrogateescape"))

    def _words(self, verb, arguments, pod, app, image, execute):
        words = [verb, f"--stage1-path={self.stage1}", *pod, image or self.default_image,
                 "--name=app"]
        if execute is not None:
            words.append(f"--exec={execute}")
        words += app
        return words + (["--", *arguments] if arguments else [])

    def run(self, *arguments, pod=(), app=(), image=None, execute="/probe", **options):
        """Runs a pod of one app, the probe with these arguments, to its end."""
        return self.rkt(*self._words("run", arguments, pod, app, image, execute), **options)

    def start(self, *arguments, pod=(), app=(), image=None, execute="/probe", **options):
        """The same in the background."""
        pod = ["--uuid-file-save=@UUID_FILE@", *pod]
        return self.start_words(*self._words("run", arguments, pod, app, image, execute),
                                **options)

    def start_words(self, *words, **options):
        self.pods.append(Pod(self, words, **options))
        return self.pods[-1]

    def run_apps(self, *apps, pod=(), start=False):
        """A pod of several apps: each a list of app options, "--" and arguments."""
        words = ["run", f"--stage1-path={self.stage1}", *pod]
        if start:
            words.insert(1, "--uuid-file-save=@UUID_FILE@")
        for i, app in enumerate(apps):
            words += (["---"] if i > 0 else []) + [self.default_image, "--exec=/probe", *app]
        return self.start_words(*words) if start else self.rkt(*words)

    def run_pod(self, folder, *arguments, **members):
        """A pod of one app by a manifest, which has these members beside those that rkt writes."""
        prepared = self.rkt("prepare", "--quiet", f"--stage1-path={self.stage1}",
                            self.default_image, "--name=app", "--exec=/probe", "--", *arguments)
        assert prepared.status == 0, prepared
        manifest = json.loads(self.rkt("cat-manifest", prepared.stdout.strip()).stdout)
        manifest.update(members)
        path = os.path.join(folder, "pod.json")
        with open(path, "w") as file:
            json.dump(manifest, file)
        return self.rkt("run", f"--stage1-path={self.stage1}", f"--pod-manifest={path}")

    def pod_directory(self, uuid):
        for state in os.listdir(os.path.join(self.data, "pods")):
            path = os.path.join(self.data, "pods", state, uuid)
            if os.path.isdir(path):
                return path
        raise AssertionError(f"no pod {uuid}")

    def results(self, uuid):
        """What the stage1 wrote: rkt/status and so on, in the overlay's upper layer or the copy."""
        pod = self.pod_directory(uuid)
        for folder, names, _ in os.walk(os.path.join(pod, "overlay")):
            if os.path.basename(folder) == "upper":
                return os.path.join(folder, "rkt")
        return os.path.join(pod, "stage1/rootfs/rkt")

    def note_uuids(self):
        pods = os.path.join(self.data, "pods")
        if os.path.isdir(pods):
            for state in os.listdir(pods):
                self.uuids.update(name for name in os.listdir(os.path.join(pods, state)) if UUID.fullmatch(name))

    def clean(self):
        """Ends what a test has left and collects it."""
        self.note_uuids()
        for pod in self.pods:
            if pod.process.poll() is None:
                pod.kill()
        self.pods = []
        self.note_uuids()

    def collect(self):
        return self.rkt("gc", "--grace-period=0", "--expire-prepared=0")
