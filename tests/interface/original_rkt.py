# SPDX-License-Identifier: Apache-2.0
"""
A stage0 that knows our stage1 by the interface alone.

It lays out pods, calls entrypoints and cleans up as the original rkt 1.30 was
seen to do, and shares no code with our own: images are unpacked by Python's
tarfile, overlays mounted where this process runs (see host_namespace).
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import tarfile
import tempfile
import time
import uuid as uuids

import host_namespace
from harness.engine import Result, shell_status, wait_until

LOCK_FD = 7
CALLER = {
    "RKT_EXPERIMENT_APP": "true",
    "RKT_EXPERIMENT_ATTACH": "true",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TERM": "xterm",
    "LANG": "C.UTF-8",
    "MARK": "from-caller",
}


def write(path, text, mode):
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


def read(path):
    with open(path) as file:
        return file.read()


class Process:
    """A program in the place of rkt: new session, given streams, nothing else open but the lock."""

    def __init__(self, argv, cwd, env, folder, lock=None, streams=None):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.status = None
        own = streams or (os.open("/dev/null", os.O_RDONLY), self._create("out"), self._create("err"))
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._become(argv, cwd, env, lock, own)
            except BaseException as error:
                os.write(2, f"original rkt: {error}\n".encode())
            finally:
                os._exit(125)
        if streams is None:
            for fd in own:
                os.close(fd)

    def _create(self, name):
        return os.open(os.path.join(self.folder, name), os.O_WRONLY | os.O_CREAT, 0o644)

    @staticmethod
    def _become(argv, cwd, env, lock, streams):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.setsid()
        os.umask(0o022)
        for number, fd in enumerate(streams):
            os.dup2(fd, number)
        if os.isatty(0):
            fcntl.ioctl(0, 0x540E, 0)  # TIOCSCTTY
        os.closerange(3, 1024)
        if lock is not None:
            held = os.open(lock, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.dup2(held, LOCK_FD)
            os.close(held)
        os.chdir(cwd)
        os.execve(argv[0], argv, env)

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                self.status = shell_status(os.waitstatus_to_exitcode(status))
        return self.status

    def output(self, name):
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return file.read().decode(errors="surrogateescape")
        except FileNotFoundError:
            return ""

    def result(self):
        return Result(self.poll(), self.output("out"), self.output("err"))

    def wait_for(self, text):
        wait_until(lambda: text in self.output("out") or text in self.output("err"), self, process=self)
        return self

    def wait(self, timeout=30):
        end = time.monotonic() + timeout
        while self.poll() is None:
            assert time.monotonic() < end, f"does not end: {self.result()}"
            time.sleep(0.005)
        return self.result()

    def kill(self):
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def __repr__(self):
        return repr(self.result())


class Image:
    """An unpacked ACI in cas/tree."""

    def __init__(self, rkt, path):
        with tarfile.open(path) as archive:
            manifest = archive.extractfile("manifest").read()
        digest = hashlib.sha512(manifest).hexdigest()
        self.manifest = json.loads(manifest)
        self.id = f"sha512-{digest[:64]}"
        self.tree_id = f"deps-sha512-{digest[64:]}"
        self.tree = os.path.join(rkt.data, "cas", "tree", self.tree_id)
        self.root = os.path.join(self.tree, "rootfs")
        if not os.path.exists(self.tree):
            os.makedirs(self.tree)
            with tarfile.open(path) as archive:
                archive.extractall(self.tree, numeric_owner=True)

    @property
    def text(self):
        return json.dumps(self.manifest, separators=(",", ":"))

    def annotation(self, name):
        return {pair["name"]: pair["value"] for pair in self.manifest.get("annotations", [])}[name]

    def entrypoint(self, name):
        return self.annotation(f"coreos.com/rkt/stage1/{name}")


class OriginalPod:
    """A pod directory and what the original does with it."""

    def __init__(self, rkt, stage1, apps, overlay=True, users=None, annotations=(), volumes=()):
        """apps: [(name, Image, members of its app object)]; users: (base, count)"""
        self.rkt = rkt
        self.uuid = str(uuids.uuid4())
        self.home = "prepared"
        self.stage1 = stage1
        self.apps = apps
        self.overlay = overlay
        self.mounted = []
        self.processes = []
        os.mkdir(self.path, 0o750)
        self._write_files(annotations, volumes)
        if not overlay:
            self._copy(users)

    @property
    def path(self):
        return os.path.join(self.rkt.data, "pods", self.home, self.uuid)

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    @property
    def root(self):
        return self.at("stage1/rootfs")

    def _manifest(self, annotations, volumes):
        apps = []
        for name, image, members in self.apps:
            own = {key: value for key, value in members.items() if key in ("mounts", "readOnlyRootFS")}
            app = {"exec": ["/probe"], "user": "0", "group": "0", "workingDirectory": "/",
                   **{key: value for key, value in members.items() if key not in own}}
            apps.append({"name": name, "image": {"name": image.manifest["name"], "id": image.id,
                                                 "labels": image.manifest["labels"]},
                         "app": app, **own})
        pairs = [{"name": "coreos.com/rkt/stage1/mutable", "value": "false"}]
        return {"acVersion": "1.30.0+git", "acKind": "PodManifest", "apps": apps,
                "volumes": list(volumes) or None, "isolators": None,
                "annotations": pairs + [{"name": key, "value": value} for key, value in annotations],
                "ports": []}

    def _write_files(self, annotations, volumes):
        write(self.at("pod-created"), "", 0o640)
        write(self.at("pod.lck"), "", 0o600)
        write(self.at("pod"), json.dumps(self._manifest(annotations, volumes)), 0o640)
        os.mkdir(self.at("stage1"), 0o750)
        os.mkdir(self.at("appsinfo"), 0o750)
        write(self.at("stage1/manifest"), self.stage1.text, 0o640)
        write(self.at("stage1TreeStoreID"), self.stage1.tree_id, 0o640)
        for name, image, _ in self.apps:
            os.mkdir(self.at("appsinfo", name), 0o750)
            write(self.at("appsinfo", name, "manifest"), image.text, 0o640)
            write(self.at("appsinfo", name, "treeStoreID"), image.tree_id, 0o640)
        if self.overlay:
            write(self.at("overlay-prepared"), "", 0o644)

    def _copy(self, users):
        shutil.copytree(self.stage1.root, self.root, symlinks=True)
        for name, image, _ in self.apps:
            self._place(name, image)
            shutil.copytree(image.root, self.at(self.root, "opt/stage2", name, "rootfs"), symlinks=True)
        if users is not None:
            write(self.at("private-users-prepared"), f"{users[0]}:{users[1]}", 0o640)
            for folder, names, files in os.walk(self.root):
                for path in [folder, *(os.path.join(folder, name) for name in names + files)]:
                    info = os.lstat(path)
                    os.lchown(path, info.st_uid % 65536 + users[0], info.st_gid % 65536 + users[0])
                    if not os.path.islink(path):
                        os.chmod(path, info.st_mode & 0o7777)

    def _place(self, name, image):
        place = self.at(self.root, "opt/stage2", name)
        os.makedirs(place, exist_ok=True)
        write(os.path.join(place, "manifest"), image.text, 0o644)
        return place

    def _mount(self, image, target, layer=""):
        base = self.at("overlay", image.tree_id)
        upper, work = os.path.join(base, "upper", layer), os.path.join(base, "work", layer)
        for path, mode in ((base, 0o750), (upper, 0o755), (work, 0o750)):
            os.makedirs(path, mode, exist_ok=True)
        os.chmod(upper, os.stat(image.root).st_mode & 0o7777)
        host_namespace.mount("overlay", target, "overlay", 0,
                             f"lowerdir={image.root},upperdir={upper},workdir={work}")
        self.mounted.append(os.path.relpath(target, self.path))

    def mount(self):
        os.makedirs(self.root, 0o755, exist_ok=True)
        self._mount(self.stage1, self.root)
        for name, image, _ in self.apps:
            place = self._place(name, image)
            os.makedirs(os.path.join(place, "rootfs"), exist_ok=True)
            self._mount(image, os.path.join(place, "rootfs"), name)

    def unmount(self):
        for place in reversed(self.mounted):
            host_namespace.unmount(self.at(place))
        self.mounted = []

    def move(self, home):
        old = self.path
        self.home = home
        os.rename(old, self.path)

    def spawn(self, argv, extra, **options):
        process = Process(argv, self.path, {**CALLER, **extra}, self.rkt.work, **options)
        self.processes.append(process)
        return process

    def ready(self):
        """Up to the exec of run; what is written below stage1/rootfs after it is the caller's matter."""
        self.move("run")
        if self.overlay:
            self.mount()
        os.makedirs(self.at(self.root, "rkt/status"), exist_ok=True)
        return self

    def start(self, *flags, streams=None, extra=()):
        """exec of run with these flags and the UUID."""
        if self.home == "prepared":
            self.ready()
        environment = {"RKT_LOCK_FD": str(LOCK_FD), "RKT_SELINUX_CONTEXT": "",
                       "RKT_SELINUX_MOUNT_CONTEXT": "", **dict(extra)}
        argv = [self.root + self.stage1.entrypoint("run"), *flags, self.uuid]
        self.main = self.spawn(argv, environment, lock=self.path, streams=streams)
        return self.main

    def run(self, *flags, **options):
        return self.start(*flags, **options).wait()

    def is_locked(self):
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True
        finally:
            os.close(fd)

    def container_pid(self):
        """What pid says, else the only child of what ppid says."""
        wait_until(lambda: os.path.exists(self.at("pid")) or os.path.exists(self.at("ppid")), self.main,
                   process=self.main)
        if os.path.exists(self.at("pid")):
            return int(read(self.at("pid")))
        parent = int(read(self.at("ppid")))
        children = read(f"/proc/{parent}/task/{parent}/children").split()
        assert len(children) == 1, children
        return int(children[0])

    def enter(self, *command, app=None, pid=None, extra=(), streams=None):
        argv = [self.stage1.root + self.stage1.entrypoint("enter"), f"--pid={pid or self.container_pid()}",
                f"--appname={app or self.apps[0][0]}", "--", *command]
        return self.spawn(argv, dict(extra), streams=streams)

    def call(self, name, *arguments, extra=()):
        """stop and gc: executed from the pod, where it is now."""
        return self.spawn([self.root + self.stage1.entrypoint(name), *arguments, self.uuid],
                           dict(extra)).wait()

    def stop(self, *flags):
        return self.call("stop", *flags)

    def gc(self, *flags):
        return self.call("gc", *(flags or ("--local-config", "/etc/rkt")), extra={"PWD": self.path})

    def result_file(self, *parts):
        return self.at(self.root, "rkt", *parts)

    def remove(self):
        """What rm does: gc of the stage1, unmount, delete."""
        if self.home == "run":
            self.move("exited-garbage")
        collected = self.gc()
        self.unmount()
        shutil.rmtree(self.path)
        return collected


