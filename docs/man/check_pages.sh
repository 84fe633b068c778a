#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds pages and completions to the programs: every command has its page or its section in one,
# every option of its --help stands there, the completion offers these options and no others, and
# the formatter has nothing to complain about.
# usage: check_pages.sh SHARE RKT RKT_GENERATE ACI ACI_GENERATE
set -eu
share=$1
rkt=$2
rkt_generate=$3
aci=$4
aci_generate=$5
man=$share/man/man1
failed=0

complain() {
	echo "$1" >&2
	failed=1
}

# section PAGE HEADING…: the page's lines from that heading to the next one, without escapes.
section() {
	page=$1
	shift
	sed 's/\\//g' "$page" | awk -v heading="$*" '/^\.S[HS] / { inside = $0 == heading } inside'
}

# documented PROGRAM COMMAND: what people read about the command and the global options.
documented() {
	if [ "$1" = aci ]; then
		section "$man/aci.1" ".SS aci $2"
	elif [ "$2" != "${2% *}" ]; then
		section "$man/$1-${2% *}.1" ".SH $1 $2"
	else
		sed 's/\\//g' "$man/$1-$2.1"
	fi
	section "$man/$1.1" ".SH GLOBAL OPTIONS"
}

# offered PROGRAM COMMAND: the options that the shell offers after the command, sorted.
offered() {
	bash -c '. "$1"
		compopt() { :; } # works only below a prompt
		COMP_WORDS=("$2" $3 --) # a subcommand is two words
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		"_$2" "$2" -- "${3##* }"
		printf "%s\n" "${COMPREPLY[@]%=}"' bash "$share/bash-completion/completions/$1" "$1" "$2" |
		sort -u
}

# check_command BINARY PROGRAM COMMAND
check_command() {
	# shellcheck disable=SC2086 # a subcommand is two words
	options=$("$1" help $3 | grep -oE '^ +(-[a-z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u)
	[ -n "$options" ] || complain "$2 help $3 shows no options"
	plain=$(documented "$2" "$3")
	for option in $options; do
		echo "$plain" | grep -qE -- "fB${option}fR" || complain "the page of $2 $3: $option is missing"
	done
	[ "$(offered "$2" "$3")" = "$options" ] ||
		complain "the completion of $2 $3 offers: $(offered "$2" "$3" | tr '\n' ' ')"
}

# check_program BINARY PROGRAM GENERATE
check_program() {
	commands=$("$3" commands)
	[ -n "$commands" ] || complain "$2 has no commands"
	while read -r command; do
		if [ "$2" = rkt ] && [ ! -s "$man/rkt-${command% *}.1" ]; then
			complain "rkt $command has no man page: docs/man/rkt-${command% *}.roff"
			continue
		fi
		check_command "$1" "$2" "$command"
	done <<-END
		$commands
	END
	"$1" help | awk 'length > 80 { exit 1 }' || complain "$2 help is wider than 80 columns"
	bash -n "$share/bash-completion/completions/$2" ||
		complain "the completion of $2 is no valid script"
}

check_program "$rkt" rkt "$rkt_generate"
check_program "$aci" aci "$aci_generate"
if command -v groff >/dev/null; then
	for page in "$man"/*.1; do
		said=$(groff -man -ww -Tutf8 -K utf8 "$page" 2>&1 >/dev/null)
		[ -z "$said" ] || complain "$page: $said"
	done
fi
exit "$failed"
