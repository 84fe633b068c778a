#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The shell checker finds nothing to say about our scripts.
set -eu
cd "$(dirname "$0")/../.."
mapfile -t scripts < <(git ls-files | while read -r file; do
	[ -f "$file" ] && head -c 64 "$file" | head -n 1 | grep -aqE '^#!.*\b(bash|sh)$' && echo "$file"
done)
shellcheck "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
