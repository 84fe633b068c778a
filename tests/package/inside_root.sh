#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The part of test_debian.sh that runs in the root where the package is installed.
set -eu
cd /tmp/package

fail() {
	echo "test_debian.sh: $*" >&2
	exit 1
}

# same WHAT GOT WANTED
same() {
	[ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""
}

dpkg --purge rkt >/dev/null 2>&1 || true
files() {
	find /etc /usr /var/lib -xdev -path /var/lib/dpkg -prune -o -print | sort
}
files >before

# --- what is in it
dpkg-deb --field rkt.deb Depends | grep -q libarchive13 || fail "it depends on no libarchive"
same "version" "$(dpkg-deb --field rkt.deb Version)" "$(dpkg-deb --fsys-tarfile rkt.deb |
	tar -xO ./usr/bin/rkt >rkt && chmod 755 rkt && ./rkt version | sed -n 's/^rkt Version: //p')"
dpkg-deb --contents rkt.deb >contents
awk '$2 != "root/root" { exit 1 }' contents || fail "something is not root's"
awk '$1 !~ /^l/ && $1 ~ /^-.*[sS]|w.$/ { exit 1 }' contents || fail "a set-id or writable file"
grep -q ' ./usr/lib/rkt/plugins/net/ptp -> bridge$' contents || fail "there are no CNI plugins"
for name in bin/rkt bin/aci lib/rkt/rkt-image lib/rkt/stage1-images/stage1-coreos.aci \
	lib/rkt/stage1-images/stage1-fly.aci share/man/man1/rkt.1 share/man/man1/rkt-run.1 \
	share/bash-completion/completions/rkt share/fish/vendor_completions.d/rkt.fish \
	share/zsh/vendor-completions/_rkt lib/systemd/system/rkt-gc.timer share/doc/rkt/copyright; do
	grep -q " ./usr/$name\$" contents || fail "$name is missing"
done

# --- installed
dpkg --install rkt.deb >log 2>&1 || { cat log >&2; fail "it cannot be installed"; }
getent group rkt >/dev/null || fail "there is no group rkt"
same "/var/lib/rkt" "$(stat -c '%a %U:%G' /var/lib/rkt)" "2750 root:rkt"
same "/var/lib/rkt/cas/inbox" "$(stat -c '%a %U:%G' /var/lib/rkt/cas/inbox)" "3770 root:rkt"
same "/var/lib/rkt/cas/tree" "$(stat -c '%a %U:%G' /var/lib/rkt/cas/tree)" "2700 root:rkt"
[ -e /etc/systemd/system/timers.target.wants/rkt-gc.timer ] || fail "rkt-gc.timer is not enabled"
# The machine may have units that systemd does not like; ours it must.
systemd-analyze verify --man=no /usr/lib/systemd/system/rkt-gc.service \
	/usr/lib/systemd/system/rkt-gc.timer /usr/lib/systemd/system/rkt-metadata.{service,socket} 2>&1 |
	grep -E 'rkt-(gc|metadata)' >said || true
[ ! -s said ] || fail "systemd-analyze verify: $(cat said)"

# --- used: an image of ours, at the levels that need no virtual machine
mkdir -p hello/rootfs
cp probe hello/rootfs/probe
cat >hello/manifest <<-END
	{ "acKind": "ImageManifest", "acVersion": "0.8.11", "name": "example.com/hello",
	  "app": { "exec": ["/probe", "print", "hello"], "user": "0", "group": "0" } }
END
aci build hello hello.aci >/dev/null
rkt --insecure-options=image fetch hello.aci >/dev/null
for level in coreos fly; do
	rkt run --net=host --stage1-from-dir=stage1-$level.aci example.com/hello >out 2>err ||
		{ cat err >&2; fail "a pod of level $level does not run"; }
	grep -q 'hello$' out || fail "a pod of level $level says \"$(cat out)\""
done
rkt image list | grep -q example.com/hello || fail "the image is not listed"
setpriv --reuid=nobody --regid=rkt --clear-groups rkt image list | grep -q example.com/hello ||
	fail "the group may not look"
! setpriv --reuid=nobody --regid=nogroup --clear-groups rkt image list >/dev/null 2>&1 ||
	fail "everybody may look"
rkt gc --grace-period=0s >/dev/null 2>&1
same "the pods after gc" "$(rkt list --no-legend)" ""
man --path rkt >/dev/null 2>&1 || ! command -v man >/dev/null || fail "man finds no page"

# --- removed
rkt image gc --grace-period=0s >/dev/null 2>&1
dpkg --purge rkt >log 2>&1 || { cat log >&2; fail "it cannot be removed"; }
grep -q "left alone" log || fail "nobody says that the data stay"
rm -rf /var/lib/rkt/*
files >after
# The group stays: files may still be its own.
left=$(comm -13 before after | grep -vE '^/(etc/(group|gshadow)-?|etc/\.pwd\.lock|var/lib/systemd(/.*)?)$' || true)
[ -z "$left" ] || fail "left behind: $left"
echo "installed, used and removed"
