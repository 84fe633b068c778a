# SPDX-License-Identifier: Apache-2.0
"""A foreign stage1 under our rkt: every recorded command calls its entrypoints as the original did."""

import os

import pytest

import capture_differences as table
import captures

RUNS = [case for case in captures.cases("run") if case not in ("live-run", "run-prepared", "run-mds", "sandbox-run")]
used = set()


def compare(entrypoint, ours, case):
    """Every fact is equal, or in the table of differences with this very value."""
    mine, theirs = ours.facts(), captures.read(case, entrypoint).facts()
    wrong = []
    for name in sorted(mine.keys() | theirs.keys()):
        if mine.get(name) == theirs.get(name):
            continue
        key = next((key for key in ((case, name), (entrypoint, name)) if key in table.FACTS), None)
        if key is None or table.FACTS[key][0] not in (table.ANY, mine.get(name)):
            wrong.append(f"{name}: {mine.get(name)!r}, the original: {theirs.get(name)!r}")
        else:
            used.add(key)
    assert not wrong, "\n".join(wrong)


def compare_output(case, result, data):
    """What rkt printed, and its status."""
    text, status = captures.output(case)
    assert result.status == status, result
    wanted = captures.plain(text).splitlines()
    said = captures.plain((result.stdout + result.stderr).replace(data, "/var/lib/rkt")).splitlines()
    if case in table.OUTPUT:
        mark = table.OUTPUT[case][0]
        said, wanted = ([line[line.index(mark):] for line in lines if mark in line] for lines in (said, wanted))
        assert wanted != []
    assert said == wanted, result


@pytest.mark.parametrize("case", RUNS)
def test_run(stub_rkt, case):
    # The recording stub could be attached to, which --stdin=stream and its like need.
    stage1 = stub_rkt.images.stage1(extra=("attach",)) if case == "run-kitchen" else None
    call = stub_rkt.run(stub_rkt.translate(captures.command(case), stage1=stage1))
    compare_output(case, call.result, stub_rkt.data)
    assert call.accounts() == ["run"]
    compare("run", call.account("run"), case)


def test_run_prepared(stub_rkt):
    prepared = stub_rkt.run(stub_rkt.translate(["prepare", "/srv/capture"]))
    assert captures.plain(prepared.result.stdout) == captures.plain(captures.read_text(captures.FOLDER / "prepare.out"))
    assert prepared.accounts() == []
    uuid = prepared.result.stdout.strip()
    call = stub_rkt.run(stub_rkt.translate(captures.command("run-prepared"), uuid=uuid))
    compare_output("run-prepared", call.result, stub_rkt.data)
    compare("run", call.account("run"), "run-prepared")


def test_a_prepared_pod_is_laid_out_as_the_originals(stub_rkt):
    uuid = stub_rkt.run(stub_rkt.translate(["prepare", "/srv/capture"])).result.stdout.strip()
    pod = os.path.join(stub_rkt.data, "pods", "prepared", uuid)
    for line in captures.read_text(captures.FOLDER / "tree-prepared.txt").splitlines():
        mode, _, size, path = line.split()
        if path in ("./pod.lck", "./overlay-prepared"):
            continue  # see the table: file pod.lck, file overlay-prepared
        info = os.lstat(os.path.join(pod, path))
        assert ("d" if os.path.isdir(os.path.join(pod, path)) else "-") == mode[0], path
        if path.endswith("TreeStoreID"):
            assert info.st_size == int(size), path


def test_what_later_issues_bring_is_refused_by_name(stub_rkt):
    result = stub_rkt.run(stub_rkt.translate(["app", "sandbox"])).result
    assert result.status == 254 and "app" in result.stderr, result


def test_registering_without_a_metadata_service_is_refused(stub_rkt):
    result = stub_rkt.run(stub_rkt.translate(captures.command("run-mds"))).result
    assert result.status == 254 and "no metadata service at /run/rkt/metadata-svc.sock" in result.stderr, result