class OriginalRkt:
    def __init__(self, data, work):
        self.data = data
        self.work = work
        self.images = {}
        self.pods = []
        for home in ("prepared", "run", "exited-garbage", "garbage"):
            os.makedirs(os.path.join(data, "pods", home), 0o750, exist_ok=True)
        # An operator's word that machines may be emulated: no run warns of it.
        os.makedirs(os.path.join(data, "vm-templates"), 0o700, exist_ok=True)
        with open(os.path.join(data, "vm-templates/emulated"), "w"):
            pass

    def image(self, path):
        if path not in self.images:
            self.images[path] = Image(self, path)
        return self.images[path]

    def prepare(self, stage1, apps, **options):
        pod = OriginalPod(self, stage1, apps, **options)
        self.pods.append(pod)
        return pod

    @property
    def uuids(self):
        return {pod.uuid for pod in self.pods}

    def kill(self):
        for pod in self.pods:
            for process in pod.processes:
                process.kill()

    def collect(self):
        """Whatever is left goes the way of rm, unless it still runs."""
        worst = Result(0, "", "")
        for pod in self.pods:
            if not os.path.exists(pod.path):
                continue
            if pod.home == "prepared":
                shutil.rmtree(pod.path)
            elif not pod.is_locked():
                collected = pod.remove()
                worst = collected if collected.status != 0 else worst
        return worst
