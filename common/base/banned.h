/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banned.h - calls this tree does without; the build includes it before every file.
 *
 * Numbers and text from outside go through common/base/parse.h, growing strings
 * through common/base/text.h, child processes through common/process/.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef sprintf /* macros of _FORTIFY_SOURCE under clang */
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll gets
#undef alloca
#pragma GCC poison system popen realpath alloca getpwnam getpwuid getgrnam getgrgid
