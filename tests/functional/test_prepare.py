# SPDX-License-Identifier: Apache-2.0
"""prepare and run-prepared."""


def prepare(engine, *arguments, pod=()):
    result = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}", *pod,
                        engine.default_image, "--name=app", "--exec=/probe", "--", *arguments)
    assert result.status == 0, result
    return result.stdout.strip()


def test_a_prepared_pod_runs_later(engine):
    uuid = prepare(engine, "print", "hello", ",", "exit", "8")
    assert "state=prepared" in engine.rkt("status", uuid).stdout
    result = engine.rkt("run-prepared", uuid)
    assert result.status == 8
    assert result.text == "hello\n"
    assert "state=exited" in engine.rkt("status", uuid).stdout


def test_a_pod_runs_once(engine):
    uuid = prepare(engine, "exit", "0")
    assert engine.rkt("run-prepared", uuid).status == 0
    again = engine.rkt("run-prepared", uuid)
    assert again.status not in (0,)
    assert uuid in again.stderr or "prepared" in again.stderr


def test_options_of_the_run_count(engine):
    uuid = prepare(engine, "cat", "/etc/hosts")
    result = engine.rkt("run-prepared", "--hosts-entry=10.1.2.3=database", uuid)
    assert "database" in result.text


def test_volumes_are_kept(engine, tmp_path):
    (tmp_path / "in").write_text("from host")
    result = engine.rkt("prepare", "--quiet", f"--stage1-path={engine.stage1}",
                        f"--volume=v,kind=host,source={tmp_path}", engine.default_image, "--name=app",
                        "--exec=/probe", "--mount=volume=v,target=/v", "--", "cat", "/v/in")
    assert engine.rkt("run-prepared", result.stdout.strip()).content == "from host"


def test_a_prepared_pod_is_collected_when_it_expires(engine):
    uuid = prepare(engine, "exit", "0")
    assert engine.rkt("gc", "--grace-period=0", "--expire-prepared=24h").status == 0
    assert "state=prepared" in engine.rkt("status", uuid).stdout
    assert engine.rkt("gc", "--grace-period=0", "--expire-prepared=0").status == 0
    assert engine.rkt("gc", "--grace-period=0", "--expire-prepared=0").status == 0
    assert engine.rkt("status", uuid).status != 0
