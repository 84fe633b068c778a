# SPDX-License-Identifier: Apache-2.0
"""System call filters."""

import pytest

REMOVE = "os/linux/seccomp-remove-set"
RETAIN = "os/linux/seccomp-retain-set"


def test_there_is_a_filter_by_default(engine):
    values = engine.run("caps").values()
    assert values["Seccomp"] == "2"


def test_the_default_filter_blocks_what_is_dangerous(engine):
    values = engine.run("syscall", "keyctl", "bpf", "open-by-handle", "reboot", "mkdir", "getpid").values()
    assert values["mkdir"] == values["getpid"] == "ok"
    for name in ("keyctl", "bpf", "open-by-handle", "reboot"):
        assert values[name] not in ("ok", "EINVAL", "EFAULT"), values


def test_remove_blocks_these_with_the_error_asked_for(engine, isolated_image):
    mine = isolated_image((REMOVE, {"set": ["mkdir", "fchown"], "errno": "ENOTSUP"}))
    values = engine.run("syscall", "mkdir", "chown", "getpid", image=mine).values()
    assert values["mkdir"] in ("EOPNOTSUPP", "ENOTSUP")
    assert values["chown"] in ("EOPNOTSUPP", "ENOTSUP")
    assert values["getpid"] == "ok"


def test_without_an_error_the_caller_dies(engine, isolated_image):
    mine = isolated_image((REMOVE, {"set": ["getcwd"]}))
    assert engine.run("syscall", "getcwd", image=mine).values()["getcwd"] == "SIGSYS"
    assert engine.run("cwd", image=mine).status == 128 + 31


def test_the_option_says_the_same(engine):
    result = engine.run("syscall", "mkdir", app=["--seccomp=mode=remove,errno=EXDEV,mkdir"])
    assert result.values()["mkdir"] == "EXDEV"


def test_retain_lets_nothing_else_through(engine, isolated_image):
    mine = isolated_image((RETAIN, {"set": ["@rkt/default-whitelist"], "errno": "EPERM"}))
    result = engine.run("syscall", "getpid", "keyctl", image=mine)
    assert result.values() == {"getpid": "ok", "keyctl": "EPERM"}


@pytest.mark.parametrize("name", ["@rkt/default-blacklist", "@docker/default-blacklist",
                                  "@systemd/mount", "@appc.io/all", "@appc.io/empty"])
def test_sets_can_be_named(engine, isolated_image, name):
    kind = RETAIN if name == "@appc.io/all" else REMOVE
    mine = isolated_image((kind, {"set": [name], "errno": "EPERM"}))
    assert engine.run("exit", "0", image=mine).status == 0


def test_everything_can_be_allowed(engine, isolated_image):
    mine = isolated_image((RETAIN, {"set": ["@appc.io/all"]}))
    values = engine.run("caps", ",", "syscall", "keyctl", image=mine).values()
    assert values["Seccomp"] == "0"
    assert values["keyctl"] in ("ok", "ENOKEY")


def test_removing_the_empty_set_leaves_the_default(engine, isolated_image):
    mine = isolated_image((REMOVE, {"set": ["@appc.io/empty"]}))
    values = engine.run("caps", ",", "syscall", "keyctl", "mkdir", image=mine).values()
    assert (values["Seccomp"], values["keyctl"], values["mkdir"]) == ("2", "EPERM", "ok")


def test_a_filter_holds_for_users_who_are_not_root(engine, isolated_image):
    mine = isolated_image((REMOVE, {"set": ["getcwd"], "errno": "EPERM"}))
    values = engine.run("syscall", "getcwd", image=mine, app=["--user=1000", "--group=1000"]).values()
    assert values["getcwd"] == "EPERM"


@pytest.mark.parametrize("value", [{"set": ["no_such_call"]}, {"set": ["@nobody/nothing"]},
                                   {"set": ["mkdir"], "errno": "ENOSUCHERROR"}, {"set": []}, {}])
def test_what_no_filter_can_do_is_refused(engine, isolated_image, value):
    result = engine.run("print", "ran", image=isolated_image((REMOVE, value), unchecked=True))
    assert result.status != 0
    assert "ran" not in result.text


def test_filters_can_be_left_off(engine):
    values = engine.rkt("--insecure-options=image,seccomp",
                        *engine._words("run", ["caps"], (), (), None, "/probe")).values()
    assert values["Seccomp"] == "0"
