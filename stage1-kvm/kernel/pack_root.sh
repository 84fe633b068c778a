#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packs the root that the guest's kernel mounts: the init and places to mount on, nothing else.
# Usage: pack_root.sh INIT OUTPUT
#
# The same bytes whenever, wherever and by whomever it is made.  Not compressed: the image that it goes
# into is, and the guest need not spend its time on it.
set -eu
init=$1 output=$2

layout=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$layout"' EXIT
# Modes are given, not left to the umask of whoever builds.
install -d -m 0755 "$layout/root" "$layout/root/dev" "$layout/root/proc" "$layout/root/run" "$layout/root/sys"
install -m 0755 "$init" "$layout/root/init"
strip --strip-all --remove-section=.comment "$layout/root/init"
# The variable excludes the options.
env -u SOURCE_DATE_EPOCH mksquashfs "$layout/root" "$layout/packed" -noappend -quiet -no-progress -no-recovery \
	-all-root -no-xattrs -mkfs-time 0 -all-time 0 -comp lz4 -noI -noD -noF -noX -processors 1
mv "$layout/packed" "$output"
