#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the compiler and the linker were told, seen in what they made.  usage: hardening.sh BUILD_DIR
set -u
build=$1
failures=0

static_programs=(stage0/rkt stage1-coreos/stage1-coreos stage1-fly/stage1-fly stage1-kvm/stage1-kvm
	stage1-kvm/guest/stage1-kvm-guest cni/rkt-cni)
dynamic_programs=(stage0/rkt-image stage0/rkt-fetch build/aci/aci)

fail() {
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

cached() {
	sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}

has() {
	grep -Eq -- "$2" <<<"$1"
}

check_program() {
	local kind=$1 program=$2 file=$build/$2 segments dynamic symbols

	if [ ! -f "$file" ]; then
		fail "$program: has not been built"
		return
	fi
	segments=$(readelf --wide --program-headers "$file")
	dynamic=$(readelf --wide --dynamic "$file")
	symbols=$(nm --dynamic "$file" 2>/dev/null; nm "$file" 2>/dev/null)

	has "$(readelf --file-header "$file")" 'Type: +DYN' || fail "$program: not position-independent"
	has "$dynamic" 'FLAGS_1.*PIE' || fail "$program: no position-independent executable"
	if [ "$kind" = static ]; then
		has "$segments" INTERP && fail "$program: wants a loader"
		has "$dynamic" NEEDED && fail "$program: wants libraries"
	fi
	has "$segments" GNU_RELRO || fail "$program: no RELRO"
	has "$dynamic" 'BIND_NOW|FLAGS_1.*NOW' || fail "$program: RELRO is not full"
	has "$segments" 'GNU_STACK.* RW ' || fail "$program: executable stack"
	has "$segments" 'LOAD.* RWE ' && fail "$program: writable code"
	has "$dynamic" 'TEXTREL|RPATH|RUNPATH' && fail "$program: TEXTREL, RPATH or RUNPATH"
	has "$symbols" '__stack_chk_fail' || fail "$program: no stack protector"
	if [ "$(cached CMAKE_BUILD_TYPE)" = Release ]; then
		has "$symbols" '__[a-z]+_chk' || fail "$program: nothing is fortified"
	fi
	if [ -u "$file" ] || [ -g "$file" ]; then
		fail "$program: set-id"
	fi
}

# Control-flow enforcement (x86-64: IBT and SHSTK): every object of ours is marked.  A program is
# only when all libraries it has in it are, which is the distribution's business.
check_library() {
	local library=$1 objects marked

	objects=$(ar t "$library" | wc -l)
	marked=$(readelf --notes "$library" 2>/dev/null | grep -c 'x86 feature: IBT, SHSTK')
	if [ "$objects" = 0 ] || [ "$marked" -lt "$objects" ]; then
		fail "${library#"$build"/}: $marked of $objects objects are marked for CET"
	fi
}

if [ -n "$(cached RKT_SANITIZE)" ]; then
	echo "SKIP: sanitized programs are for finding bugs, not for use"
	exit 0
fi
for program in "${static_programs[@]}"; do
	check_program static "$program"
done
for program in "${dynamic_programs[@]}"; do
	check_program dynamic "$program"
done
if [ "$(uname -m)" = x86_64 ]; then
	for library in "$build"/common/*/*.a "$build"/image/*.a "$build"/cni/*.a; do
		check_library "$library"
	done
fi
[ $failures = 0 ] && echo "$((${#static_programs[@]} + ${#dynamic_programs[@]})) programs are hardened"
exit $((failures > 0))
