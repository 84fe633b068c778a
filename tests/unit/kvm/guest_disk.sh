#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: guest_disk.sh PACK_DISK PACKER: the empty disk always comes out the same, small, and is a sound file system.
set -eu
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" "$2" "$work/first"
mkdir "$work/elsewhere"
(umask 077 && TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1234567 MKE2FS_CONFIG=/etc/mke2fs.conf "$1" "$2" "$work/elsewhere/second")
cmp "$work/first" "$work/elsewhere/second"
[ "$(ls "$work")" = $'elsewhere\nfirst' ] # nothing is left beside them

size=$(stat -c %s "$work/first")
record=$((8 + 4096)) # its place in the disk, little-endian, and the block
[ $((size % record)) -eq 0 ] && [ "$size" -gt 0 ] && [ "$size" -lt 1048576 ]
truncate -s 64G "$work/disk"
for ((at = 0; at < size; at += record)); do
	place=$(od -An -t u8 --endian=little -j "$at" -N 8 "$work/first")
	dd if="$work/first" of="$work/disk" bs=4096 count=1 skip=$((at + 8)) seek="${place// /}" conv=notrunc status=none \
		iflag=skip_bytes,fullblock oflag=seek_bytes
done
e2fsck -fn "$work/disk" >"$work/report" 2>&1 || { cat "$work/report"; exit 1; }
dumpe2fs -h "$work/disk" 2>/dev/null | grep -q '^Filesystem features:.*has_journal.*extent'
