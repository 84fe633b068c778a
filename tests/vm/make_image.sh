#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes what a Debian 12 machine boots from: Debian's kernel, an initrd, a root file system.
#
# usage: make_image.sh FOLDER		(as root; FOLDER must not exist)
#
# FOLDER appears whole or not at all.  It holds vmlinuz, initrd and root.ext4; nothing in them
# depends on the tests, which run_in_qemu.sh puts on a disk of their own.
set -eu

folder=$1
suite=bookworm
kernel=linux-image-cloud-amd64

# What systemd and the tests need; the libraries are what the Debian package of rkt depends on.
packages=(
	systemd-sysv dbus kmod python3-minimal python3-pytest busybox-static procps iproute2
	util-linux libarchive13 libcurl4 libgpgme11 gpg libjansson4 libseccomp2 libssl3 libcap2 libmicrohttpd12
	containernetworking-plugins iptables nftables dnsmasq-base qemu-system-x86 erofs-utils
)

# To reach the disks and to tell results; the kernel loads the other ones with modprobe.
modules=(virtio_pci virtio_blk virtio_console)

# Nothing of these makes a difference to a pod, and each costs a slow machine seconds.
disabled=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer getty@.service serial-getty@.service
)

work=$(mktemp -d -p "$(dirname "$folder")" "$(basename "$folder").XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$work/root

log() {
	echo "make_image.sh: $*" >&2
}

make_root() {
	log "installing Debian $suite and its kernel"
	# Modules alone: installing the kernel's package would build an initrd nobody needs.
	# Its mounts go with their namespace, even if it is killed.
	unshare --mount --propagation=private mmdebstrap --quiet --mode=root --variant=essential --include="${packages[*]}" \
		--include=apt \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Languages "none"' \
		--customize-hook="chroot \"\$1\" sh -c '
			cd /tmp && apt-get download -qq \$(apt-cache depends $kernel |
				sed -n \"s/^ *Depends: //p\") &&
			dpkg-deb -x linux-image-*.deb kernel && rm linux-image-*.deb &&
			mv kernel/lib/modules /lib/modules && mv kernel/boot/vmlinuz-* /boot/vmlinuz &&
			rm -r kernel && depmod \$(ls /lib/modules)'" \
		"$suite" "$root"
	chroot "$root" systemctl --quiet mask "${disabled[@]}"
	# A name of its own, or systemd takes each boot for the first one.
	echo 00000000000000000000000000007274 >"$root/etc/machine-id"
	echo rkt-vm >"$root/etc/hostname"
	mkdir -p "$root/rkt"
}

make_initrd() {
	local from=$work/initrd module version needed=()

	mkdir -p "$from"/{bin,dev,proc,root,modules}
	cp "$root/bin/busybox" "$from/bin/busybox"
	version=$(ls "$root/lib/modules")
	for module in "${modules[@]}"; do
		mapfile -t -O "${#needed[@]}" needed < <(chroot "$root" modprobe -S "$version" \
			--show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p')
	done
	for module in "${needed[@]}"; do
		cp "$root$module" "$from/modules/"
	done
	{
		echo '#!/bin/busybox sh'
		# A module that two others need is tried twice, and the second time in vain.
		echo "modules='${needed[*]##*/}'"
		cat <<'INIT'
busybox=/bin/busybox
$busybox mount -t devtmpfs dev /dev
for module in $modules; do
	$busybox insmod /modules/$module 2>/dev/null
done
$busybox mount -t ext4 /dev/vda /root
$busybox mount -t ext4 -o ro,nodev /dev/vdb /root/rkt
# The units of this run are in a place that systemd takes over as it is.
$busybox mount -t tmpfs -o mode=0755,nosuid,nodev run /root/run
$busybox mkdir -p /root/run/systemd
$busybox cp -r /root/rkt/units /root/run/systemd/system
$busybox umount /dev
exec $busybox switch_root /root /lib/systemd/systemd
INIT
	} >"$from/init"
	chmod 755 "$from/init"
	(cd "$from" && find . | "$root/bin/busybox" cpio -o -H newc 2>/dev/null | gzip -1) >"$work/initrd.gz"
	rm -r "$from"
	mv "$work/initrd.gz" "$work/initrd"
}

make_disk() {
	mv "$root/boot/vmlinuz" "$work/vmlinuz"
	log "making the disk"
	mke2fs -q -t ext4 -L rkt-vm -E lazy_itable_init=1 -O ^has_journal -d "$root" \
		"$work/root.ext4" 2G
	rm -r --one-file-system "$root"
}

make_root
make_initrd
make_disk
chmod 755 "$work"
mv -T "$work" "$folder"
log "made $folder"
