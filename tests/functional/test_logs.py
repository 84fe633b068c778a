# SPDX-License-Identifier: Apache-2.0
"""rkt logs: what apps have printed, kept by the stage1 beside the pod."""

import json
import os
import re
import signal
import subprocess
import time

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ", re.M)


def ended(engine, *arguments, **options):
    """The UUID of a pod that has run to its end, and how."""
    pod = engine.start(*arguments, **options)
    uuid = pod.uuid
    return uuid, pod.wait()


def test_both_streams_come_back_apart_and_unmarked(engine):
    uuid, _ = ended(engine, "print", "to stdout", ",", "print-error", "to stderr")
    logs = engine.rkt("logs", uuid)
    assert logs.status == 0, logs
    assert logs.stdout == "to stdout\n"
    assert logs.stderr == "to stderr\n"


def test_one_stream_can_be_asked_for(engine):
    uuid, _ = ended(engine, "print", "to stdout", ",", "print-error", "to stderr")
    out = engine.rkt("logs", "--stream=stdout", uuid)
    err = engine.rkt("logs", "--stream=stderr", uuid)
    assert (out.stdout, out.stderr) == ("to stdout\n", "")
    assert (err.stdout, err.stderr) == ("", "to stderr\n")
    assert engine.rkt("logs", "--stream=neither", uuid).status == 254


def test_what_run_prints_stays_as_it_was(engine):
    words = ["print", "one", ",", "print-error", "two"]
    _, kept = ended(engine, *words, pod=[engine.quiet_network])
    _, not_kept = ended(engine, *words, pod=[engine.quiet_network, "--log-size=0"])
    assert (kept.text, kept.error_text) == (not_kept.text, not_kept.error_text) == ("one\n", "two\n")


def test_lines_have_their_times(engine):
    before = time.time()
    uuid, _ = ended(engine, "print", "one", ",", "print", "two")
    lines = engine.rkt("logs", "--timestamps", uuid).stdout
    assert TIME.sub("", lines) == "one\ntwo\n"
    for stamp in TIME.findall(lines):
        at = time.mktime(time.strptime(stamp[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
        assert before - 2 < at < time.time() + 2


def test_only_what_is_new_can_be_asked_for(engine):
    uuid, _ = ended(engine, "print", "early", ",", "sleep", "2500", ",", "print", "late")
    assert engine.rkt("logs", uuid).stdout == "early\nlate\n"
    assert engine.rkt("logs", "--since=1h", uuid).stdout == "early\nlate\n"
    moment = TIME.findall(engine.rkt("logs", "--timestamps", uuid).stdout)[1]
    assert engine.rkt("logs", f"--since={moment[:19]}Z", uuid).stdout == "late\n"
    assert engine.rkt("logs", "--since=2037-01-01T00:00:00Z", uuid).stdout == ""


def test_a_time_that_is_none_is_refused(engine):
    uuid, _ = ended(engine, "print", "one")
    refused = engine.rkt("logs", "--since=yesterday", uuid)
    assert refused.status == 254
    assert "--since=yesterday: neither a duration" in refused.stderr


def test_a_mebibyte_of_lines_comes_back_whole_and_in_order(engine):
    uuid, run = ended(engine, "lines", "16384", "64")
    assert engine.rkt("logs", uuid).stdout == run.text


def test_one_line_of_a_mebibyte_comes_back_as_one(engine):
    uuid, _ = ended(engine, "flood", "1000000")
    assert engine.rkt("logs", uuid).stdout == "x" * 1000000 + "\n"


def test_a_last_line_without_newline_comes_back(engine):
    uuid, _ = ended(engine, "print-raw", "no newline")
    assert engine.rkt("logs", uuid).stdout == "no newline\n"


def test_apps_can_be_told_apart(engine):
    pod = engine.run_apps(["--name=first", "--", "print", "one"],
                          ["--name=second", "--", "print", "two"], start=True)
    uuid = pod.uuid
    pod.wait()
    both = engine.rkt("logs", uuid)
    assert sorted(both.stdout.splitlines()) == ["first: one", "second: two"]
    assert engine.rkt("logs", "--app=second", uuid).stdout == "two\n"
    refused = engine.rkt("logs", "--app=third", uuid)
    assert refused.status == 254 and "--app=third: the pod has no such app" in refused.stderr


def test_who_follows_sees_lines_as_they_come_and_ends_with_the_pod(engine):
    pod = engine.start("print", "first", ",", "sleep", "2000", ",", "print", "last")
    pod.wait_for("first")
    words = engine.command(["logs", "-f", pod.uuid])
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True) as follower:
        assert follower.stdout.readline() == "first\n"
        assert pod.process.poll() is None
        assert follower.stdout.read() == "last\n"
        assert follower.wait(10) == 0
    pod.wait()


def test_a_running_pods_log_can_be_read(engine):
    pod = engine.start("print", "now", ",", "sleep", "60000")
    pod.wait_for("now")
    assert engine.rkt("logs", pod.uuid).stdout == "now\n"
    engine.rkt("stop", "--force", pod.uuid)
    pod.wait()


def test_a_log_keeps_the_newest_within_its_size(engine):
    uuid, run = ended(engine, "lines", "40000", "64", pod=["--log-size=1Mi"])
    assert run.status == 0
    kept = engine.rkt("logs", uuid)
    lines = kept.stdout.splitlines()
    assert lines[-1].split()[0] == "39999"
    numbers = [int(line.split()[0]) for line in lines[1:]]  # the first may be the end of one
    assert numbers == list(range(numbers[0], 40000))
    assert 700_000 < len(kept.stdout) < 1 << 20
    log = os.path.join(engine.pod_directory(uuid), "log")
    assert os.path.getsize(log) <= (1 << 20) + 64
    assert os.stat(log).st_mode & 0o777 == 0o600


def test_nothing_is_kept_when_nothing_shall_be(engine):
    uuid, _ = ended(engine, "print", "secret", pod=["--log-size=0"])
    assert not os.path.exists(os.path.join(engine.pod_directory(uuid), "log"))
    refused = engine.rkt("logs", uuid)
    assert refused.status == 254
    assert "--log-size=0" in refused.stderr or engine.level == "fly"


def test_a_size_that_cannot_be_is_refused(engine):
    refused = engine.run("print", "x", pod=["--log-size=4k"])
    assert refused.status == 254
    assert '"4k" is neither 0 nor a size from 1Mi to 1Ti' in refused.stderr


def test_a_pod_that_has_not_run_has_no_logs(engine):
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}",
                          engine.default_image, "--exec=/probe")
    refused = engine.rkt("logs", prepared.stdout.strip())
    assert refused.status == 254
    assert "has no logs: it is prepared" in refused.stderr


