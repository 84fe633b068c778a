#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commands of aci, as a person calls them.  usage: aci.sh ACI
set -u
aci=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
[ -x "$aci" ] || exit 1
failures=0

fail() {
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

# refuses TEXT COMMAND…: it fails with one line that has TEXT, and prints nothing else.
refuses() {
	text=$1
	shift
	if "$@" >stdout 2>stderr; then
		fail "$* was accepted"
	elif [ "$(wc -l <stderr)" != 1 ] || ! grep -qF -- "$text" stderr; then
		fail "$* said: $(cat stderr), not: $text"
	elif [ -s stdout ]; then
		fail "$* printed $(cat stdout)"
	fi
}

mkdir -p image/rootfs/bin
echo hello >image/rootfs/bin/tool
chmod 755 image/rootfs/bin/tool
ln image/rootfs/bin/tool image/rootfs/bin/second
ln -s tool image/rootfs/bin/link
cat >image/manifest <<'END'
{ "acKind": "ImageManifest", "acVersion": "0.8.11", "name": "example.com/tool",
  "labels": [ { "name": "version", "value": "1" } ] }
END
cp -a image copy
find copy -exec touch -h -d '2001-01-01' {} +

for kind in none gzip zstd xz; do
	id=$("$aci" build --compression=$kind image $kind.aci) || fail "build --compression=$kind"
	"$aci" build --compression=$kind copy copy.aci >/dev/null || fail "build of the copy"
	cmp $kind.aci copy.aci || fail "$kind: the copy differs"
	[ "$("$aci" id $kind.aci)" = "$id" ] || fail "$kind: another id when read"
	"$aci" validate $kind.aci | grep -q "^$kind.aci: valid: example.com/tool version=1 $kind, 6 entries, .*, $id\$" ||
		fail "validate $kind.aci"
done
"$aci" cat-manifest gzip.aci | cmp - image/manifest || fail "cat-manifest"
"$aci" cat-manifest --pretty gzip.aci | grep -q '^	"name": "example.com/tool",$' || fail "--pretty"
"$aci" extract gzip.aci out || fail "extract"
[ "$(cat out/rootfs/bin/second)" = hello ] || fail "the extracted file"
[ "$(stat -c %h,%a out/rootfs/bin/tool)" = 2,755 ] || fail "the extracted mode and links"
[ "$(readlink out/rootfs/bin/link)" = tool ] || fail "the extracted link"
tar -tf gzip.aci >/dev/null || fail "tar cannot read it"
SOURCE_DATE_EPOCH=86400 "$aci" build image dated.aci >/dev/null || fail "SOURCE_DATE_EPOCH"
[ "$(tar --utc -tvf dated.aci manifest | grep -c 1970-01-02)" = 1 ] || fail "the time of an entry"
"$aci" build image/rootfs rootfs.aci --manifest image/manifest >/dev/null || fail "--manifest"
cmp rootfs.aci gzip.aci || fail "--manifest gives another image"
"$aci" --help | grep -q '^  build ' || fail "--help"
"$aci" build --help | grep -q -- --compression || fail "build --help"
"$aci" --version | grep -q '^aci version' || fail "--version"
"$aci" id --version | grep -q '^aci version' || fail "id --version"
"$aci" help build | grep -q '^Global options:$' || fail "help build"

refuses 'not empty' "$aci" extract gzip.aci out
refuses 'no image layout' "$aci" build image/rootfs x.aci
refuses 'No such file' "$aci" build nowhere x.aci
refuses '"lzma"' "$aci" build --compression=lzma image x.aci
refuses 'SOURCE_DATE_EPOCH is "soon"' env SOURCE_DATE_EPOCH=soon "$aci" build image x.aci
refuses 'wrong number of arguments' "$aci" build image
refuses 'unknown command "frob"' "$aci" frob
refuses 'frob' "$aci" build --frob image x.aci
refuses 'not a regular file' "$aci" validate image
echo '{ "acKind": "PodManifest" }' >bad
refuses 'bad: ' "$aci" build image x.aci --manifest bad
head -c 200 gzip.aci >cut.aci
refuses 'cut.aci: ' "$aci" validate cut.aci
refuses 'cut.aci: ' "$aci" extract cut.aci cut
[ ! -e x.aci ] || fail "a refused build left x.aci"
[ ! -e cut ] || fail "a refused extraction left something"
find . -name '*.tmp-*' | grep -q . && fail "temporary files are left: $(find .)"

# All images get their line, and one bad one is enough for the exit status.
"$aci" validate cut.aci gzip.aci >stdout 2>stderr && fail "validate passed a bad image"
grep -q '^gzip.aci: valid' stdout || fail "validate stopped at the first bad image"

[ $failures = 0 ] && echo "all passed"
exit $((failures > 0))
