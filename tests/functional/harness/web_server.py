# SPDX-License-Identifier: Apache-2.0
"""
A web server on loopback, in a network namespace of its own, with names and a CA of its own.

WebServer starts this very file as a program in new network and mount namespaces; command() puts a
program there.  What it serves lies in a folder, HOST/PATH; how it misbehaves is told by rules, which
are read anew for each request; each request is written down.
"""

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTS = ["example.com", "other.example", "storage.example.com", "s3.eu-west-1.amazonaws.com"]
PORTS = {80: False, 443: True, 8443: True}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None
    lock = threading.Lock()

    def log_message(self, *_):
        pass

    def note(self):
        entry = {"host": self.headers.get("Host", ""), "path": self.path,
                 "port": self.server.server_port, "headers": dict(self.headers)}
        with self.lock, open(os.path.join(self.folder, "requests"), "a") as file:
            file.write(json.dumps(entry) + "\n")

    def rule(self, place):
        try:
            with open(os.path.join(self.folder, "rules")) as file:
                rules = json.load(file)
        except FileNotFoundError:
            return {}
        return rules.get(place, {})

    def reply(self, status, body=b"", **headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.note()
        host = self.headers.get("Host", "").partition(":")[0]
        place = host + self.path.partition("?")[0]
        rule = self.rule(place)
        if rule.get("stall") == "head":
            time.sleep(120)
        if rule.get("authorization", "") != "" and \
                self.headers.get("Authorization") != rule["authorization"]:
            return self.reply(401, b"who are you?")
        if "location" in rule:
            return self.reply(rule.get("status", 302), Location=rule["location"])
        if "raw" in rule:
            self.wfile.write(rule["raw"].encode())
            self.close_connection = True
            return None
        if "status" in rule and self.first(rule, place):
            return self.reply(rule["status"], b"as you wish")
        path = os.path.join(self.folder, "www", place.lstrip("/"))
        if os.path.isdir(path):
            path = os.path.join(path, "index.html")
        if not os.path.isfile(path):
            return self.reply(404, b"no such thing")
        with open(path, "rb") as file:
            return self.serve(rule, file.read(), int(os.path.getmtime(path)))

    def first(self, rule, place):
        """Whether the rule is for every request, or for the first ones and this is one."""
        if "times" not in rule:
            return True
        with open(os.path.join(self.folder, "requests")) as file:
            seen = sum(1 for line in file if json.loads(line)["host"].partition(":")[0] +
                       json.loads(line)["path"].partition("?")[0] == place)
        return seen <= rule["times"]

    def serve(self, rule, data, mtime):
        etag = rule.get("etag", f'"{len(data)}-{mtime}"')
        headers = {"Last-Modified": formatdate(mtime, usegmt=True), **rule.get("headers", {})}
        if etag:
            headers["ETag"] = etag
            if self.headers.get("If-None-Match") == etag:
                return self.head(304, headers)
        start = self.range_start(rule, headers, len(data))
        if start >= len(data) > 0:
            return self.reply(416)
        if start > 0:
            headers["Content-Range"] = rule.get("range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        headers["Content-Length"] = rule.get("length", str(len(data) - start))
        self.head(206 if start > 0 else 200, headers)
        self.send_body(rule, data[start:])
        return None

    def range_start(self, rule, headers, size):
        wanted = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if rule.get("no_range") or not wanted.startswith("bytes="):
            return 0
        if condition not in (None, headers.get("ETag"), headers["Last-Modified"]):
            return 0
        return int(wanted[len("bytes="):].rstrip("-"))

    def head(self, status, headers):
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def send_body(self, rule, data):
        """drop: bytes after which the connection breaks; pace: seconds a MiB; stall: "body"."""
        if "drop" in rule:
            data = data[:rule["drop"]]
        if rule.get("stall") == "body":
            self.wfile.write(data[:len(data) // 2])
            self.wfile.flush()
            time.sleep(120)
        if rule.get("stall") == "drip":
            for at in range(len(data)):
                self.wfile.write(data[at:at + 1])
                self.wfile.flush()
                time.sleep(0.2)
        for at in range(0, len(data), 65536):
            self.wfile.write(data[at:at + 65536])
            if "pace" in rule:
                time.sleep(rule["pace"] / 16)
        self.wfile.flush()
        if "drop" in rule:
            self.close_connection = True
            self.connection.close()


def serve(folder):
    """The program: makes its place in the new namespaces, then serves until it is killed."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, place in (("hosts", "/etc/hosts"), ("ca.pem", "/etc/ssl/certs/ca-certificates.crt")):
        subprocess.run(["mount", "--bind", os.path.join(folder, name), place], check=True)
    Handler.folder = folder
    for port, is_https in PORTS.items():
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        if is_https:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "server.pem"))
            server.socket = context.wrap_socket(server.socket, server_side=True,
                                                do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(folder):
    """A CA and a certificate for all names, for two days."""
    def path(name):
        return os.path.join(folder, name)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", path("ca.key"), "-out", path("ca.pem"), "-days", "2", "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            path("server.key"), "-out", path("server.csr"), "-subj", "/CN=test")
    with open(path("names"), "w") as file:
        file.write("subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS))
    openssl("x509", "-req", "-in", path("server.csr"), "-CA", path("ca.pem"), "-CAkey",
            path("ca.key"), "-CAcreateserial", "-days", "2", "-extfile", path("names"), "-out",
            path("server.crt"))
    with open(path("server.pem"), "w") as whole:
        for name in ("server.key", "server.crt"):
            with open(path(name)) as part:
                whole.write(part.read())


class WebServer:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="rkt-web-")
        os.chmod(self.folder, 0o755)
        make_certificates(self.folder)
        with open(self.path("hosts"), "w") as file:
            file.write("127.0.0.1 localhost\n127.0.0.1 " + " ".join(HOSTS) + "\n")
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation=private", sys.executable, __file__,
             self.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"ready\n"
        self.reset()

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def reset(self):
        """Nothing served, no rules, nothing asked for yet."""
        shutil.rmtree(self.path("www"), ignore_errors=True)
        for name in ("rules", "requests"):
            with open(self.path(name), "w") as file:
                file.write("{}" if name == "rules" else "")

    def put(self, place, content):
        """place: HOST/PATH; content: bytes, text, or the path of a file to copy."""
        path = self.path("www", place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if isinstance(content, os.PathLike):
            shutil.copy(content, path)
        else:
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)

    def set_rules(self, **rules):
        """set_rules(**{"example.com/a.aci": {"drop": 1000}})"""
        with open(self.path("rules.new"), "w") as file:
            json.dump(rules, file)
        os.rename(self.path("rules.new"), self.path("rules"))

    def requests(self, part=""):
        with open(self.path("requests")) as file:
            entries = [json.loads(line) for line in file]
        return [entry for entry in entries if part in entry["host"] + entry["path"]]

    def command(self, words):
        return [shutil.which("nsenter"), "-t", str(self.process.pid), "--net", "--mount", "--", *words]

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    serve(sys.argv[1])