def test_a_level_that_keeps_nothing_says_why(engine):
    uuid, run = ended(engine, "print", "hello", pod=["--log-size=2Mi"])
    logs = engine.rkt("logs", uuid)
    if engine.level == "fly":
        reason = "the app takes the place of run: nobody is there to keep its output"
        assert logs.status == 254 and reason in logs.stderr
        assert f"--log-size 2Mi: ignored: {reason}" in run.stderr
        strict = engine.run("print", "hello", pod=["--strict", "--log-size=2Mi"])
        assert strict.status == 254 and "--log-size" in strict.stderr
    else:
        assert logs.stdout == "hello\n"
        assert "--log-size" not in run.stderr


def test_several_apps_are_kept_at_every_level(engine):
    pod = engine.run_apps(["--name=a", "--", "print", "one"], ["--name=b", "--", "print", "two"],
                          pod=["--log-size=1Mi"], start=True)
    uuid = pod.uuid
    assert "--log-size" not in pod.wait().stderr
    assert engine.rkt("logs", "--app=a", uuid).stdout == "one\n"


def test_what_the_supervisor_said_is_in_it(engine):
    uuid, run = ended(engine, execute="/nowhere")
    assert run.status == 127
    logs = engine.rkt("logs", uuid)
    assert "app: " in logs.stderr and "/nowhere" in logs.stderr


def test_a_leader_that_is_killed_while_apps_print_loses_nothing_that_was_read(engine):
    pod = engine.start("lines", "2000000", "64")
    pod.wait_for(" x")
    time.sleep(0.3)
    pod.send(signal.SIGKILL)
    pod.wait()
    logs = engine.rkt("logs", pod.uuid)
    assert logs.status == 0, logs
    assert "damaged" not in logs.stderr
    numbers = [int(line.split()[0]) for line in logs.stdout.splitlines()[1:-1]]
    assert len(numbers) > 100
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_torn_log_gives_what_is_whole(engine):
    uuid, _ = ended(engine, "print", "whole", ",", "sleep", "1000", ",", "print", "torn")
    log = os.path.join(engine.pod_directory(uuid), "log")
    os.truncate(log, os.path.getsize(log) - 2)
    logs = engine.rkt("logs", uuid)
    assert logs.status == 0
    assert logs.stdout == "whole\n"
    assert re.search(r"logs: \d+ bytes of the log are damaged and left out", logs.stderr)
    with open(log, "r+b") as file:
        file.write(b"garbage!")
    refused = engine.rkt("logs", uuid)
    assert refused.status == 254
    assert "reading the log log: it is damaged" in refused.stderr


def test_control_characters_do_not_reach_a_terminal(engine):
    uuid, _ = ended(engine, "print", "\x1b[31mred\a")
    assert engine.rkt("logs", uuid).stdout == "\x1b[31mred\a\n"
    shown = subprocess.run(["script", "-qec", " ".join(engine.command(["logs", uuid])), "/dev/null"],
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60)
    assert shown.stdout.decode().strip() == "?[31mred?"


def objects(text):
    return [json.loads(line) for line in text.splitlines()]


def test_json_has_an_object_for_each_line(engine):
    uuid, _ = ended(engine, "print", "to stdout", ",", "print-error", 'to "stderr"\t')
    logs = engine.rkt("logs", "--format=json", uuid)
    assert (logs.status, logs.stderr) == (0, ""), logs
    found = sorted(objects(logs.stdout), key=lambda line: line["stream"])
    for line in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", line.pop("time"))
    assert found == [{"app": "app", "stream": "stderr", "message": 'to "stderr"\t'},
                     {"app": "app", "stream": "stdout", "message": "to stdout"}]
    assert [line["message"] for line in
            objects(engine.rkt("logs", "--format=json", "--stream=stdout", uuid).stdout)] == ["to stdout"]
    assert engine.rkt("logs", "--format=xml", uuid).status == 254


def test_json_says_which_line_has_no_end(engine):
    uuid, _ = ended(engine, "print-raw", "no newline")
    [line] = objects(engine.rkt("logs", "--format=json", uuid).stdout)
    assert (line["message"], line["partial"]) == ("no newline", True)


def test_json_follows(engine):
    pod = engine.start("print", "early", ",", "sleep", "1500", ",", "print", "late").wait_for("early")
    follower = subprocess.Popen(engine.command(["logs", "-f", "--format=json", pod.uuid]),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert json.loads(follower.stdout.readline())["message"] == "early"
    assert pod.process.poll() is None
    assert json.loads(follower.stdout.readline())["message"] == "late"
    assert follower.wait(20) == 0 and follower.stdout.read() == ""
    pod.wait()
