#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds pages and completion to the program: every command has a page, every option of its --help
# stands in the page and in the completion, and the formatter has nothing to complain about.
# usage: check_pages.sh RKT GENERATE SHARE
set -eu
rkt=$1
generate=$2
share=$3
failed=0

complain() {
	echo "$1" >&2
	failed=1
}

for command in $("$generate" commands); do
	page="$share/man/man1/rkt-$command.1"
	if [ ! -s "$page" ]; then
		complain "rkt $command has no man page: docs/man/rkt-$command.roff"
		continue
	fi
	plain=$(sed 's/\\//g' "$page"; sed 's/\\//g' "$share/man/man1/rkt.1")
	for option in $("$rkt" help "$command" | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'); do
		echo "$plain" | grep -qF -- "fB$option" || complain "$page: $option is missing"
		grep -qE -- "${option}[= \"]" "$share/bash-completion/completions/rkt" ||
			complain "the completion lacks $option of $command"
	done
done

"$rkt" help | awk 'length > 80 { exit 1 }' || complain "rkt help is wider than 80 columns"
bash -n "$share/bash-completion/completions/rkt" || complain "the completion is no valid script"
if command -v groff >/dev/null; then
	for page in "$share"/man/man1/*.1; do
		said=$(groff -man -ww -Tutf8 -K utf8 "$page" 2>&1 >/dev/null)
		[ -z "$said" ] || complain "$page: $said"
	done
fi
exit "$failed"
