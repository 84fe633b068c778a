# SPDX-License-Identifier: Apache-2.0
"""Pods of several apps, event handlers, stage0's pod manifests."""

import json


def test_all_apps_run(engine):
    result = engine.run_apps(*[[f"--name=app{i}", "--", "print", f"from {i}"] for i in range(5)])
    assert result.status == 0, result
    assert sorted(result.text.splitlines()) == [f"from {i}" for i in range(5)]


def test_each_app_has_its_own_root(engine):
    result = engine.run_apps(["--name=a", "--", "write", "/x", "a"],
                             ["--name=b", "--", "sleep", "300", ",", "exists", "/x"])
    assert result.status == 1


def test_each_app_has_its_own_settings(engine):
    result = engine.run_apps(["--name=a", "--user=1", "--group=2", "--", "id"],
                             ["--name=b", "--user=3", "--group=4", "--environment=X=y", "--", "id"])
    assert "uid=1,1,1 gid=2,2,2" in result.text
    assert "uid=3,3,3 gid=4,4,4" in result.text


def test_two_apps_of_one_name_are_refused(engine):
    result = engine.run_apps(["--name=a", "--", "print", "ran"], ["--name=a", "--", "print", "ran"])
    assert result.status not in (0,)
    assert "ran" not in result.text
    assert '"a"' in result.stderr or " a" in result.stderr


def test_the_status_of_each_app_is_kept(engine):
    pod = engine.start_words(
        "run", "--uuid-file-save=@UUID_FILE@", f"--stage1-path={engine.stage1}",
        engine.default_image, "--name=good", "--exec=/probe", "--", "exit", "0", "---",
        engine.default_image, "--name=bad", "--exec=/probe", "--", "sleep", "300", ",", "exit", "7")
    assert pod.wait().status == 7
    status = engine.rkt("status", pod.uuid)
    assert "app-good=0" in status.stdout
    assert "app-bad=7" in status.stdout


def handlers(*names_and_exec):
    return [{"name": name, "exec": command} for name, command in names_and_exec]


def test_handlers_run_around_the_app(engine, image, tmp_path):
    mine = image(eventHandlers=handlers(("pre-start", ["/probe", "append", "/log/order", "pre "]),
                                        ("post-stop", ["/probe", "append", "/log/order", "post "])))
    result = engine.run("append", "/log/order", "main ", image=mine,
                        pod=[f"--volume=log,kind=host,source={tmp_path}"],
                        app=["--mount=volume=log,target=/log"])
    assert result.status == 0, result
    assert (tmp_path / "order").read_text() == "pre main post "


def test_a_handler_that_fails_keeps_the_app_from_starting(engine, image):
    mine = image(eventHandlers=handlers(("pre-start", ["/probe", "exit", "3"])))
    result = engine.run("print", "ran", image=mine)
    assert result.status == 254, result
    assert "ran" not in result.text
    assert "pre-start" in result.stderr


def test_handlers_have_no_more_rights_than_the_app(engine, image):
    mine = image(eventHandlers=handlers(("pre-start", ["/probe", "caps"])))
    result = engine.run("caps", image=mine, app=["--caps-retain=CAP_KILL"])
    lines = result.text.splitlines()
    assert len(lines) == 14 and lines[:7] == lines[7:], result


def test_a_pod_manifest_runs_as_written(engine, tmp_path):
    prepared = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}", engine.default_image,
                          "--name=app", "--exec=/probe", "--", "env", "X")
    assert prepared.status == 0, prepared
    manifest = json.loads(engine.rkt("cat-manifest", prepared.stdout.strip()).stdout)
    assert manifest["acKind"] == "PodManifest"
    manifest["apps"][0]["app"]["environment"] = [{"name": "X", "value": "from manifest"}]
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(manifest))
    result = engine.rkt("run", f"--stage1-path={engine.stage1}", f"--pod-manifest={path}")
    assert result.text == "from manifest\n", result
