#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes that keep a file readable in one sitting, and what every header must say."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE_LINES = 500
HEADER_LINES = 150
FUNCTION_LINES = 60

# Files over budget, each with its reason.
FILES = {
    "common/plan/seccomp_sets.c": "one table of names, no logic",
}
FORBIDDEN_NAMES = {"utils", "util", "common", "misc", "helpers", "helper", "linux"}


def functions(lines):
    """Kernel style: a body opens with '{' and closes with '}' in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield start, number - start - 1
            start = None


def check(path, problems):
    name = str(path.relative_to(ROOT))
    lines = path.read_text().splitlines()
    limit = HEADER_LINES if path.suffix == ".h" else FILE_LINES
    if len(lines) > limit and name not in FILES:
        problems.append(f"{name}: {len(lines)} lines (budget {limit})")
    if path.stem in FORBIDDEN_NAMES:
        problems.append(f"{name}: a file is one noun of the domain, not '{path.stem}'")
    if not lines or "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
        problems.append(f"{name}: the first line is not the licence's")
    if path.suffix == ".h":
        text = "\n".join(lines)
        if not re.search(rf"^/\*\n \* {re.escape(path.name)} - ", text, re.M):
            problems.append(f"{name}: no comment 'NAME - what it is' at its head")
        if "#pragma once" not in text:
            problems.append(f"{name}: no #pragma once")
    else:
        for start, length in functions(lines):
            if length > FUNCTION_LINES:
                problems.append(f"{name}:{start}: a function of {length} lines (budget {FUNCTION_LINES})")
    return len(lines)


def main():
    problems = []
    sizes = []
    for path in sorted(ROOT.glob("**/*.[ch]")):
        top = path.relative_to(ROOT).parts[0]
        if top in (".build", "out"):
            continue
        sizes.append(check(path, problems))
    sizes.sort()
    print(f"{len(sizes)} files, {sum(sizes)} lines, median {sizes[len(sizes) // 2]}, largest {sizes[-1]}")
    print("\n".join(problems))
    return 1 if problems else 0


sys.exit(main())
