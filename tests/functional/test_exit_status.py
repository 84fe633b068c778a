# SPDX-License-Identifier: Apache-2.0
"""The status of the app is the status of rkt run; 254 is a pod that could not be started."""

import pytest

NOT_STARTED = 254


@pytest.mark.parametrize("status", [0, 1, 2, 77, 126, 127, 200, 253, 255])
def test_the_status_of_the_app_is_the_pods(engine, status):
    assert engine.run("exit", str(status)).status == status


@pytest.mark.parametrize("signal,status", [("KILL", 137), ("TERM", 143), ("SEGV", 139), ("ABRT", 134),
                                           ("HUP", 129), ("35", 163)])
def test_death_by_a_signal_is_128_and_its_number(engine, signal, status):
    assert engine.run("signal", signal).status == status


def test_a_missing_program_is_named(engine):
    result = engine.run(execute="/no/such/program")
    assert result.status in (127, NOT_STARTED)
    assert "/no/such/program" in result.stderr
    assert "No such file" in result.stderr


def test_a_file_that_is_not_executable_is_named(engine, image):
    result = engine.run(image=image(files={"/plain": "text"}), execute="/plain")
    assert result.status in (126, NOT_STARTED)
    assert "/plain" in result.stderr


def test_a_script_whose_interpreter_is_missing_is_named(engine, image):
    result = engine.run(image=image(files={"/script": ("#!/no/interpreter\n", 0o755)}),
                        execute="/script")
    assert result.status in (126, 127, NOT_STARTED)
    assert "/script" in result.stderr


def test_a_directory_is_no_program(engine, image):
    result = engine.run(image=image(directories={"/folder": (0o755, 0, 0)}), execute="/folder")
    assert result.status in (126, NOT_STARTED)
    assert "/folder" in result.stderr


def test_a_missing_working_directory_is_named(engine):
    result = engine.run("cwd", app=["--working-dir=/not/here"])
    assert result.status == NOT_STARTED
    assert "/not/here" in result.stderr


def test_a_user_that_does_not_exist_is_named(engine):
    result = engine.run("id", app=["--user=nobody-at-all"])
    assert result.status == NOT_STARTED
    assert "nobody-at-all" in result.stderr


def test_a_plain_name_is_looked_up_in_the_path_of_the_app(engine, image):
    found = image(links={"/opt/tools/tool": "/probe"},
                  environment=[{"name": "PATH", "value": "/nowhere:/opt/tools"}])
    assert engine.run("exit", "5", image=found, execute="tool").status == 5
    assert engine.run(image=found, execute="no-such-tool").status in (127, NOT_STARTED)


def test_the_first_failure_is_the_status_of_a_pod_of_several_apps(engine):
    result = engine.run_apps(["--name=a", "--", "sleep-forever"],
                             ["--name=b", "--", "exit", "9"],
                             ["--name=c", "--", "sleep-forever"])
    assert result.status == 9


def test_one_error_is_one_line(engine):
    result = engine.run("cwd", app=["--working-dir=/not/here"])
    complaints = [line for line in result.stderr.splitlines() if "/not/here" in line]
    assert len(complaints) == 1, result