@pytest.mark.parametrize("case", captures.cases("enter"))
def test_enter(stub_rkt, case):
    live, uuid = stub_rkt.live()
    pid = int(captures.read_text(os.path.join(stub_rkt.data, "pods/run", uuid, "pid")))
    words = captures.command(case)
    arguments = words[words.index("enter") + 1:]
    if case == "enter-app":  # the recording lost the quotes
        words = words[:-3] + [" ".join(words[-3:])]
    assert arguments
    call = stub_rkt.run(stub_rkt.translate(words, uuid=uuid))
    compare_output(case, call.result, stub_rkt.data)
    account = call.account("enter")
    assert account.raw_argv[1] == f"--pid={pid}"
    compare("enter", account, case)
    assert live.process.poll() is None


@pytest.mark.parametrize("case, status", [("stop", 143), ("stop-force", 137)])
def test_stop(stub_rkt, case, status):
    live, uuid = stub_rkt.live()
    call = stub_rkt.run(stub_rkt.translate(captures.command(case), uuid=uuid))
    compare_output(case, call.result, stub_rkt.data)
    compare("stop", call.account("stop"), case)
    assert live.wait().result.status == status
    assert f"live rkt exit status after stop{' --force' if status == 137 else ''}: {status}" in \
        captures.read_text(captures.FOLDER / f"{case}.out")


def test_a_failing_stop_is_told(stub_rkt):
    live, uuid = stub_rkt.live()
    result = stub_rkt.run(["stop", uuid], STUB_EXIT="3").result
    assert result.status == 254 and uuid in result.stderr and "3" in result.stderr
    live.wait()


def exited(stub_rkt):
    call = stub_rkt.run(stub_rkt.translate(["run", "/srv/capture"]))
    assert call.result.status == 0, call
    return call.account("run").raw_argv[-1]


@pytest.mark.parametrize("case", ["gc", "gc-localcfg"])
def test_gc(stub_rkt, case):
    uuid = exited(stub_rkt)
    call = stub_rkt.run(stub_rkt.translate(captures.command(case)))
    compare("gc", call.account("gc"), case)
    if case == "gc":  # the recording collected many pods, here it is one
        wanted = ['gc: moving pod "UUID" to garbage', 'Garbage collecting pod "UUID"']
        assert set(wanted) <= set(captures.plain(captures.output(case)[0]).splitlines())
        assert sorted(captures.plain(call.result.stdout + call.result.stderr).splitlines()) == sorted(wanted)
    else:
        compare_output(case, call.result, stub_rkt.data)
    assert not os.path.exists(os.path.join(stub_rkt.data, "pods/run", uuid))
    assert not os.path.exists(os.path.join(stub_rkt.data, "pods/exited-garbage", uuid))


def test_rm(stub_rkt):
    uuid = exited(stub_rkt)
    call = stub_rkt.run(stub_rkt.translate(captures.command("rm"), uuid=uuid))
    compare_output("rm", call.result, stub_rkt.data)
    compare("gc", call.account("gc"), "rm")


def test_a_failing_gc_does_not_keep_the_pod(stub_rkt):
    uuid = exited(stub_rkt)
    result = stub_rkt.run(["rm", uuid], STUB_EXIT="3").result
    assert uuid in result.stderr and "3" in result.stderr
    assert uuid not in stub_rkt.run(["list", "--full"]).result.stdout


def test_a_gc_that_could_not_do_its_work_is_asked_again(stub_rkt):
    """254 is no last word: what the stage1 has made outside is known from the pod's directory alone."""
    uuid = exited(stub_rkt)
    for verb in (["rm", uuid], ["gc", "--grace-period=0s"]):
        result = stub_rkt.run(verb, STUB_EXIT="254").result
        assert result.status != 0 and uuid in result.stderr and "254" in result.stderr, result
        assert "exited garbage" in stub_rkt.run(["list", "--full"]).result.stdout
    assert stub_rkt.run(["gc", "--grace-period=0s"]).result.status == 0
    assert uuid not in stub_rkt.run(["list", "--full"]).result.stdout


