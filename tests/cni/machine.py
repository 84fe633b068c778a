# SPDX-License-Identifier: Apache-2.0
"""A machine for plugins: its namespaces, its pods, the world outside."""
import ctypes
import json
import os
import socket
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_REC_PRIVATE = (1 << 14) | (1 << 18)
VERSIONS = ("0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0")


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True,
                          **options).stdout


def ip(*arguments, netns=None):
    """The output of ip -json, in a named namespace or this one."""
    return json.loads(run("ip", *(["-netns", netns] if netns else []), "-json", *arguments) or "[]")


class Answer:
    def __init__(self, status, output, complaints):
        self.status, self.output, self.complaints = status, output, complaints

    @property
    def json(self):
        return json.loads(self.output)


class Machine:
    def __init__(self, plugins, folder):
        self.plugins, self.leases = plugins, folder / "leases"
        self.pods, self.sequence = [], 0
        call(LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET))
        call(LIBC.mount(b"", b"/", None, MS_REC_PRIVATE, None))
        self.mounts = []
        self.mount("tmpfs", "/run")
        self.mount("sysfs", "/sys")
        os.mkdir("/run/netns")
        run("ip", "link", "set", "lo", "up")
        self.links = self.interfaces()
        # A new namespace has these from the machine that the tests run on.
        self.filter_bridges("0")
        for setting in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self.set(setting, "0")

    @staticmethod
    def set(setting, value):
        with open(f"/proc/sys/net/{setting}", "w") as file:
            file.write(value)

    @staticmethod
    def filter_bridges(setting):
        for name in ("iptables", "ip6tables", "arptables"):
            path = f"/proc/sys/net/bridge/bridge-nf-call-{name}"
            if os.path.exists(path):
                with open(path, "w") as file:
                    file.write(setting)

    def mount(self, kind, place):
        call(LIBC.mount(b"test", place.encode(), kind.encode(), 0, b""))
        self.mounts.append(place)

    def unmount(self, place):
        call(LIBC.umount2(place.encode(), 2))
        self.mounts.remove(place)

    def forget(self):
        for name in os.listdir("/run/netns"):
            run("ip", "netns", "delete", name)
        for place in list(self.mounts):  # the next machine is made out of this one
            self.unmount(place)

    @staticmethod
    def interfaces():
        return {link["ifname"] for link in ip("link")}

    def pod(self):
        """A new namespace with nothing in it; returns its name."""
        self.sequence += 1
        name = f"pod{self.sequence}"
        run("ip", "netns", "add", name)
        self.pods.append(name)
        return name

    def definition(self, kind="ptp", version="1.0.0", subnet="10.1.0.0/16", **more):
        made = {"cniVersion": version, "name": "net", "type": kind,
                "ipam": {"type": "host-local", "dataDir": str(self.leases), "subnet": subnet,
                         "routes": [{"dst": "0.0.0.0/0"}]}}
        made.update(more)
        return {name: value for name, value in made.items() if value is not None}

    def ask(self, command, definition, pod=None, **more):
        """Runs the plugin that the definition names, or kind, and returns what it answers."""
        kind = more.pop("kind", None) or definition["type"]
        environment = {"CNI_COMMAND": command, "CNI_CONTAINERID": more.pop("container", pod or ""),
                       "CNI_NETNS": more.pop("netns", f"/run/netns/{pod}" if pod else ""),
                       "CNI_IFNAME": more.pop("interface", "eth0"), "CNI_ARGS": more.pop("args", ""),
                       "CNI_PATH": more.pop("path", self.plugins), "PATH": os.environ["PATH"]}
        folder = more.pop("plugins", self.plugins)
        text = definition if isinstance(definition, (str, bytes)) else json.dumps(definition)
        prefix = more.pop("prefix", [])
        assert not more, more
        done = subprocess.run([*prefix, f"{folder}/{kind}"], env=environment, capture_output=True, timeout=60,
                              input=text.encode() if isinstance(text, str) else text)
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def do(self, command, definition, pod=None, **more):
        """The same, and it must succeed."""
        answer = self.ask(command, definition, pod, **more)
        assert answer.status == 0, (command, answer.output, answer.complaints)
        return answer.json if answer.output else None

    def refuse(self, command, definition, pod=None, **more):
        """The same, and it must fail with an error of the protocol, which is returned."""
        answer = self.ask(command, definition, pod, **more)
        assert answer.status == 1, (command, answer.output, answer.complaints)
        said = answer.json
        assert said["code"] > 0 and said["msg"] and "\n" not in said["msg"], said
        return said

    def add(self, definition, pod=None, **more):
        return self.do("ADD", definition, pod or self.pod(), **more)

    def delete(self, definition, pod, **more):
        assert self.do("DEL", definition, pod, **more) is None

    def all_at_once(self, command, definition, pods):
        """For many pods in parallel; returns what answers there are."""
        started = []
        for pod in pods:
            process = subprocess.Popen(
                [f"{self.plugins}/{definition['type']}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                env={"CNI_COMMAND": command, "CNI_IFNAME": "eth0", "CNI_PATH": self.plugins, "CNI_CONTAINERID": pod,
                     "CNI_NETNS": f"/run/netns/{pod}"})
            process.stdin.write(json.dumps(definition).encode())
            process.stdin.close()
            started.append(process)
        outputs = [process.stdout.read() for process in started]
        assert [process.wait() for process in started] == [0] * len(pods), outputs
        return [json.loads(output) for output in outputs if output]

    def lease_files(self, network="net"):
        folder = self.leases / network
        if not folder.exists():
            return {}
        return {file.name: file.read_bytes() for file in folder.iterdir()
                if file.name != "lock" and not file.name.startswith("last_reserved_ip.")}

    @staticmethod
    def sets():
        """{set: [element…]} of our tables."""
        found = {}
        for item in json.loads(run("nft", "-j", "list", "ruleset"))["nftables"]:
            for kind in ("set", "map"):
                if kind in item and item[kind]["table"] == "rkt-cni":
                    found.setdefault(item[kind]["name"], []).extend(item[kind].get("elem", []))
        return {name: elements for name, elements in found.items() if elements}

    def elements(self):
        """The same, of pods."""
        return {name: elements for name, elements in self.sets().items() if name != "uplinks"}

    def uplinks(self):
        return self.sets().get("uplinks", [])

    @staticmethod
    def tables():
        """Families of our tables."""
        return sorted(item["table"]["family"] for item in json.loads(run("nft", "-j", "list", "tables"))["nftables"]
                      if "table" in item and item["table"]["name"] == "rkt-cni")

    def world(self, address="192.0.2.2/24", host="192.0.2.1/24"):
        """A namespace beside the machine, and the machine's uplink to it."""
        run("ip", "netns", "add", "world")
        run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "eth0", "netns", "world")
        # No second of waiting until IPv6 addresses are known to be nobody's.
        self.set("ipv6/conf/up0/accept_dad", "0")
        run("ip", "netns", "exec", "world", "sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad")
        more = ("nodad",) if ":" in host else ()
        for command in (("addr", "add", host, "dev", "up0", *more), ("link", "set", "up0", "up")):
            run("ip", *command)
        for command in (("addr", "add", address, "dev", "eth0", *more), ("link", "set", "eth0", "up"),
                        ("link", "set", "lo", "up")):
            run("ip", "-netns", "world", *command)
        self.links.add("up0")

    def check_residue(self, bridges=()):
        """Nothing is there that a plugin made: not an interface, a lease, a table, a temporary file."""
        left = self.interfaces() - self.links - set(bridges)
        assert not left, left
        assert not self.tables()
        leases = {str(file) for file in self.leases.rglob("*") if file.is_file() and file.name != "lock"
                  and not file.name.startswith("last_reserved_ip.")} if self.leases.exists() else set()
        assert not leases, leases

    def allow(self, *interfaces):
        """These stay: bridges do."""
        self.links.update(interfaces)


