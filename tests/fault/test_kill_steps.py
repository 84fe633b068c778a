# SPDX-License-Identifier: Apache-2.0
"""kill -9 at each step (kill_step.c) of each process of a command: gc leaves nothing, all works on."""

import functools
import http.server
import os
import shutil
import subprocess
import threading

import pytest

from aftermath import reap
from conftest import PROBE
from harness.oci_builder import OciImage, entry, layer, write_archive, write_layout
from stepper import EVERY_STEP, NO_STEP, Stepper

SHOWN = 10
# What stage0 does before there is a stage1 is the same at every level.
one_level = pytest.mark.parametrize("level", ["coreos"], scope="session")


def kill_at_each_step(engine, kill_step, words, before=None, meanwhile=None, after=None, stride=1,
                      choose=None, status=0, same_store=True):
    """
    before, after: called around each kill; after says what must hold when gc has run; meanwhile gets
    what before has given, and says what must hold before that.  choose: which of all (process, step,
    system call), instead of one in stride.  status: what the command ends with that nobody kills.
    """
    stepper = Stepper(engine.work, kill_step, engine.command(words(before() if before else None)))
    chosen = stepper.all_steps(status)[::1 if EVERY_STEP or choose else stride]
    if choose and not EVERY_STEP:
        chosen = choose(stepper.steps())
    assert len(chosen) > 5
    engine.aftermath.check(same_store)
    bad = []
    for process, step in chosen:
        try:
            given = before() if before else None
            stepper.command = engine.command(words(given))
            done = stepper.run(process, step)
            if done.returncode == NO_STEP:
                continue
            if meanwhile:
                meanwhile(given)
            engine.aftermath.check(same_store)
            if after:
                after()
        except (AssertionError, subprocess.TimeoutExpired) as error:
            number = stepper.steps()[-1][2]
            bad.append(f"killing {process} at step {step}, before system call {number}: {error}")
            if len(bad) == SHOWN:
                break
            reap()
    assert not bad, "\n".join(bad)


def run_words(engine, *app, pod=()):
    return ["run", f"--stage1-path={engine.stage1}", *pod, engine.default_image, "--name=app",
            "--exec=/probe", *app, "--", "exit", "0"]


def test_run(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda _: run_words(engine, pod=["--net=host"]),
                      stride=3)
    assert engine.run("exit", "7").status == 7


def test_run_of_a_rich_pod(engine, kill_step):
    """Two apps, event handlers, volumes, limits, a user namespace."""
    words = ["run", f"--stage1-path={engine.stage1}", "--net=none", "--volume=v,kind=empty"]
    if engine.level == "coreos":
        words.append("--private-users")
    for name in ("one", "two"):
        words += [] if name == "one" else ["---"]
        words += [engine.default_image, f"--name={name}", "--exec=/probe", "--memory=64M", "--cpu=500m",
                  "--mount=volume=v,target=/v", "--readonly-rootfs=true", "--", "exit", "0"]
    kill_at_each_step(engine, kill_step, lambda _: words, stride=12)


@one_level
def test_prepare(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda _: [
        "prepare", "--quiet", f"--stage1-path={engine.stage1}", engine.default_image, "--exec=/probe"],
                      stride=2)


@one_level
def test_prepare_with_copies(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda _: [
        "prepare", "--no-overlay", f"--stage1-path={engine.stage1}", engine.default_image], stride=3)


def prepare(engine):
    done = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}", engine.default_image,
                      "--name=app", "--exec=/probe", "--", "exit", "0")
    assert done.status == 0, done
    return done.stdout.strip()


def test_run_prepared(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda uuid: ["run-prepared", "--net=host", uuid],
                      before=lambda: prepare(engine), stride=8)


def ended(engine):
    pod = engine.start("exit", "0", pod=["--net=host"])
    assert pod.wait().status == 0
    # Noted now: a pod whose directory is gone is known by nothing else, and may have left cgroups.
    engine.aftermath.note()
    return pod.uuid


@one_level
def test_rm(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda uuid: ["rm", uuid], before=lambda: ended(engine),
                      stride=3)


def test_gc(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda _: ["gc", "--grace-period=0"],
                      before=lambda: ended(engine), stride=3)


