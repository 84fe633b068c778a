# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal: a program on a pty, what he types and what he sees."""

import fcntl
import os
import pty
import select
import struct
import termios
import time

from harness.engine import shell_status


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class PtySession:
    def __init__(self, command, rows=24, columns=80):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                set_size(0, rows, columns)  # before the program can see another
                os.execv(command[0], command)
            finally:
                os._exit(125)
        self.seen = b""

    def resize(self, rows, columns):
        set_size(self.master, rows, columns)

    def type(self, text):
        os.write(self.master, text.encode())

    def local_flags(self):
        return termios.tcgetattr(self.master)[3]

    def _read(self, timeout):
        ready, _, _ = select.select([self.master], [], [], timeout)
        if not ready:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: no process has the terminal any more
            data = b""
        self.seen += data
        return data != b""

    def wait_for(self, text, timeout=20):
        end = time.monotonic() + timeout
        while text.encode() not in self.seen:
            more = self._read(0.1)
            assert more and time.monotonic() < end, f"no {text!r} in {self.seen!r}"

    def wait(self, timeout=20):
        """Reads to the end; the exit status."""
        end = time.monotonic() + timeout
        while self._read(0.1):
            assert time.monotonic() < end, f"does not end: {self.seen!r}"
        _, status = os.waitpid(self.pid, 0)
        os.close(self.master)
        return shell_status(os.waitstatus_to_exitcode(status))

    @property
    def text(self):
        return self.seen.decode(errors="surrogateescape").replace("\r\n", "\n")
