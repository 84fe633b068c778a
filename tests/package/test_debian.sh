#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package, installs, uses and removes it.
#
# usage: test_debian.sh BUILD_DIRECTORY PROBE
#
# The machine's own dpkg never hears of it: all happens in a mount namespace, on an overlay over
# the root file system, so that what is installed here is there and nothing comes back.
set -eu

build=$1
probe=$2

if [ "${3-}" != inside ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "needs root" >&2
		[ "${TESTS_MUST_RUN-}" = 1 ] && exit 1
		exit 77
	fi
	work=$(mktemp -d "${TMPDIR:-/tmp}/rkt-package-XXXXXX")
	trap 'rm -rf --one-file-system "$work"' EXIT
	# The namespace, and all that is mounted and runs in it, goes with its first process.
	unshare --mount --propagation=private --pid --fork --kill-child --mount-proc \
		"$0" "$build" "$probe" inside "$work"
	exit
fi

work=$4
# A file system of its own: one that the root lies on cannot hold the upper layer as well.
mount -t tmpfs -o size=1g tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root" "$work/package"
(cd "$work/package" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/package") >"$work/log" 2>&1 ||
	{ cat "$work/log" >&2; exit 1; }
packages=("$work"/package/rkt_*.deb)
[ ${#packages[@]} -eq 1 ] || { echo "not one package: ${packages[*]}" >&2; exit 1; }

root=$work/root
mount -t overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" overlay "$root"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
# A pod's overlay cannot lie on an overlay.
mkdir -p "$root/var/lib/rkt"
mount -t tmpfs tmpfs "$root/var/lib/rkt"
mkdir "$root/tmp/package"
cp "${packages[0]}" "$root/tmp/package/rkt.deb"
cp "$probe" "$root/tmp/package/probe"
cp "$(dirname "$0")/inside_root.sh" "$root/tmp/package/"
mkdir "$root/tmp/old"
cd "$root"
pivot_root . tmp/old
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	/bin/bash -c 'umount -l /tmp/old && exec /bin/bash /tmp/package/inside_root.sh'