def written(engine):
    """An ended pod that has left something."""
    pod = engine.start("append", "/count", "x", ",", "exit", "0", pod=["--net=host"])
    assert pod.wait().status == 0
    engine.aftermath.note()
    return pod.uuid


def test_start(engine, kill_step):
    """What was killed while it started a pod again can be started once more."""
    def start_again(uuid):
        if engine.level == "fly" and reap():
            engine.rkt("stop", "--force", uuid)
        engine.aftermath.wait_for_the_end()
        status = engine.rkt("status", uuid)
        assert status.status == 0 and "state=exited" in status.stdout, status
        again = engine.rkt("start", uuid)
        assert again.status == 0, again
        assert again.error_text == "", again

    kill_at_each_step(engine, kill_step, lambda uuid: ["start", uuid], before=lambda: written(engine),
                      meanwhile=start_again, stride=4)


def running(engine):
    return engine.start("print", "up", ",", "sleep-forever", pod=["--net=host"]).wait_for("up").uuid


def test_stop(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda uuid: ["stop", uuid], before=lambda: running(engine),
                      stride=2)


def test_enter(engine, kill_step):
    kill_at_each_step(engine, kill_step, lambda uuid: ["enter", uuid, "/probe", "exit", "0"],
                      before=lambda: running(engine), stride=2)


def forget(engine, name):
    """An image that may be in the store is not any more."""
    engine.rkt("image", "rm", name)
    engine.aftermath.collect()


@one_level
def test_fetch(fresh_engine, kill_step, image):
    name = "example.com/to-fetch"
    path = image(name=name, files={"/big": "x" * 2_000_000})

    def use():
        ran = fresh_engine.run("exit", "7", image=path, pod=["--net=host"])
        assert ran.status == 7, ran
        forget(fresh_engine, name)
        problems = fresh_engine.aftermath.problems()
        assert not problems, problems

    kill_at_each_step(fresh_engine, kill_step, lambda _: ["fetch", path],
                      before=lambda: forget(fresh_engine, name), after=use, same_store=False,
                      stride=4)


def make_oci(path, form):
    """An image of two layers with a whiteout, whose program is the probe."""
    with open(PROBE, "rb") as file:
        probe = file.read()
    lower = layer(entry("probe", probe, mode=0o755), entry("gone", b"x"), entry("big", b"y" * 1_000_000))
    image = OciImage([lower, layer(entry(".wh.gone", b""), entry("new", b"z"))], {"Entrypoint": ["/probe"]})
    return (write_layout if form == "oci" else write_archive)(path, image.files())


@one_level
@pytest.mark.parametrize("form", ["oci", "oci-archive"])
def test_fetch_of_layers(fresh_engine, kill_step, form):
    """Both processes of a conversion, and the one that waits for them."""
    source = f"{form}:{make_oci(os.path.join(fresh_engine.work, 'layers-' + form), form)}"
    name = f"layers-{form}"

    def use():
        ran = fresh_engine.run("exit", "7", image=source, pod=["--net=host"])
        assert ran.status == 7, ran
        forget(fresh_engine, name)
        problems = fresh_engine.aftermath.problems()
        assert not problems, problems

    kill_at_each_step(fresh_engine, kill_step, lambda _: ["fetch", source],
                      before=lambda: forget(fresh_engine, name), after=use, same_store=False, stride=9)


@pytest.fixture
def web_folder(tmp_path):
    """A folder and the URL that it is served under."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@one_level
def test_fetch_of_an_url(fresh_engine, kill_step, image, web_folder):
    """rkt, the process that talks to the server, and those that look into the image and import it."""
    folder, address = web_folder
    name = "example.com/to-fetch"
    shutil.copy(image(name=name, files={"/big": "x" * 2_000_000}), folder / "a.aci")
    url = f"{address}/a.aci"

    def use():
        ran = fresh_engine.run("exit", "7", image=url, pod=["--net=host"])
        assert ran.status == 7, ran
        forget(fresh_engine, name)
        problems = fresh_engine.aftermath.problems()
        assert not problems, problems

    kill_at_each_step(fresh_engine, kill_step, lambda _: ["fetch", url],
                      before=lambda: forget(fresh_engine, name), after=use, same_store=False, stride=9)
