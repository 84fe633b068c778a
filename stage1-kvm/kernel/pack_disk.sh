#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the empty file system that pods of virtual machines write to, without its zeros.
# Usage: pack_disk.sh PACKER OUTPUT
#
# The same bytes whenever, wherever and by whomever it is made.  The size is that of
# WRITABLE_DISK_BYTES; all of it is a hole but for what mke2fs writes.
set -eu
packer=$1 output=$2

disk=$(mktemp "$output.XXXXXX")
trap 'rm -f "$disk" "$disk.conf"' EXIT
# Nothing by a host's defaults.
printf '[defaults]\n[fs_types]\n\text4 = {\n\t\tinode_size = 256\n\t}\n' >"$disk.conf"
identity=6d1b2f4e-0c5a-4e0b-9d3c-5f7e8a9b0c1d
features=none,has_journal,ext_attr,dir_index,filetype,sparse_super,sparse_super2,large_file,extent,flex_bg
features=$features,uninit_bg,dir_nlink,extra_isize
# In one group of blocks of metadata, with no copies of the superblock: a disk that is damaged is thrown away.
PATH=$PATH:/usr/sbin:/sbin MKE2FS_CONFIG=$disk.conf E2FSPROGS_FAKE_TIME=1 mke2fs -q -F -t ext4 -b 4096 -I 256 -i 16384 -m 0 \
	-G 65536 -J size=4 -O "$features" -U "$identity" \
	-E "num_backup_sb=0,assume_storage_prezeroed=1,lazy_itable_init=0,nodiscard,hash_seed=$identity,root_owner=0:0" \
	"$disk" 64G 2>/dev/null
"$packer" "$disk" "$output.new"
mv "$output.new" "$output"
