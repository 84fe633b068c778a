#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy with .clang-tidy's checks over the product's sources.  Usage: tidy.sh BUILD_DIRECTORY
# What passed once is not looked at again until the file, a header or the checks change.
set -eu
cd "$(dirname "$0")/../.."
build=$1
cache=${RKT_TIDY_CACHE:-$build/tidy-cache}
mkdir -p "$cache" "$build/tidy"

# The commands of gcc have options that clang does not know.
cmake -S . -B "$build/tidy" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug \
	-DBUILD_TESTING=OFF >"$build/tidy/log" 2>&1 || { cat "$build/tidy/log"; exit 1; }

# One key for all headers: a changed one can change any file's outcome.
common=$({ git ls-files -z -- '*.h' ':!tests' .clang-tidy build/cmake | xargs -0 cat; clang-tidy --version; } | sha256sum)
work=()
while read -r file; do
	key=$(printf '%s' "$common" | cat - "$file" | sha256sum | cut -c 1-40)
	[ -e "$cache/$key" ] || work+=("$key $file")
done < <(git ls-files -- 'common/*.c' 'stage0/*.c' 'stage1-*/*.c' 'image/*.c' 'metadata/*.c' 'cni/*.c' 'build/*.c')

check() { # CACHE BUILD KEY FILE
	out=$(clang-tidy --quiet -p "$2" "$4" 2>/dev/null) && : >"$1/$3" && return 0
	printf '%s\n' "$out"
	return 1
}
export -f check
if [ ${#work[@]} -gt 0 ]; then
	printf '%s\n' "${work[@]}" | xargs -P "$(nproc)" -L 1 bash -c 'check "$@"' _ "$cache" "$build/tidy"
fi
echo "clang-tidy has nothing to say"
