# SPDX-License-Identifier: Apache-2.0
"""--pod-name: a name does wherever a UUID does."""

import json


def test_a_name_does_wherever_a_uuid_does(engine):
    pod = engine.start("print", "up", ",", "sleep", "60000", pod=["--pod-name=web"])
    pod.wait_for("up")
    status = engine.rkt("status", "web")
    assert status.status == 0 and "name=web" in status.stdout.splitlines()
    entered = engine.rkt("enter", "web", "/probe", "exit", "7")
    assert entered.status == 7, entered
    assert '"name": "app"' in engine.rkt("cat-manifest", "web").stdout
    stopped = engine.rkt("stop", "web")
    assert stopped.status == 0 and stopped.stdout == f'"{pod.uuid}"\n'
    pod.wait()
    assert "exited=true" in engine.rkt("status", "web").stdout
    assert engine.rkt("rm", "web").status == 0
    gone = engine.rkt("status", "web")
    assert gone.status == 254 and 'no matches found for "web"' in gone.stderr


def test_a_name_is_shown_where_it_is_asked_for(engine):
    pod = engine.start("exit", "0", pod=["--pod-name=shown"])
    pod.wait()
    plain = engine.rkt("list").stdout
    named = engine.rkt("list", "--names").stdout
    assert "shown" not in plain and "NAME\n" not in plain.replace("IMAGE NAME", "")
    assert named.splitlines()[0].rstrip().endswith("NAME")
    assert [line for line in named.splitlines() if line.rstrip().endswith("shown")]
    pods = json.loads(engine.rkt("list", "--format=json").stdout)
    assert [p["name"] for p in pods if p.get("pod_name") == "shown"] == [pod.uuid]
    assert json.loads(engine.rkt("status", "--format=json", "shown").stdout)["pod_name"] == "shown"
    engine.rkt("rm", "shown")


def test_a_name_can_be_had_once(engine):
    first = engine.start("exit", "0", pod=["--pod-name=once"])
    first.wait()
    before = engine.rkt("list", "--full", "--no-legend").stdout
    second = engine.run("exit", "0", pod=["--pod-name=once"])
    assert second.status == 254
    assert f'--pod-name=once: pod "{first.uuid}" has this name' in second.stderr
    assert engine.rkt("list", "--full", "--no-legend").stdout == before
    assert engine.rkt("rm", "once").status == 0
    assert engine.run("exit", "3", pod=["--pod-name=once"]).status == 3
    engine.rkt("rm", "once")


def test_a_prepared_pod_is_started_by_its_name(engine):
    prepared = engine.rkt("prepare", "--quiet", "--pod-name=later", f"--stage1-path={engine.stage1}",
                          engine.default_image, "--exec=/probe", "--", "exit", "5")
    assert prepared.status == 0, prepared
    assert engine.rkt("run-prepared", "later").status == 5
    engine.rkt("rm", "later")


def test_names_that_cannot_be_are_refused(engine):
    for name, why in (("a b", "not a letter or digit"), ("../up", "not a letter or digit"),
                      ("cafe-1", "beginning of a UUID"), ("x" * 64, "not a letter or digit")):
        refused = engine.run("exit", "0", pod=[f"--pod-name={name}"])
        assert refused.status == 254
        assert why in refused.stderr, refused
