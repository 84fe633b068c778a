/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_interpreter.h - what the kernel must find beside a program to execute it.
 *
 * A program is there and execve(2) says "No such file": the loader that its ELF
 * header names, or the interpreter of its "#!" line, is what is missing.
 *
 * Processes:  opens and reads a file of the app, which may be anything; allocates nothing.
 */
#pragma once

#include <limits.h>

#include "common/base/error.h"

/*
 * Returns 1 and the path of the program's interpreter; 0: it needs none, cannot be
 * read, or is no program; interpreter is undefined then.
 */
int program_interpreter(const char *path, char interpreter[PATH_MAX]) MUST_CHECK;
