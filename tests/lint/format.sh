#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every C file has the form that clang-format 14 gives it.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -z -- '*.c' '*.h' | xargs -0 clang-format --dry-run --Werror
echo "all files are formatted"
