# SPDX-License-Identifier: Apache-2.0
"""Capabilities and no-new-privileges."""

import pytest

NUMBERS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6,
           "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13,
           "SYS_CHROOT": 18, "SYS_ADMIN": 21, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31}
DEFAULT = ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "KILL", "MKNOD", "NET_RAW",
           "NET_BIND_SERVICE", "SETUID", "SETGID", "SETPCAP", "SETFCAP", "SYS_CHROOT"]


def bits(names):
    return sum(1 << NUMBERS[name] for name in names)


def sets(result):
    assert result.status == 0, result
    return {name: int(value, 16) for name, value in result.values().items() if name.startswith("Cap")}


def test_root_has_the_fourteen_of_the_spec(engine):
    caps = sets(engine.run("caps"))
    assert caps["CapBnd"] == caps["CapEff"] == caps["CapPrm"] == bits(DEFAULT)
    assert caps["CapInh"] == caps["CapAmb"] == 0


def test_retain_is_exactly_that(engine):
    caps = sets(engine.run("caps", app=["--caps-retain=CAP_NET_ADMIN,CAP_CHOWN"]))
    assert caps["CapBnd"] == caps["CapEff"] == bits(["NET_ADMIN", "CHOWN"])


def test_remove_takes_from_the_default(engine):
    caps = sets(engine.run("caps", app=["--caps-remove=CAP_MKNOD,CAP_NET_RAW"]))
    assert caps["CapBnd"] == bits(DEFAULT) & ~bits(["MKNOD", "NET_RAW"])


def test_the_image_can_say_so_as_well(engine, isolated_image):
    mine = isolated_image(("os/linux/capabilities-retain-set", {"set": ["CAP_KILL"]}))
    assert sets(engine.run("caps", image=mine))["CapBnd"] == bits(["KILL"])


def test_the_command_line_wins_over_the_image(engine, isolated_image):
    mine = isolated_image(("os/linux/capabilities-retain-set", {"set": ["CAP_KILL"]}))
    caps = sets(engine.run("caps", image=mine, app=["--caps-retain=CAP_CHOWN"]))
    assert caps["CapBnd"] == bits(["CHOWN"])


def test_a_capability_that_is_gone_is_gone(engine):
    result = engine.run("syscall", "chown", "chroot", app=["--caps-remove=CAP_CHOWN,CAP_SYS_CHROOT"])
    assert result.values() == {"chown": "EPERM", "chroot": "EPERM"}


def test_the_defaults_do_not_hold_what_would_break_out(engine):
    result = engine.run("syscall", "mount", "reboot", "sethostname", "socket-packet", "bpf")
    values = result.values()
    for name in ("mount", "reboot", "sethostname", "bpf"):
        assert values[name] not in ("ok", "EINVAL", "ENODEV"), result


@pytest.mark.parametrize("bad", ["CAP_NO_SUCH", "cap_chown;id", "CAP_CHOWN,,CAP_KILL"])
def test_an_unknown_capability_is_refused_by_name(engine, bad):
    result = engine.run("caps", app=[f"--caps-retain={bad}"])
    assert result.status != 0
    assert "Cap" not in result.text


def test_retain_and_remove_together_are_refused(engine):
    result = engine.run("caps", app=["--caps-retain=CAP_KILL", "--caps-remove=CAP_CHOWN"])
    assert result.status != 0
    assert "CapBnd" not in result.text


def test_capabilities_can_be_left_alone(engine):
    caps = sets(engine.rkt("--insecure-options=image,capabilities",
                           *engine._words("run", ["caps"], (), (), None, "/probe")))
    assert caps["CapBnd"] & bits(["SYS_ADMIN"])


def no_new_privileges(result):
    assert result.status == 0, result
    return result.values()["NoNewPrivs"]


def test_no_new_privileges_is_off_unless_asked_for(engine, isolated_image):
    assert no_new_privileges(engine.run("caps")) == "0"
    on = isolated_image(("os/linux/no-new-privileges", True))
    assert no_new_privileges(engine.run("caps", image=on)) == "1"
    off = isolated_image(("os/linux/no-new-privileges", False))
    assert no_new_privileges(engine.run("caps", image=off)) == "0"


def test_a_system_call_filter_does_not_force_it(engine, isolated_image):
    filtered = isolated_image(("os/linux/seccomp-remove-set", {"set": ["keyctl"], "errno": "EPERM"}))
    result = engine.run("caps", image=filtered)
    assert no_new_privileges(result) == "0"
    assert result.values()["Seccomp"] == "2"
    result = engine.run("caps", image=filtered, app=["--user=1000", "--group=1000"])
    assert no_new_privileges(result) == "0"
    assert result.values()["Seccomp"] == "2"
