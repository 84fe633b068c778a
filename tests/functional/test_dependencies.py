# SPDX-License-Identifier: Apache-2.0
"""Images with dependencies: one root of all, laid depth first, rendered once."""

import os

BASE = "example.com/dependency/base"
TOP = "example.com/dependency/top"


def fetch(engine, path):
    done = engine.rkt("fetch", path)
    assert done.status == 0, done
    return done.stdout.split()[-1]


def rendered(engine):
    trees = os.path.join(engine.data, "cas/tree")
    return [name for name in os.listdir(trees) if os.path.exists(os.path.join(trees, name, "chain"))]


def top_fields(base_id=None, **fields):
    dependency = {"imageName": BASE, "labels": [{"name": "version", "value": "1.0.0"}]}
    if base_id:
        dependency["imageID"] = base_id
    return {"dependencies": [dependency], **fields}


def test_a_pod_sees_image_and_dependency(fresh_engine, image):
    base = fetch(fresh_engine, image(name=BASE, files={"/base": "base", "/both": "base"}))
    top = image(name=TOP, files={"/both": "top"}, fields=top_fields(base))
    for _ in range(2):
        ran = fresh_engine.run("cat", "/both", image=top)
        assert ran.status == 0 and ran.content == "top", ran
    assert fresh_engine.run("cat", "/base", image=top).content == "base"
    assert len(rendered(fresh_engine)) == 1


def test_copies_instead_of_overlays(fresh_engine, image):
    fetch(fresh_engine, image(name=BASE, files={"/base": "base"}))
    top = image(name=TOP, fields=top_fields())
    ran = fresh_engine.run("cat", "/base", image=top, pod=["--no-overlay"])
    assert ran.content == "base", ran


def test_a_path_whitelist_hides_the_rest(fresh_engine, image):
    fetch(fresh_engine, image(name=BASE, files={"/keep": "kept", "/drop": "dropped"}))
    top = image(name=TOP, fields=top_fields(pathWhitelist=["/probe", "/keep"]))
    assert fresh_engine.run("cat", "/keep", image=top).content == "kept"
    assert fresh_engine.run("cat", "/drop", image=top).status != 0


def test_what_is_missing_is_named(fresh_engine, image):
    top = image(name=TOP, fields=top_fields())
    ran = fresh_engine.run("exit", "0", image=top, pod=["--pull-policy=never"])
    assert ran.status == 254 and f"{TOP} depends on {BASE}" in ran.stderr, ran
    assert len(ran.stderr.splitlines()) == 1 and not rendered(fresh_engine), ran


def test_a_dependency_is_no_file_of_the_working_directory(fresh_engine, image, tmp_path, monkeypatch):
    """The image chose that name, not the user."""
    monkeypatch.chdir(tmp_path)
    os.makedirs(os.path.dirname(BASE))
    os.symlink(image(name=BASE), BASE)
    ran = fresh_engine.run("exit", "0", image=image(name=TOP, fields=top_fields()),
                           pod=["--pull-policy=never"])
    assert ran.status == 254 and BASE in ran.stderr, ran


def test_collection_waits_for_the_pod(fresh_engine, image):
    base = fetch(fresh_engine, image(name=BASE, files={"/base": "base"}))
    pod = fresh_engine.start("print", "up", ",", "sleep-forever",
                             image=image(name=TOP, fields=top_fields())).wait_for("up")
    fresh_engine.rkt("image", "rm", base)
    assert fresh_engine.collect().status == 0 and len(rendered(fresh_engine)) == 1
    entered = fresh_engine.rkt("enter", pod.uuid, "/probe", "cat", "/base")
    assert entered.content == "base", entered
    assert fresh_engine.rkt("stop", "--force", pod.uuid).status == 0
    pod.wait()
    assert fresh_engine.collect().status == 0 and not rendered(fresh_engine)
