# SPDX-License-Identifier: Apache-2.0
"""The environment of an app, by the App Container spec and rkt's options."""

import os

import pytest

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def variables(result):
    assert result.status == 0, result
    return result.values()


def test_the_variables_of_the_spec_are_there(engine):
    env = variables(engine.run("env"))
    assert env["PATH"] == DEFAULT_PATH
    assert env["AC_APP_NAME"] == "app"
    assert env["container"] == "rkt"
    assert env["USER"] == env["LOGNAME"] == "root"
    assert env["HOME"] in ("/", "/root")
    assert "SHELL" in env


def test_nothing_of_the_caller_leaks_in(engine):
    env = variables(engine.run("env", env={**os.environ, "CALLER_SECRET": "x"}))
    assert "CALLER_SECRET" not in env
    assert not any(name.startswith("RKT_") for name in env)


def test_the_image_the_option_and_the_pod_are_ranked(engine, image):
    mine = image(environment=[{"name": "A", "value": "image"}, {"name": "B", "value": "image"},
                              {"name": "C", "value": "image"}])
    env = variables(engine.run("env", image=mine, pod=["--set-env=B=pod", "--set-env=C=pod"],
                               app=["--environment=C=app"]))
    assert (env["A"], env["B"], env["C"]) == ("image", "pod", "app")


def test_the_path_of_the_image_wins_over_the_default(engine, image):
    mine = image(environment=[{"name": "PATH", "value": "/opt"}])
    assert variables(engine.run("env", image=mine))["PATH"] == "/opt"


def test_inherit_env_hands_on_what_the_image_does_not_set(engine, image):
    mine = image(environment=[{"name": "A", "value": "image"}])
    env = variables(engine.run("env", image=mine, pod=["--inherit-env"],
                               env={**os.environ, "A": "caller", "D": "caller"}))
    assert (env["A"], env["D"]) == ("image", "caller")


def test_a_file_of_variables_is_read(engine, tmp_path):
    file = tmp_path / "env"
    file.write_text("# a comment\n; another\nE=from file\nF=two=parts\n\n")
    env = variables(engine.run("env", pod=[f"--set-env-file={file}"]))
    assert (env["E"], env["F"]) == ("from file", "two=parts")


@pytest.mark.parametrize("value", ["", "a b", "x=y", "\u00e4\u00f6", "line\nbreak", "$HOME `id`"])
def test_values_arrive_as_they_are(engine, value):
    result = engine.run("env", "V", app=[f"--environment=V={value}"])
    assert result.text == value + "\n"


def test_a_variable_without_a_name_is_refused(engine):
    result = engine.run("env", pod=["--set-env==x"])
    assert result.status != 0 and result.stdout == ""


def test_the_arguments_of_the_command_line_follow_exec(engine):
    result = engine.run("argv", "a b", "--flag", "", "---x", "*")
    assert result.text == "[a b]\n[--flag]\n[]\n[---x]\n[*]\n"


def test_exec_of_the_image_is_used_as_it_is(engine, image):
    mine = image(exec=["/probe", "argv", "from", "image"])
    assert engine.run(image=mine, execute=None).text == "[from]\n[image]\n"
