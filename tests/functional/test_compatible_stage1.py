# SPDX-License-Identifier: Apache-2.0
"""Where a stage1 is from, and what --debug says of it: as the functional tests of rkt 1.30 have it."""

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading

import pytest


@pytest.fixture
def configured(fresh_engine):
    """Writes a file of the configuration; all of them are gone after the test."""
    written = []

    def write(kind, **members):
        path = os.path.join(fresh_engine.config, f"{kind}.d/compatible.json")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            json.dump({"rktKind": kind, "rktVersion": "v1", **members}, file)
        written.append(path)
    yield write
    for path in set(written):
        os.unlink(path)


def name_of(engine):
    """(name, version) of the level's stage1."""
    text = subprocess.run([os.path.join(engine.out, "aci"), "cat-manifest", engine.stage1], check=True,
                          stdout=subprocess.PIPE).stdout
    manifest = json.loads(text)
    return manifest["name"], next(pair["value"] for pair in manifest["labels"] if pair["name"] == "version")


def run(engine, *options):
    network = [] if engine.level == "fly" else ["--net=none"]
    return engine.rkt("--debug", "--insecure-options=image,http", "run", *network, *options, engine.default_image,
                      "--exec=/probe", "--", "exit", "0")


def check(engine, expected, *options, status=0):
    result = run(engine, *options)
    assert (result.status, expected in result.stderr) == (status, True), result


@pytest.mark.levels("coreos", "fly")
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_the_configured_file_is_imported_once(fresh_engine, configured, scheme):
    name, version = name_of(fresh_engine)
    configured("stage1", name=name, version=version, location=scheme + fresh_engine.stage1)
    check(fresh_engine, f"image: using image from file {fresh_engine.stage1}\n")
    check(fresh_engine, f"image: using image from local store for image name {name}:{version}\n")


@pytest.mark.levels("coreos")
def test_a_configured_file_of_another_name_is_taken_each_time(fresh_engine, configured):
    configured("stage1", name="example.com/stage1", version="1.0.0", location=fresh_engine.stage1)
    for _ in range(2):
        check(fresh_engine, f"image: using image from file {fresh_engine.stage1}\n")


@pytest.mark.levels("coreos")
def test_a_configured_url_is_fetched_once(fresh_engine, configured):
    name, version = name_of(fresh_engine)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=fresh_engine.out)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/{os.path.basename(fresh_engine.stage1)}"
    configured("stage1", name=name, version=version, location=url)
    check(fresh_engine, f'image: remote fetching from URL "{url}"\n')
    server.shutdown()
    check(fresh_engine, f"image: using image from local store for image name {name}:{version}\n")


@pytest.mark.levels("coreos")
def test_what_is_no_place_is_refused(fresh_engine, configured):
    configured("stage1", name="example.com/stage1", version="1.0.0", location="stage1-coreos.aci")
    check(fresh_engine, "default stage1 image location is either a relative path or a URL without scheme: "
          '"stage1-coreos.aci"', status=254)


@pytest.mark.levels("coreos")
def test_for_a_file_that_is_not_there_the_one_of_this_installation_is_taken(fresh_engine, configured):
    missing = "/nonexistent/" + os.path.basename(fresh_engine.stage1)
    configured("stage1", name="example.com/stage1", version="1.0.0", location=missing)
    check(fresh_engine, f"image: using image from file {missing}\nimage: using image from file {fresh_engine.out}/")
    configured("stage1", name="example.com/stage1", version="1.0.0", location="/nonexistent/other.aci")
    check(fresh_engine, "/nonexistent/other.aci: No such file or directory", status=254)


@pytest.mark.levels("coreos")
def test_by_flags(fresh_engine, configured, tmp_path):
    from_file = f"image: using image from file {fresh_engine.stage1}\n"
    check(fresh_engine, from_file, f"--stage1-path={os.path.relpath(fresh_engine.stage1)}")
    check(fresh_engine, from_file, f"--stage1-url=file://{fresh_engine.stage1}")
    fetched = fresh_engine.rkt("fetch", fresh_engine.stage1).stdout.split()[-1]
    check(fresh_engine, f"image: using image from the store with hash {fetched}\n", f"--stage1-hash={fetched}")
    shutil.copy(fresh_engine.stage1, tmp_path / "mine.aci")
    configured("paths", **{"stage1-images": str(tmp_path)})
    check(fresh_engine, f"image: using image from file {tmp_path}/mine.aci\n", "--stage1-from-dir=mine.aci")
