# SPDX-License-Identifier: Apache-2.0
"""rkt enter: another process in a running app, with exactly the rights of the app."""

import pytest


@pytest.fixture
def pod(engine):
    return engine.start("print", "up", ",", "sleep-forever",
                        app=["--environment=X=y"]).wait_for("up")


def enter(engine, pod, *arguments, **options):
    return engine.rkt("enter", pod.uuid, "/probe", *arguments, **options)


@pytest.mark.parametrize("status", [0, 1, 77, 255])
def test_the_status_of_the_command_is_the_status(engine, pod, status):
    assert enter(engine, pod, "exit", str(status)).status == status


def test_death_by_a_signal_is_told(engine, pod):
    assert enter(engine, pod, "signal", "KILL").status == 137


def test_a_mebibyte_goes_through_both_ways(engine, pod):
    data = b"0123456789abcde\n" * 65536
    result = enter(engine, pod, "echo", input=data)
    assert result.status == 0
    assert result.stdout.encode() == data


def test_the_streams_stay_apart_and_are_not_marked(engine, pod):
    result = enter(engine, pod, "print", "out", ",", "print-error", "err")
    assert (result.stdout, result.stderr) == ("out\n", "err\n")


def run_and_enter(engine, question, *, image=None, pod=(), app=()):
    """The answers that the app itself and a process that entered it give."""
    running = engine.start(question, ",", "print", "up", ",", "sleep-forever", image=image, pod=pod,
                           app=app).wait_for("up")
    entered = enter(engine, running, question)
    assert entered.status == 0, entered
    return running.result().text.replace("up\n", ""), entered.stdout


@pytest.mark.parametrize("question", ["caps", "id", "rlimits", "cgroup", "ns", "mounts", "cwd", "oom"])
def test_it_has_what_the_app_has(engine, isolated_image, question):
    mine = isolated_image(("os/unix/rlimits", {"RLIMIT_NOFILE": {"soft": 64, "hard": 128}}),
                          ("os/linux/capabilities-retain-set", {"set": ["CAP_KILL"]}),
                          ("os/linux/no-new-privileges", True),
                          ("os/linux/oom-score-adj", 300))
    mine_run, mine_entered = run_and_enter(engine, question, image=mine)
    assert mine_entered == mine_run


def test_a_user_who_is_not_root_stays_that_user(engine):
    mine_run, mine_entered = run_and_enter(
        engine, "id", app=["--user=1000", "--group=100", "--supplementary-gids=7"])
    assert mine_run == mine_entered
    assert mine_entered.startswith("uid=1000,1000,1000 gid=100,100,100 groups=7")


def test_it_has_the_environment_of_the_app(engine, pod):
    env = enter(engine, pod, "env").values()
    assert env["X"] == "y"
    assert env["AC_APP_NAME"] == "app"
    assert not any(name.startswith("RKT_") for name in env)


def test_the_filter_of_the_app_holds(engine, isolated_image):
    mine = isolated_image(("os/linux/seccomp-remove-set", {"set": ["mkdir"], "errno": "EXDEV"}))
    running = engine.start("print", "up", ",", "sleep-forever", image=mine).wait_for("up")
    assert enter(engine, running, "syscall", "mkdir").values()["mkdir"] == "EXDEV"


def test_it_has_three_descriptors(engine, pod):
    result = enter(engine, pod, "fds")
    assert sorted(int(line.split()[0]) for line in result.stdout.splitlines()) == [0, 1, 2]


def test_it_sees_the_files_of_the_app(engine):
    running = engine.start("write", "/mine", "x", ",", "print", "up", ",", "sleep-forever").wait_for("up")
    assert enter(engine, running, "cat", "/mine").stdout == "x"


def test_an_app_of_several_is_chosen_by_name(engine):
    pod = engine.run_apps(["--name=a", "--", "write", "/who", "a", ",", "print", "a up", ",", "sleep-forever"],
                          ["--name=b", "--", "write", "/who", "b", ",", "print", "b up", ",", "sleep-forever"],
                          start=True)
    pod.wait_for("a up").wait_for("b up")
    for name in "ab":
        result = engine.rkt("enter", f"--app={name}", pod.uuid, "/probe", "cat", "/who")
        assert result.stdout == name, result
    refused = engine.rkt("enter", pod.uuid, "/probe", "cat", "/who")
    assert refused.status != 0 and refused.stdout == ""
    unknown = engine.rkt("enter", "--app=c", pod.uuid, "/probe", "cat", "/who")
    assert unknown.status != 0 and "c" in unknown.stderr


def test_a_missing_command_is_named(engine, pod):
    result = engine.rkt("enter", pod.uuid, "/no/such/command")
    assert result.status in (127, 254)
    assert "/no/such/command" in result.stderr


def test_a_pod_that_has_ended_cannot_be_entered(engine):
    pod = engine.start("exit", "0")
    pod.wait()
    result = engine.rkt("enter", pod.uuid, "/probe", "print", "ran")
    assert result.status not in (0,)
    assert "ran" not in result.stdout


def test_a_uuid_can_be_shortened(engine, pod):
    assert engine.rkt("enter", pod.uuid[:8], "/probe", "print", "hello").stdout == "hello\n"


def test_entering_does_not_outlive_the_pod(engine, pod):
    entered = engine.start_words("enter", pod.uuid, "/probe", "print", "in", ",", "sleep-forever")
    entered.wait_for("in")
    assert engine.rkt("stop", "--force", pod.uuid).status == 0
    pod.wait()
    assert entered.wait(20).status == 137
