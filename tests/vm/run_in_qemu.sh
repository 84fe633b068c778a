#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs tests on a Debian 12 machine of its own: systemd as PID 1, cgroup v2 only, kernel 6.1.
#
# usage: run_in_qemu.sh [PYTEST_ARGUMENT...]	those of guest/ and more, or what the arguments say,
#						as in the guest: -k stop /rkt/tests/functional
#        run_in_qemu.sh --shell			a shell in it; leaving it ends the machine
#
# RKT_OUT         where rkt, aci and stage1-*.aci are (default: out/ of the repository)
# RKT_PROBE       the probe program (default: RKT_OUT/probe)
# RKT_BUILD       the build directory, of which the Debian package is made (default: none is)
# TESTS_MUST_RUN  1: what can't run is a failure, not skipped
# VM_TIME_LIMIT   seconds until the machine is taken to hang (default: 1080)
#
# Exit status: that of the tests; 77: skipped; 124: time is up; 125: the machine failed.
# The image is kept in ${XDG_CACHE_HOME:-/var/cache}/rkt-tests; the machine writes nothing to it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
out=${RKT_OUT:-$(dirname "$tests")/out}
probe=${RKT_PROBE:-$out/probe}
time_limit=${VM_TIME_LIMIT:-1080}
cache=${XDG_CACHE_HOME:-/var/cache}/rkt-tests
image_days=30

# Beside the machine's own tests, those whose outcome depends on the kernel, at the level
# that asks most of it; networks of kinds that other kernels may lack, at kvm too (once: each
# pod takes the emulator in an emulator 20 seconds).
kinds="(ipvlan or a_vlan or vrf) and not (kvm and debian)"
arguments=(
	-k "guest or (coreos and not test_network) or $kinds" /rkt/tests/guest
	/rkt/tests/functional/test_{enter,interactive,isolation,limits}.py
	/rkt/tests/functional/test_{prepare,root,stop,users,volumes}.py
	/rkt/tests/functional/test_network_{examples,plugins}.py
)

work=
machine=
reader=

