#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the guest's kernel from Debian's linux-source package: the stripped vmlinux that QEMU boots by
# PVH, which reaches user space sooner than a bzImage, since nothing has to be decompressed.
#
# Usage: build.sh [--cached] OUTPUT
#   --cached: do not build, only take what the cache has; status 3 when it has nothing.
#
# A build takes minutes, so its result is kept outside of the checkout, in
# ${XDG_CACHE_HOME:-~/.cache}/rkt-guest-kernel, named by all that decides what comes out: the source's
# version, compiler and linker, the configuration, the patches, this script.  One builder at a time holds the
# lock; who waited finds the result.  Whatever a killed builder left goes with the next build.
set -eu

version=6.1
archive=/usr/src/linux-source-$version.tar.xz
here=$(cd "$(dirname "$0")" && pwd)
only_cached=
if [ "${1-}" = --cached ]; then
	only_cached=1
	shift
fi
[ $# -eq 1 ] || { echo "usage: build.sh [--cached] OUTPUT" >&2; exit 2; }
output=$1

fail() {
	echo "stage1-kvm/kernel/build.sh: $*" >&2
	exit 1
}

[ -e "$archive" ] || fail "$archive is missing; the package linux-source-$version has it"
source_version=$(dpkg-query -W -f '${Version}' "linux-source-$version" 2>/dev/null) ||
	source_version=$(sha256sum <"$archive")
patches=("$here"/*.patch)
key=$({ echo "$source_version"; ${CC:-gcc} --version; ld --version; cat "$here/config" "$here/build.sh" "${patches[@]}"; } |
	sha256sum | cut -c 1-32)
cache=${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/rkt-guest-kernel
kept=$cache/vmlinux-$key

deliver() { # copies beside the output and renames: a VM may be starting from the old one
	install -D -m 0644 "$kept" "$output.new"
	mv "$output.new" "$output"
	touch "$kept" # when it was last of use, for whoever cleans the cache
	exit 0
}

[ ! -e "$kept" ] || deliver
[ -z "$only_cached" ] || exit 3

mkdir -p "$cache"
exec 9>"$cache/lock"
if ! flock -n 9; then
	echo "guest kernel: waiting for another builder"
	flock 9
fi
[ ! -e "$kept" ] || deliver

work=$cache/build
rm -rf "$work"
mkdir "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# Progress: one line on a terminal, else a line now and then.
show_progress() {
	awk -v tty="$([ -t 1 ] && echo 1 || echo 0)" -v total=1150 '
		/^  (CC|AS|AR|LD) / {
			n++
			percent = n >= total ? 99 : int(n * 100 / total)
			if (tty) printf "\rguest kernel: %d %%", percent
			else if (percent >= shown + 10) { shown = percent; print "guest kernel: " percent " %" }
			fflush()
		}
		END { if (tty) printf "\r\033[K" }'
}

echo "guest kernel: unpacking linux-source-$version $source_version"
tar -C "$work" --strip-components=1 -xf "$archive"
for patch in "${patches[@]}"; do
	patch --directory="$work" --strip=1 --fuzz=0 --quiet <"$patch" || fail "$patch does not apply"
done

# The same bytes whoever builds, wherever and whenever.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_USER=rkt \
	KBUILD_BUILD_HOST=guest KBUILD_BUILD_VERSION=1 LC_ALL=C
# Structures are cleared and copied by calls: each instruction that repeats itself is a loop of blocks of
# its own to an emulator, at each place where it stands.
flags='-mmemset-strategy=libcall:-1:noalign -mmemcpy-strategy=libcall:-1:noalign'
make=(nice make -C "$work" ARCH=x86 "CC=${CC:-gcc}" "KCONFIG_ALLCONFIG=$here/config" "KCFLAGS=$flags")
# A make that runs this script passes its own jobs and flags on; they mean nothing here.
unset MAKEFLAGS MFLAGS MAKELEVEL
"${make[@]}" allnoconfig >"$work/config.log" 2>&1 || { cat "$work/config.log" >&2; fail "configuring failed"; }
while read -r line; do
	case $line in
	CONFIG_*=* | '# CONFIG_'*' is not set')
		grep -qxF "$line" "$work/.config" && continue
		# An option that cannot even be asked for is not set, too.
		[[ $line != '#'* ]] || ! grep -q "^$(cut -d ' ' -f 2 <<<"$line")=" "$work/.config" ||
			fail "the configuration's \"$line\" did not come out"
		[[ $line == '#'* ]] || fail "the configuration's \"$line\" did not come out"
		;;
	esac
done <"$here/config"

"${make[@]}" -j "${RKT_KERNEL_JOBS:-$(nproc)}" vmlinux >"$work/build.log" 2>&1 &
builder=$!
tail -n +1 -f --pid="$builder" "$work/build.log" 2>/dev/null | show_progress
wait "$builder" || { tail -n 30 "$work/build.log" >&2; fail "compiling failed"; }

strip --strip-all --remove-section=.comment -o "$work/vmlinux.stripped" "$work/vmlinux"
readelf -n "$work/vmlinux.stripped" | grep -q Xen || fail "the kernel has no PVH entry"
install -m 0644 "$work/vmlinux.stripped" "$cache/.vmlinux.new"
sync "$cache/.vmlinux.new"
mv "$cache/.vmlinux.new" "$kept"
echo "guest kernel: $(stat -c %s "$kept") bytes"
deliver
