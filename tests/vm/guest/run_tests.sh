#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the machine is for: the tests, told line by line to whoever waits outside.
for port in /dev/vport*p1; do :; done
exec >"$port" 2>&1

echo "$(uname -r), $(systemctl --version | head -n 1), up for $(cut -d ' ' -f 1 /proc/uptime) s"
# A second interface, as every machine has: what is in the host's network sees it.
ip link add name outside type dummy
# Virtual machines of its own are emulated by an emulated processor; its kernel is whole.
export RKT_TESTS_PATIENCE=6 RKT_TESTS_WHOLE_KERNEL=1
mapfile -t arguments </rkt/arguments
cd /tmp || exit 1
/usr/bin/python3 -m pytest -v -rs -p no:cacheprovider --tb=short --durations=10 "${arguments[@]}"
status=$?
[ $status -eq 0 ] || journalctl --no-pager -q -b -p notice -n 60
echo "status of the tests: $status"