clean_up() {
	trap - EXIT INT TERM HUP
	[ -z "$machine" ] || kill -KILL "$machine" 2>/dev/null || true
	[ -z "$reader" ] || kill "$reader" 2>/dev/null || true
	[ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'clean_up; exit 130' INT
trap 'clean_up; exit 143' TERM HUP

say() {
	printf '[%3d s] %s\n' "$SECONDS" "$*"
}

cannot_run() {
	if [ "${TESTS_MUST_RUN:-0}" = 1 ]; then
		say "failed: $*, and TESTS_MUST_RUN=1"
		exit 1
	fi
	say "skipped: $*"
	exit 77
}

look_for_what_is_needed() {
	local program file

	for program in qemu-system-x86_64 mke2fs; do
		command -v "$program" >/dev/null || cannot_run "$program is not installed"
	done
	for file in "$out"/{rkt,aci,stage1-coreos.aci,stage1-fly.aci} "$probe"; do
		[ -e "$file" ] || cannot_run "$file is not built"
	done
}

# Sets $image; builds it when there is none of these very inputs.
find_image() {
	local key

	key=$(sha256sum "$here/make_image.sh" | cut -c 1-16)
	image=$cache/debian-$key
	mkdir -p "$cache"
	exec {lock}>"$cache/lock"
	flock "$lock"
	if [ ! -d "$image" ]; then
		command -v mmdebstrap >/dev/null || cannot_run "mmdebstrap is not installed"
		[ "$(id -u)" -eq 0 ] || cannot_run "making the machine's image needs root"
		find "$cache" -mindepth 1 -maxdepth 1 -name 'debian-*' -mtime "+$image_days" \
			-exec rm -rf --one-file-system {} +
		say "making the image of the machine (once)"
		"$here/make_image.sh" "$image" >"$work/image.log" 2>&1 || {
			tail -n 20 "$work/image.log"
			cannot_run "the machine's image could not be made"
		}
	fi
	touch "$image"
	exec {lock}>&-
}

make_package() { # FILE
	local folder=$work/package

	[ -n "${RKT_BUILD:-}" ] || return 0
	mkdir "$folder"
	(cd "$folder" && cpack -G DEB --config "$RKT_BUILD/CPackConfig.cmake" -B "$folder") \
		>"$work/package.log" 2>&1 || { cat "$work/package.log" >&2; exit 1; }
	mv "$folder"/rkt_*.deb "$1"
}

make_test_disk() {
	local disk=$work/disk

	mkdir -p "$disk/out" "$disk/tests" "$disk/units/multi-user.target.wants"
	cp "$out"/rkt "$out"/aci "$out"/rkt-image "$out"/rkt-fetch "$out"/stage1-*.aci "$disk/out/"
	cp "$probe" "$disk/out/probe"
	make_package "$disk/out/rkt.deb"
	cp -r "$tests/functional" "$here/guest" "$disk/tests/"
	find "$disk/tests" -name __pycache__ -prune -exec rm -r {} +
	cp "$here"/guest/*.service "$disk/units/"
	ln -s "../rkt-$mode.service" "$disk/units/multi-user.target.wants/"
	[ $# -gt 0 ] || set -- "${arguments[@]}"
	printf '%s\n' "$@" >"$disk/arguments"
	mke2fs -q -t ext4 -O ^has_journal -d "$disk" "$work/tests.ext4" 64M >/dev/null
}

start_machine() {
	local accelerator=tcg,thread=multi serial=file:$work/console
	local line="root=/dev/vda console=ttyS0 quiet panic=-1 systemd.show_status=false"

	# A /dev/kvm alone says nothing: where the processor can't, it hangs.
	if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)\b' /proc/cpuinfo; then
		accelerator=kvm
	fi
	[ "$mode" = tests ] || serial=mon:stdio
	say "starting the machine ($accelerator)"
	: >"$work/results"
	# Whatever becomes of this script, the machine does not outlive it.
	set -- setpriv --pdeathsig KILL qemu-system-x86_64 \
		-accel "$accelerator" -cpu max -smp 2 -m 1536 -nodefaults -no-reboot -display none \
		-kernel "$image/vmlinuz" -initrd "$image/initrd" -append "$line" \
		-drive "file=$image/root.ext4,format=raw,if=virtio,snapshot=on" \
		-drive "file=$work/tests.ext4,format=raw,if=virtio,readonly=on" \
		-object rng-random,filename=/dev/urandom,id=rng -device virtio-rng-pci,rng=rng \
		-device virtio-serial-pci -chardev "file,id=results,path=$work/results" \
		-device virtserialport,chardev=results,name=rkt.results -serial "$serial"
	if [ "$mode" = shell ]; then
		"$@"
		exit 0
	fi
	"$@" </dev/null >"$work/qemu.log" 2>&1 &
	machine=$!
}

show_failure() {
	say "failed: $1; the last lines of the console:"
	tail -n 40 "$work/console" 2>/dev/null | tr -d '\r' || true
	cat "$work/qemu.log"
}

watch_machine() {
	local status

	tail -n +1 -F "$work/results" --pid="$machine" 2>/dev/null &
	reader=$!
	while kill -0 "$machine" 2>/dev/null; do
		if [ "$SECONDS" -ge "$time_limit" ]; then
			show_failure "no end after $SECONDS seconds"
			exit 124
		fi
		sleep 0.5 & wait $!
	done
	wait "$reader" || true
	reader=
	machine=
	status=$(sed -n 's/^status of the tests: //p' "$work/results" | tail -n 1)
	if [ -z "$status" ]; then
		show_failure "the machine ended without a result"
		exit 125
	fi
	say "the tests ended with status $status"
	return "$status"
}

mode=tests
if [ "${1-}" = --shell ]; then
	mode=shell
	shift
fi
work=$(mktemp -d)
look_for_what_is_needed
find_image
make_test_disk "$@"
start_machine
watch_machine
