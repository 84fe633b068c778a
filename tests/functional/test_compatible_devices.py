# SPDX-License-Identifier: Apache-2.0
"""Which devices an app can make and use: as the functional tests of rkt 1.30 have it."""

import os
import stat

import pytest

REFUSED = [("c", "5", "2"),      # the old ptmx, of the host
           ("c", "10", "237"),   # loop-control
           ("b", "7", "0")]


def test_who_may_make_tunnels_has_their_device(engine):
    """VPN clients need nothing but the capability.  Reading what is not yet a tunnel fails, as outside."""
    result = engine.run("cat", "/dev/net/tun", app=["--caps-retain=CAP_NET_ADMIN"])
    assert "File descriptor in bad state" in result.text + result.stderr, result


@pytest.mark.parametrize("device", [("c", "1", "3"), ("c", "1", "9"), ("c", "5", "0")], ids="".join)
def test_what_every_dev_has_can_be_made(engine, device):
    result = engine.run("mknod", *device, "/node", ",", "stat", "/node")
    assert f"device={device[1]}:{device[2]}" in result.text, result


@pytest.mark.parametrize("device", REFUSED, ids="".join)
def test_no_other_device_can_be_made(engine, device):
    result = engine.run("mknod", *device, "/node")
    assert (result.status, "Operation not permitted" in result.error_text) == (1, True), result


@pytest.mark.parametrize("device", REFUSED, ids="".join)
def test_without_protected_paths_it_can(engine, device):
    result = engine.run("mknod", *device, "/node", ",", "stat", "/node",
                        pod=["--insecure-options=image,paths"])
    assert f"device={device[1]}:{device[2]}" in result.text, result


def test_no_block_device_opens_although_it_can_be_made(engine):
    result = engine.run("mknod", "b", "7", "0", "/node", ",", "cat", "/node",
                        pod=["--insecure-options=image,paths"])
    assert (result.status, "Permission denied" in result.error_text) == (1, True), result


def misc_device():
    """One whose reading fails at once, and not for lack of a permission."""
    path = "/dev/loop-control"
    return path if os.path.exists(path) and stat.S_ISCHR(os.stat(path).st_mode) else None


@pytest.mark.skipif(misc_device() is None, reason="no loop-control here")
def test_a_device_that_is_a_volume_can_be_used(engine):
    result = engine.run("cat", "/tmp/loop-control",
                        pod=[f"--volume=v,kind=host,source={misc_device()}"],
                        app=["--mount=volume=v,target=/tmp/loop-control"])
    assert "Invalid argument" in result.error_text, result
