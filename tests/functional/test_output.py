# SPDX-License-Identifier: Apache-2.0
"""What apps print, and where it goes."""

import os
import re
import subprocess
import time

MARKED = re.compile(r"^\[ *\d+\.\d{6}\] app\[\d+\]: (.*)$")


def test_each_line_is_marked(engine):
    result = engine.run("print", "one", ",", "print", "two")
    assert [MARKED.match(line).group(1) for line in result.stdout.splitlines()] == ["one", "two"]


def test_both_streams_stay_apart(engine):
    result = engine.run("print", "to stdout", ",", "print-error", "to stderr")
    assert result.text == "to stdout\n"
    assert "to stderr" in result.error_text.splitlines()
    assert "to stdout" not in result.stderr


def test_a_mebibyte_of_lines_arrives_whole_and_in_order(engine):
    result = engine.run("lines", "16384", "64")
    lines = result.text.splitlines()
    assert [line.split()[0] for line in lines] == [str(i) for i in range(16384)]


def test_one_line_of_a_mebibyte_arrives_whole(engine):
    result = engine.run("flood", "1048576")
    assert result.text.count("x") == 1048576


def test_a_last_line_without_newline_arrives(engine):
    result = engine.run("print-raw", "no newline")
    assert result.text.rstrip("\n") == "no newline"


def test_apps_have_an_empty_stdin(engine):
    result = engine.run("echo", input=b"typed\n")
    assert result.status == 0
    if engine.level != "fly":  # there the app has the caller's own stdin
        assert "typed" not in result.text


def test_lines_of_several_apps_do_not_mix(engine):
    result = engine.run_apps(["--name=first", "--", "lines", "2000", "100"],
                             ["--name=second", "--", "lines", "2000", "100"])
    assert result.status == 0
    for line in result.stdout.splitlines():
        assert re.match(r"^\[ *\d+\.\d{6}\] (first|second)\[\d+\]: \d+ x{100}$", line), line
    assert len(result.stdout.splitlines()) == 4000


def test_a_slow_reader_loses_nothing(engine):
    words = engine.command(engine._words("run", ["lines", "20000", "64"], (), (), None, "/probe"))
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        time.sleep(0.5)
        output = process.stdout.read()
    assert process.returncode == 0
    assert output.count(b"\n") == 20000


def test_a_reader_that_goes_away_does_not_hang_the_pod(engine):
    words = engine.command(engine._words("run", ["lines", "20000", "64"], (), (), None, "/probe"))
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        process.wait(30)


def test_a_daemon_that_holds_the_output_does_not_hang_the_pod(engine):
    start = time.monotonic()
    result = engine.run("print", "done", ",", "fork-orphan", "30") if engine.level != "fly" else \
        engine.run("print", "done", ",", "fork-orphan", "0")
    assert result.status == 0
    assert result.text == "done\n"
    assert time.monotonic() - start < 20


def test_output_goes_to_a_file_as_well(engine, tmp_path):
    with open(tmp_path / "out", "wb") as out:
        words = engine.command(engine._words("run", ["print", "hello"], (), (), None, "/probe"))
        assert subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out).returncode == 0
    assert (tmp_path / "out").read_text().endswith("hello\n")
    assert os.path.getsize(tmp_path / "out") > 0
