# SPDX-License-Identifier: Apache-2.0
"""Users, groups, home and working directory."""

import pytest

PASSWD = ("root:x:0:0:root:/root:/bin/sh\n"
          "alice:x:1000:100:Alice:/home/alice:/bin/zsh\n"
          "bob:x:1001:1001::/home/bob:\n")
GROUP = "root:x:0:\nusers:x:100:\nstaff:x:50:alice\naudio:x:29:alice,bob\nbob:x:1001:\n"


@pytest.fixture
def peopled(image):
    return image(files={"/etc/passwd": PASSWD, "/etc/group": GROUP,
                        "/owned": ("", 0o644, 1234, 5678)},
                 directories={"/home/alice": (0o700, 1000, 100)})


def ids(result):
    assert result.status == 0, result
    return result.text.strip()


def expect(uid, gid, groups):
    return f"uid={uid},{uid},{uid} gid={gid},{gid},{gid} groups={groups}"


def test_root_by_default(engine):
    assert ids(engine.run("id")).startswith("uid=0,0,0 gid=0,0,0")


def test_a_number(engine, peopled):
    assert ids(engine.run("id", image=peopled, app=["--user=4242", "--group=4343"])) \
        .startswith("uid=4242,4242,4242 gid=4343,4343,4343")


def test_names_of_the_image(engine, peopled):
    assert ids(engine.run("id", image=peopled, app=["--user=alice", "--group=users"])) \
        .startswith("uid=1000,1000,1000 gid=100,100,100")


def test_names_are_of_the_image_not_of_the_host(engine, peopled):
    result = engine.run("id", image=peopled, app=["--user=daemon"])
    assert result.status == 254
    assert "daemon" in result.stderr


def test_the_owner_of_a_file(engine, peopled):
    assert ids(engine.run("id", image=peopled, app=["--user=/owned", "--group=/owned"])) \
        .startswith("uid=1234,1234,1234 gid=5678,5678,5678")


def test_supplementary_groups_are_exactly_these(engine, peopled):
    result = engine.run("id", image=peopled,
                        app=["--user=1000", "--group=100", "--supplementary-gids=7,8"])
    assert ids(result) == expect(1000, 100, "7,8")


def test_the_callers_groups_do_not_leak_in(engine, peopled):
    assert ids(engine.run("id", image=peopled, app=["--user=4242", "--group=4343"])) \
        .rpartition("groups=")[2] in ("", "4343")


def test_home_and_shell_come_from_the_passwd_of_the_image(engine, peopled):
    env = engine.run("env", image=peopled, app=["--user=alice", "--group=users"]).values()
    assert (env["HOME"], env["SHELL"]) == ("/home/alice", "/bin/zsh")
    assert env["USER"] == env["LOGNAME"] == "alice"


def test_home_of_the_manifest_wins(engine, peopled):
    env = engine.run("env", image=peopled,
                     app=["--user=alice", "--group=users", "--environment=HOME=/mine"]).values()
    assert env["HOME"] == "/mine"


def test_a_user_who_is_not_root_has_no_capabilities(engine, peopled):
    caps = engine.run("caps", image=peopled, app=["--user=1000", "--group=100"]).values()
    assert int(caps["CapEff"], 16) == int(caps["CapPrm"], 16) == int(caps["CapAmb"], 16) == 0


@pytest.mark.parametrize("user", ["-1", "4294967295", "4294967296", "0x10", "1 ", "a:b"])
def test_what_is_no_user_is_refused(engine, user):
    result = engine.run("id", app=[f"--user={user}"])
    assert result.status != 0
    assert "uid=" not in result.text


@pytest.mark.parametrize("line", ["evil:x:4294967296:0::/:/bin/sh", "evil:x:-1:0::/:/bin/sh",
                                  "evil", "evil:x:", "evil:x:1x:0::/:/bin/sh"])
def test_a_passwd_file_that_lies_is_refused(engine, image, line):
    result = engine.run("id", image=image(files={"/etc/passwd": line + "\n"}), app=["--user=evil"])
    assert result.status == 254
    assert "evil" in result.stderr


def test_a_passwd_file_that_leads_out_is_not_followed(engine, image):
    mine = image(links={"/etc/passwd": "../../../../../../etc/passwd"})
    assert engine.run("id", image=mine, app=["--user=daemon"]).status == 254


def test_the_working_directory_is_root_or_as_asked(engine, peopled):
    assert engine.run("cwd").text == "/\n"
    assert engine.run("cwd", image=peopled, app=["--working-dir=/home/alice"]).text == "/home/alice\n"


def test_a_working_directory_may_be_a_link_inside_the_root(engine, image):
    mine = image(directories={"/real": (0o755, 0, 0)}, links={"/link": "/real"},
                 workingDirectory="/link")
    assert engine.run("cwd", image=mine).text == "/real\n"


def test_a_working_directory_can_be_a_volume(engine):
    result = engine.run("cwd", pod=["--volume=data,kind=empty"],
                        app=["--mount=volume=data,target=/data", "--working-dir=/data"])
    assert result.text == "/data\n"