@pytest.mark.parametrize("case", ["status-running", "status-exited"])
def test_status(stub_rkt, case):
    live, uuid = stub_rkt.live()
    if case == "status-exited":
        stub_rkt.run(["stop", uuid])
        live.wait()
    call = stub_rkt.run(stub_rkt.translate(captures.command(case), uuid=uuid))
    compare_output(case, call.result, stub_rkt.data)
    assert f"pid={live.process.pid}\n" in call.result.stdout
    assert call.accounts() == []


def test_the_entrypoint_is_where_rkt_was_called(stub_rkt):
    """Cgroup, session and every namespace but that of mounts are the caller's."""
    call = stub_rkt.run(stub_rkt.translate(["run", "/srv/capture"]))
    account = call.account("run")
    with open("/proc/self/cgroup") as file:
        assert account.sections["cgroup"] == file.read().splitlines()
    for name, value in account.namespaces.items():
        assert (value == os.readlink(f"/proc/self/ns/{name}")) == (name != "mnt"), name
    assert account.ids["pid"] == account.ids["sid"] == account.ids["pgid"] == str(call.process.pid)


def test_the_status_of_run_is_rkts(stub_rkt):
    for status in (0, 1, 7, 254):
        assert stub_rkt.run(stub_rkt.translate(["run", "/srv/capture"]), STUB_EXIT=str(status)).result.status == status


def test_the_lock_goes_with_the_stage1(stub_rkt):
    live, uuid = stub_rkt.live()
    assert "running" in stub_rkt.run(["status", uuid]).result.stdout
    refused = stub_rkt.run(["rm", uuid]).result
    assert refused.status == 254 and "running" in refused.stderr
    stub_rkt.run(["stop", "--force", uuid])
    live.wait()
    assert "state=exited" in stub_rkt.run(["status", uuid]).result.stdout


# a stage1 that lacks something

@pytest.mark.parametrize("option", ["--strict", "--log-size=2Mi"])
def test_what_the_stage1_cannot_give_is_refused_by_name(stub_rkt, option):
    call = stub_rkt.run(stub_rkt.translate(["run", option, "/srv/capture"]))
    assert call.result.status == 254
    assert option.split("=")[0] in call.result.stderr and "stage1-stub" in call.result.stderr
    assert call.accounts() == []


def test_explain_says_that_it_cannot_tell(stub_rkt):
    call = stub_rkt.run(["explain", f"--stage1-path={stub_rkt.images.stage1()}", stub_rkt.images.app()])
    assert "stage1-stub" in call.result.stdout + call.result.stderr
    assert "explain" in call.result.stdout + call.result.stderr
    assert call.accounts() == []


def test_logs_of_a_stage1_that_keeps_none(stub_rkt):
    live, uuid = stub_rkt.live(stub_rkt.images.stage1())
    result = stub_rkt.run(["logs", uuid]).result
    assert result.status == 254
    assert "has no logs entrypoint" in result.stderr
    stub_rkt.run(["stop", "--force", uuid])
    live.wait()


@pytest.mark.parametrize("missing", ["run", "enter", "stop", "gc"])
def test_a_missing_entrypoint_is_named(stub_rkt, missing):
    stage1 = stub_rkt.images.stage1(without=(missing,))
    if missing == "run":
        result = stub_rkt.run(stub_rkt.translate(["run", "/srv/capture"], stage1=stage1)).result
        assert result.status == 254 and "run" in result.stderr, result
        return
    live, uuid = stub_rkt.live(stage1)
    if missing == "gc":
        os.kill(live.process.pid, 15)
        live.wait()
    command = {"enter": ["enter", uuid, "/x"], "stop": ["stop", uuid], "gc": ["rm", uuid]}[missing]
    result = stub_rkt.run(command).result
    assert missing in result.stderr, result
    assert result.status == (0 if missing == "gc" else 254), result


def test_every_row_of_the_table_is_needed(request):
    if len(request.session.items) < 40:
        pytest.skip("needs the whole file")
    assert set(table.FACTS) - used == set()
