#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Usage: guest_root.sh PACK_ROOT INIT: the guest's root holds what it should and always comes out the same.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$1" "$2" "$work/first"
mkdir "$work/elsewhere"
cp "$2" "$work/elsewhere/other-name"
(umask 077 && TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1234567 "$1" "$work/elsewhere/other-name" "$work/elsewhere/second")
cmp "$work/first" "$work/elsewhere/second"

unsquashfs -lln "$work/first" | awk '/squashfs-root/ { print $1, $2, $NF }' >"$work/listing"
diff - "$work/listing" <<'LISTING'
drwxr-xr-x 0/0 squashfs-root
drwxr-xr-x 0/0 squashfs-root/dev
-rwxr-xr-x 0/0 squashfs-root/init
drwxr-xr-x 0/0 squashfs-root/proc
drwxr-xr-x 0/0 squashfs-root/run
drwxr-xr-x 0/0 squashfs-root/sys
LISTING
[ "$(ls "$work")" = $'elsewhere\nfirst\nlisting' ] # nothing is left beside them
