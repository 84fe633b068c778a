# SPDX-License-Identifier: Apache-2.0
"""rkt explain, and --strict: no isolator drops a request silently."""

import json


def explain(engine, *words, form="json"):
    return engine.rkt("explain", f"--format={form}", f"--stage1-path={engine.stage1}", *words)


def plans(value):
    return value if isinstance(value, list) else value.get("plans", [value])


def test_the_plan_is_told_and_nothing_is_started(engine):
    before = engine.rkt("list", "--no-legend").stdout
    result = explain(engine, engine.default_image, "--name=app", "--memory=50M", "--exec=/probe",
                     "--", "print", "ran")
    assert result.status == 0, result
    assert "50000000" in result.stdout or "52428800" in result.stdout or "50M" in result.stdout
    json.loads(result.stdout)
    assert engine.rkt("list", "--no-legend").stdout == before


def test_people_can_read_it(engine):
    result = explain(engine, engine.default_image, "--name=app", "--memory=50M", form="table")
    assert result.status == 0, result
    assert "memory" in result.stdout
    assert "enforced" in result.stdout or "ignored" in result.stdout


def test_what_is_ignored_is_said(engine, isolated_image):
    mine = isolated_image(("example.com/unknown", {"x": 1}))
    result = explain(engine, mine, "--name=app")
    assert "example.com/unknown" in result.stdout
    assert "ignored" in result.stdout


def test_what_is_ignored_is_a_warning_at_run(engine, isolated_image):
    mine = isolated_image(("example.com/unknown", {"x": 1}))
    result = engine.run("print", "ran", image=mine)
    assert result.status == 0
    assert "example.com/unknown" in result.stderr


def test_strict_refuses_what_is_ignored(engine, isolated_image):
    mine = isolated_image(("example.com/unknown", {"x": 1}))
    result = engine.run("print", "ran", image=mine, pod=["--strict"])
    assert result.status == 254
    assert "ran" not in result.text
    assert "example.com/unknown" in result.stderr


def test_strict_runs_what_can_be_enforced(engine):
    result = engine.run("print", "ran", pod=["--strict", engine.quiet_network], app=["--caps-retain=CAP_KILL"])
    if "emulated (TCG)" in explain(engine, engine.default_image, "--name=app", form="table").stdout:
        assert result.status == 254 and "ran" not in result.text
        assert "strict: virtual machine " in result.stderr and "modified: QEMU microvm, emulated" in result.stderr, result
    else:
        assert result.text == "ran\n", result
