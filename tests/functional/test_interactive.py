# SPDX-License-Identifier: Apache-2.0
"""--interactive: the app has a terminal of its pod's, and the caller his own back."""

import os
import signal
import termios

import pytest

from harness.engine import wait_until
from harness.pty_session import PtySession


def session(engine, *arguments, **options):
    words = engine._words("run", arguments, ["--interactive", engine.quiet_network],
                          (), None, "/probe")
    return PtySession(engine.command(words), **options)


def test_the_app_has_a_terminal_of_the_right_size(engine):
    terminal = session(engine, "sleep", "200", ",", "tty", rows=33, columns=111)
    assert terminal.wait() == 0
    assert "stdin=1 stdout=1 stderr=1 rows=33 columns=111" in terminal.text, terminal.text


def test_what_is_typed_arrives_and_output_is_not_marked(engine):
    terminal = session(engine, "print", "ready", ",", "echo")
    terminal.wait_for("ready")
    terminal.type("hello\n")
    terminal.wait_for("hello\r\nhello\r\n")
    terminal.type("\x04")
    assert terminal.wait() == 0
    assert terminal.text.startswith("ready\n")


def test_ctrl_c_reaches_the_app(engine):
    terminal = session(engine, "trap", "INT", "6")
    terminal.wait_for("ready")
    terminal.type("\x03")
    assert terminal.wait() == 6
    assert "got INT" in terminal.text


def test_a_change_of_size_reaches_the_app(engine):
    terminal = session(engine, "tty-watch", "2", rows=20, columns=60)
    terminal.wait_for("size=")
    terminal.resize(41, 123)
    terminal.wait_for("size=41x123")
    assert terminal.wait() == 0


def test_the_callers_terminal_is_restored(engine):
    terminal = session(engine, "trap", "TERM", "7")
    before_raw = terminal.local_flags()
    terminal.wait_for("ready")
    if engine.level != "fly":
        wait_until(lambda: not terminal.local_flags() & termios.ICANON, "raw mode")
    os.kill(terminal.pid, signal.SIGTERM)
    wait_until(lambda: terminal.local_flags() & termios.ICANON, "the terminal's restoration")
    assert terminal.local_flags() & termios.ECHO or not before_raw & termios.ECHO
    assert terminal.wait() == 7


def test_a_mebibyte_on_the_terminal_arrives(engine):
    terminal = session(engine, "lines", "16384", "60")
    assert terminal.wait(60) == 0
    assert terminal.text.count("\n") == 16384


def test_without_a_terminal_the_streams_are_passed_through(engine):
    result = engine.run("echo", pod=["--interactive"], input=b"typed\n")
    assert result.status == 0
    assert result.stdout == "typed\n"


def test_an_exit_status_is_kept(engine):
    assert session(engine, "exit", "9").wait() == 9


@pytest.mark.parametrize("count", [2])
def test_several_apps_cannot_be_interactive(engine, count):
    result = engine.run_apps(*[[f"--name=a{i}", "--", "print", "ran"] for i in range(count)],
                             pod=["--interactive"])
    assert result.status != 0
    assert "ran" not in result.text
