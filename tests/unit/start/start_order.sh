#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whether what a start executes lies together in a program (build/start-order).  usage: start_order.sh PROGRAM...
set -u
failures=0

for program; do
	size=$(readelf --wide --section-headers "$program" | awk '$2 == ".text.start" || $3 == ".text.start" { print $(NF - 5) }')
	size=$((16#${size:-0}))
	# Less: the list no longer knows the program.  More: it is no selection.
	if [ $size -lt 100000 ] || [ $size -gt 500000 ]; then
		echo "FAIL: $program: .text.start has $size bytes" >&2
		failures=$((failures + 1))
	fi
done
[ $failures = 0 ] && echo "$# programs start with what a start executes"
exit $((failures > 0))
