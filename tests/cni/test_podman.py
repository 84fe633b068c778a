# SPDX-License-Identifier: Apache-2.0
"""Another runtime, podman with its CNI backend, uses our plugins: protocol and chain as somebody else sees them."""
import json
import os
import shutil
import subprocess
import time

import pytest

from machine import LIBC, make_socket, run

SERVER = r"""
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(80) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0), one, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 5) < 0)
		return 1;
	one = accept(fd, (struct sockaddr *)&address, &length);
	return write(one, inet_ntoa(address.sin_addr), strlen(inet_ntoa(address.sin_addr))) < 0;
}
"""


@pytest.fixture
def podman(machine, tmp_path):
    if not shutil.which("podman"):
        pytest.skip("needs podman")
    # The cgroups of the machine, without the tree that crun refuses beside controllers of version 1.
    machine.unmount("/sys")
    LIBC.umount2(b"/sys/fs/cgroup/unified", 2)
    machine.mount("tmpfs", "/var/lib")  # results of ADD are kept there
    work = tmp_path / "podman"
    (work / "net.d").mkdir(parents=True)
    (work / "rootfs/etc").mkdir(parents=True)
    (work / "containers.conf").write_text(
        f'[network]\nnetwork_backend="cni"\ncni_plugin_dirs=["{machine.plugins}"]\n'
        f'network_config_dir="{work}/net.d"\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="crun"\n')
    (work / "net.d/ours.conflist").write_text(json.dumps({
        "cniVersion": "0.4.0", "name": "net", "plugins": [
            {"type": "bridge", "bridge": "cni-podman9", "isGateway": True, "ipMasq": True, "ipam": {
                "type": "host-local", "dataDir": str(machine.leases), "ranges": [[{"subnet": "10.1.0.0/16"}]],
                "routes": [{"dst": "0.0.0.0/0"}]}},
            {"type": "portmap", "capabilities": {"portMappings": True}}]}))
    (work / "server.c").write_text(SERVER)
    run("gcc", "-static", "-o", work / "rootfs/server", work / "server.c")
    environment = {**os.environ, "CONTAINERS_CONF": str(work / "containers.conf"), "HOME": str(work)}
    command = ["podman", f"--root={work}/storage", "--runroot=/run/podman", f"--tmpdir={work}/tmp",
               "--storage-driver=vfs"]
    machine.allow("cni-podman9")
    yield lambda *arguments, **more: subprocess.Popen([*command, *arguments], env=environment, **more), work


def test_podman_runs_a_container_on_our_network(machine, podman):
    start, work = podman
    machine.world()
    with start("run", "--rm", "--cgroups=disabled", "--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024",
               "--network=net", "--publish=8080:80", "--rootfs", f"{work}/rootfs", "/server", stdout=subprocess.PIPE,
               stderr=subprocess.STDOUT, text=True) as container:
        said, deadline = b"", time.monotonic() + 30
        while not said and time.monotonic() < deadline and container.poll() is None:
            with make_socket("world") as client:
                try:
                    client.connect(("192.0.2.1", 8080))
                    said = client.recv(100)
                except OSError:
                    time.sleep(0.1)
        output = container.communicate(timeout=30)[0]
    assert (container.returncode, said.decode()) == (0, "192.0.2.2"), output
