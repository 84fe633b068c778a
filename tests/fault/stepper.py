# SPDX-License-Identifier: Apache-2.0
"""A command line, killed once at each of its steps (kill_step.c)."""

import os
import subprocess

from aftermath import read

NO_STEP, NO_TRACE = 124, 125
EVERY_STEP = os.environ.get("RKT_FAULT_ALL") == "1"


class Stepper:
    def __init__(self, work, kill_step, command):
        self.steps_file = os.path.join(work, "steps")
        self.program = kill_step
        self.command = command

    def run(self, *victim):
        done = subprocess.run(
            [self.program, self.steps_file, *victim, "--", *self.command], timeout=60,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode != NO_TRACE, done.stdout
        return done

    def steps(self):
        return [line.split() for line in read(self.steps_file).splitlines()]

    def all_steps(self, status=0):
        """(process, step) for all there are; how a command ends is checked, too."""
        done = self.run()
        assert done.returncode == status, done.stdout
        return [(process, step) for process, step, _ in self.steps()]