class inside:
    """with inside("pod1"): …  The thread is in that namespace meanwhile; sockets made there stay there."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        call(LIBC.setns(there, CLONE_NEWNET))
        os.close(there)

    def __exit__(self, *_):
        call(LIBC.setns(self.back, CLONE_NEWNET))
        os.close(self.back)


def make_socket(netns, family=socket.AF_INET, kind=socket.SOCK_STREAM, protocol=0):
    """A socket of a namespace (None: the machine's), which gives up after two seconds."""
    if netns is None:
        made = socket.socket(family, kind, protocol)
    else:
        with inside(netns):
            made = socket.socket(family, kind, protocol)
    made.settimeout(2)
    return made


def listen(netns, port, address="", family=socket.AF_INET, kind=socket.SOCK_STREAM):
    made = make_socket(netns, family, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def seen_by(server, netns, address, port):
    """Connects from a namespace and says something both ways; returns the client's address as the server sees it."""
    client = make_socket(netns, server.family, server.type)
    with client:
        client.connect((address, port))
        if server.type == socket.SOCK_DGRAM:
            client.send(b"question")
            data, peer = server.recvfrom(100)
            assert data == b"question"
            server.sendto(b"answer", peer)
        else:
            connection, peer = server.accept()
            with connection:
                client.send(b"question")
                connection.settimeout(2)
                assert connection.recv(100) == b"question"
                connection.send(b"answer")
                assert client.recv(100) == b"answer"
            return peer[0]
        assert client.recv(100) == b"answer"
        return peer[0]


def reaches(server, netns, address, port):
    """Whether a client gets there at all."""
    server.settimeout(0.5)
    client = make_socket(netns, server.family, server.type)
    client.settimeout(0.5)
    with client:
        try:
            client.connect((address, port))
            if server.type == socket.SOCK_DGRAM:
                client.send(b"question")
                server.recvfrom(100)
            return True
        except OSError:
            return False
        finally:
            server.settimeout(2)
