# SPDX-License-Identifier: Apache-2.0
"""Which kinds of interfaces this kernel can make."""

import functools
import subprocess

import pytest

_TRIAL = {
    "macvlan": "ip link add link t0 name t2 type macvlan mode bridge",
    "ipvlan": "ip link add link t0 name t2 type ipvlan mode l2",
    "vlan": "ip link add link t0 name t2 type vlan id 5",
    "vrf": "ip link add t2 type vrf table 5",
    "ifb": "ip link add t2 type ifb",
    "tbf": "tc qdisc add dev t0 root tbf rate 1mbit burst 32kbit latency 400ms",
}


@functools.cache
def can_make(kind):
    """Tried in a network of its own."""
    script = f"ip link add t0 type veth peer name t1 && {_TRIAL[kind]}"
    return subprocess.run(["unshare", "--net", "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def copies(kind, *modes):
    """Cases of (kind, mode) for a test, on kernels that make the kind."""
    return [pytest.param(kind, mode, marks=pytest.mark.kernel_makes(kind)) for mode in modes]
