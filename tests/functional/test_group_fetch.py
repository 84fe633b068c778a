# SPDX-License-Identifier: Apache-2.0
"""Members of the data directory's group fetch into the inbox; root believes nothing that lies there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading

import pytest

from conftest import OUT
from harness.fetching import Fetching

GROUP, USER, OTHER = 54321, 54322, 54323
NAME = "example.com/app"
URL = "https://example.com/app.aci"
PLACE = "example.com/app.aci"
SIGNATURE = PLACE + ".asc"
TEMPLATE = "example.com https://example.com/images/{name}-{version}.{ext}"
FOOTER = 128
ID = re.compile("sha512-[0-9a-f]{64}")


class Shared(Fetching):
    """A store of a group; rkt() is root's, member() one of the group's."""

    def __init__(self, server, folder):
        for name in ("rkt", "rkt-image", "rkt-fetch"):
            shutil.copy(os.path.join(OUT, name), folder)
        super().__init__(folder, server, folder)
        os.mkdir(self.data)
        os.chown(self.data, 0, GROUP)
        os.chmod(self.data, 0o2750)
        assert self.rkt("image", "list").status == 0
        self.inbox = os.path.join(self.data, "cas/inbox")

    def as_user(self, words, user=USER, group=GROUP):
        return self.server.command(["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
                                    *words])

    def member_command(self, words, insecure=None, **who):
        command = self.command(words, insecure)
        return self.as_user(command[len(self.server.command([])):], **who)

    def member(self, *words, insecure=None, **who):
        process = subprocess.Popen(self.member_command(words, insecure, **who), cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        return self.wait(process)

    def act(self, script, *words, user=USER):
        """What a member does by himself."""
        done = subprocess.run(self.as_user(["bash", "-ceu", script, "bash", *words], user=user),
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done

    def entries(self):
        return sorted(os.listdir(self.inbox))

    def entry(self):
        [name] = self.entries()
        return os.path.join(self.inbox, name)

    def listed(self, how):
        done = how("image", "list", "--format=json")
        assert done.status == 0 and done.stderr == "", done
        return {image["id"]: image for image in json.loads(done.stdout)}


@pytest.fixture
def rkt(server):
    server.reset()
    folder = tempfile.mkdtemp(prefix="rkt-group-", dir=os.environ.get("RKT_TEST_DIR"))
    os.chmod(folder, 0o755)
    shared = Shared(server, folder)
    yield shared
    shutil.rmtree(folder)


@pytest.fixture
def app(image):
    return pathlib.Path(image(name=NAME, files={"/x": "for the group"}))


@pytest.fixture
def offered(rkt, server, pgp, app):
    """The image and its signature by "good", which both trust, on the server."""
    server.put(PLACE, app)
    server.put(SIGNATURE, pgp.sign("good", app))
    rkt.trust(pgp.fingerprints["good"], pgp.public("good"))
    return app


def fetched(result):
    assert result.status == 0, result
    assert ID.fullmatch(result.stdout.splitlines()[-1]), result
    return result.stdout.splitlines()[-1]


@pytest.fixture
def pending(rkt, offered):
    return fetched(rkt.member("fetch", URL))


def is_taken_in(rkt, result, image):
    assert fetched(result) == image
    assert rkt.entries() == []
    assert "pending" not in rkt.listed(rkt.rkt)[image]
    assert rkt.rkt("image", "verify", image).status == 0


def is_refused(rkt, result, *words, entries=1):
    """Root's command fails, one line says which entry of whom and why; nothing of it is in the store."""
    assert result.status == 254 and result.stdout == "", result
    lines = [line for line in result.stderr.splitlines() if "inbox: " in line]
    assert len(lines) == 1, result
    for word in (f"of user {USER} is refused", *words):
        assert word in lines[0], (word, result)
    assert all(image.get("pending") for image in rkt.listed(rkt.rkt).values())
    assert len(rkt.entries()) == entries and rkt.leftovers() == []


# A member fetches, root uses it

def test_the_inbox_is_made_with_the_store(rkt):
    st = os.stat(rkt.inbox)
    assert (st.st_uid, st.st_gid, st.st_mode & 0o7777) == (0, GROUP, 0o3770)


def test_a_store_of_root_alone_has_none(rkt):
    alone = os.path.join(rkt.data, "../alone")
    assert rkt.rkt(f"--dir={alone}", "image", "list").status == 0
    assert not os.path.exists(f"{alone}/cas/inbox")


def test_gc_makes_it_in_a_store_that_lacks_it(rkt, offered):
    os.rmdir(rkt.inbox)
    refused = rkt.member("fetch", URL)
    assert refused.status == 254 and "no inbox" in refused.stderr and len(refused.stderr.splitlines()) == 1
    assert rkt.rkt("image", "gc").status == 0
    fetched(rkt.member("fetch", URL))


def test_a_member_fetches_and_root_takes_in(rkt, server, pending):
    entry = os.stat(rkt.entry())
    assert (entry.st_uid, entry.st_gid, entry.st_mode & 0o7777) == (USER, GROUP, 0o640)
    asked = len(server.requests())
    result = rkt.rkt("fetch", NAME)
    is_taken_in(rkt, result, pending)
    assert f"took image {pending} in, which user {USER} has fetched from {URL}" in result.stderr
    assert "signature verified:" in result.stderr
    assert len(server.requests()) == asked


def test_the_id_is_the_one_that_root_would_have_got(rkt, pending, offered, tmp_path):
    other = os.path.join(str(tmp_path), "other")
    done = rkt.rkt(f"--dir={other}", "fetch", str(offered), insecure="image")
    assert fetched(done) == pending


@pytest.mark.parametrize("reference", [NAME, "id", "prefix"])
def test_root_runs_it(rkt, pending, reference):
    words = {"id": pending, "prefix": pending[:20]}.get(reference, reference)
    shutil.copy(os.path.join(OUT, "stage1-coreos.aci"), rkt.out)
    ran = rkt.rkt("run", "--net=none", words, "--exec=/probe", "--", "exit", "7")
    rkt.rkt("gc", "--grace-period=0s")
    assert ran.status == 7, ran
    assert rkt.entries() == []


def test_it_is_shown_as_pending(rkt, pending):
    for how in (rkt.member, rkt.rkt):
        shown = rkt.listed(how)[pending]
        assert shown["pending"] is True and shown["name"] == f"{NAME}:1.0.0"
        table = how("image", "list", "--no-legend", "--full").stdout
        assert re.search(f"{pending}.*{NAME}.*pending.*never", table), table
        for reference in (NAME, pending, pending[:20]):
            manifest = how("image", "cat-manifest", reference)
            assert json.loads(manifest.stdout)["name"] == NAME and manifest.stderr == "", manifest
    fetched(rkt.rkt("fetch", NAME))
    assert "pending" not in rkt.listed(rkt.member)[pending]


def test_what_is_pending_is_not_fetched_again(rkt, server, pending):
    asked = len(server.requests())
    for who in (USER, OTHER):
        assert fetched(rkt.member("fetch", NAME, user=who)) == pending
    assert len(server.requests()) == asked
    assert fetched(rkt.member("fetch", URL)) == pending
    assert len(rkt.entries()) == 1


def test_what_the_store_has_is_not_fetched_either(rkt, server, pending):
    fetched(rkt.rkt("fetch", NAME))
    assert fetched(rkt.member("fetch", NAME)) == pending
    assert fetched(rkt.member("fetch", pending[:20])) == pending
    assert rkt.entries() == []


def test_a_name_is_discovered(rkt, server, pgp, offered):
    name = "example.com/images/app-1"
    server.put("example.com/app", f'<head><meta name="ac-discovery" content="{TEMPLATE}"></head>')
    server.put("example.com/images/example.com/app-latest.aci", offered)
    server.put("example.com/images/example.com/app-latest.aci.asc", pgp.sign("good", offered))
    image = fetched(rkt.member("fetch", NAME))
    is_taken_in(rkt, rkt.rkt("fetch", NAME), image)
    assert rkt.member("fetch", name).status == 254


def test_a_file_is_copied(rkt, pgp, offered, tmp_path):
    shutil.copy(offered, f"{rkt.out}/a.aci")
    pathlib.Path(f"{rkt.out}/a.aci.asc").write_bytes(pgp.sign("good", offered))
    os.chmod(f"{rkt.out}/a.aci", 0o644)
    image = fetched(rkt.member("fetch", f"{rkt.out}/a.aci"))
    os.unlink(f"{rkt.out}/a.aci")
    is_taken_in(rkt, rkt.rkt("fetch", image), image)


def test_dependencies_come_along(rkt, server, pgp, offered, image):
    lower = pathlib.Path(image(name="example.com/lower", files={"/lower": "x"}))
    upper = pathlib.Path(image(name="example.com/upper", files={"/upper": "x"},
                               fields={"dependencies": [{"imageName": "example.com/lower"}]}))
    page = f'<head><meta name="ac-discovery" content="{TEMPLATE}"></head>'
    for name, path in (("lower", lower), ("upper", upper)):
        server.put(f"example.com/{name}", page)
        server.put(f"example.com/images/example.com/{name}-latest.aci", path)
        server.put(f"example.com/images/example.com/{name}-latest.aci.asc", pgp.sign("good", path))
    image = fetched(rkt.member("fetch", "example.com/upper"))
    assert len(rkt.entries()) == 2
    asked = len(server.requests())
    assert fetched(rkt.rkt("fetch", "example.com/upper")) == image
    assert rkt.entries() == [] and len(server.requests()) == asked


def test_root_asks_the_server_when_told_to(rkt, server, pending):
    assert rkt.rkt("fetch", "--pull-policy=update", NAME).status == 254  # nothing to be discovered
    assert len(rkt.entries()) == 1


# Who may not, and what is not for members

def test_others_may_not(rkt, offered):
    stranger = rkt.member("fetch", URL, group=OTHER)
    assert stranger.status == 254 and "Permission denied" in stranger.stderr
    assert rkt.entries() == []


@pytest.mark.parametrize("source", ["oci:/x", "docker-archive:/x", "docker://example.com/x"])
def test_layers_are_put_together_by_root(rkt, source):
    refused = rkt.member("fetch", source, insecure="image")
    assert refused.status == 254 and "put together by root" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1 and rkt.entries() == []


@pytest.mark.parametrize("case", ["none", "other", "damaged", "missing"])
def test_a_member_needs_a_signature_too(rkt, server, pgp, offered, case):
    if case == "none":
        os.unlink(server.path("www", SIGNATURE))
    elif case == "other":
        server.put(SIGNATURE, pgp.sign("other", offered))
    elif case == "damaged":
        server.put(PLACE, offered.read_bytes()[:-1000])
    else:
        os.unlink(server.path("www", PLACE))
    refused = rkt.member("fetch", URL)
    assert refused.status == 254 and len(refused.stderr.splitlines()) == 1, refused
    assert rkt.entries() == [] and refused.stdout == ""


def test_credentials_that_a_member_may_not_read_are_not_his(rkt, offered):
    rkt.credentials(user="u", password="p")
    os.chmod(os.path.join(rkt.config["local"], "auth.d"), 0o700)
    fetched(rkt.member("fetch", URL))


# What root does not believe

def test_without_a_signature_its_whole_id_is_needed(rkt, offered):
    result = rkt.member("fetch", URL, insecure="image")
    image = fetched(result)
    assert "no signature" in result.stderr
    for reference in (NAME, image[:20]):
        is_refused(rkt, rkt.rkt("fetch", "--pull-policy=never", reference, insecure="image"), "has no signature")
    is_refused(rkt, rkt.rkt("fetch", image), "has no signature")
    is_taken_in(rkt, rkt.rkt("fetch", image, insecure="image"), image)


def test_the_members_keys_do_not_count(rkt, pgp, server, offered, tmp_path):
    """He trusts whom he likes, with a configuration of his own."""
    server.put(SIGNATURE, pgp.sign("other", offered))
    own = os.path.join(rkt.out, "own")
    os.makedirs(f"{own}/trustedkeys/root.d")
    pathlib.Path(f"{own}/trustedkeys/root.d/{pgp.fingerprints['other']}").write_bytes(pgp.public("other"))
    fetched(rkt.member(f"--local-config={own}", "fetch", URL))
    is_refused(rkt, rkt.rkt("fetch", "--pull-policy=never", NAME), "signature made by unknown entity")


def test_a_key_that_is_trusted_later_counts(rkt, pgp, server, offered):
    test_the_members_keys_do_not_count(rkt, pgp, server, offered, None)
    rkt.trust(pgp.fingerprints["other"], pgp.public("other"))
    fetched(rkt.rkt("fetch", NAME))


def rewrite(rkt, change):
    """The owner changes his entry: change(image, signature, manifest, origin) → the same."""
    path = rkt.entry()
    data = pathlib.Path(path).read_bytes()
    numbers = [int(word) for word in data[-FOOTER:].split()[2:]]
    parts, at = [], 0
    for number in numbers:
        parts.append(data[at:at + number])
        at += number
    parts = change(*parts)
    footer = b"rkt-inbox 1 " + b" ".join(b"%d" % len(part) for part in parts)
    new = os.path.join(rkt.out, "new")
    pathlib.Path(new).write_bytes(b"".join(parts) + footer.ljust(FOOTER))
    os.chmod(new, 0o644)
    rkt.act('cp "$1" "$2"', new, path)


def test_another_image_under_the_same_claims(rkt, pending, image):
    evil = pathlib.Path(image(name=NAME, files={"/x": "evil"})).read_bytes()
    rewrite(rkt, lambda _, *rest: (evil, *rest))
    is_refused(rkt, rkt.rkt("fetch", "--pull-policy=never", NAME), "this is not what was signed")
    is_refused(rkt, rkt.rkt("fetch", pending, insecure="image"), "was expected")


def test_a_signed_image_under_another_name(rkt, pending):
    """The manifest of an entry is a claim: what counts is the one that is signed."""
    def claim(image, signature, manifest, origin):
        return image, signature, manifest.replace(b"example.com/app", b"example.com/sh"), origin
    rewrite(rkt, claim)
    assert rkt.rkt("fetch", "--pull-policy=never", NAME).status == 254
    is_refused(rkt, rkt.rkt("fetch", "--pull-policy=never", "example.com/sh"),
               '"example.com/sh" expected but "example.com/app" found')


def test_an_image_of_the_store_under_another_name(rkt, pending, image):
    """An entry with the id of an image that root has, and claims of its own, makes it nothing else."""
    stored = fetched(rkt.rkt("fetch", image(name="example.com/stored", files={"/s": "s"}), insecure="image"))
    rkt.act('cp "$1" "$2"; rm "$1"', rkt.entry(), f"{rkt.inbox}/{stored}.0123456789abcdef")
    refused = rkt.rkt("fetch", "--pull-policy=never", NAME)
    assert refused.status == 254 and "was expected" in refused.stderr, refused
    assert rkt.listed(rkt.rkt)[stored]["name"] == "example.com/stored:1.0.0"


def test_another_id(rkt, pending):
    false = "sha512-" + "0" * 64
    rkt.act('mv "$1" "$2"', rkt.entry(), f"{rkt.inbox}/{false}.0123456789abcdef")
    is_refused(rkt, rkt.rkt("fetch", false), f"{pending}, and {false} was expected")
    is_refused(rkt, rkt.rkt("fetch", false, insecure="image"), f"{pending}, and {false} was expected")


BROKEN = {
    "link": ('ln -sf /etc/passwd "$1"', "is a symbolic link"),
    "pipe": ('rm "$1"; mkfifo "$1"', "is not a regular file"),
    "directory": ('rm "$1"; mkdir -p "$1/deeper/still"', "is not a regular file"),
    "hard link": ('ln "$1" "$1.also"', "has other names as well"),
    "empty": (': > "$1"', "is no image that rkt fetch has put there"),
    "short": ('truncate -s -1 "$1"', "is no image that rkt fetch has put there"),
    "long": ('echo >> "$1"', "is no image that rkt fetch has put there"),
    "huge": ('truncate -s 8E "$1" || truncate -s 1T "$1"', "is no image that rkt fetch has put there"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_entry(rkt, pending, case):
    script, words = BROKEN[case]
    rkt.act(script, rkt.entry())
    entries = 2 if case == "hard link" else 1
    is_refused(rkt, rkt.rkt("fetch", "--pull-policy=never", NAME), words, entries=entries)
    is_refused(rkt, rkt.rkt("fetch", pending), words, entries=entries)
    rkt.rkt("image", "gc", "--grace-period=0s")
    assert rkt.entries() == []


def test_a_set_id_program_is_roots_only(rkt, server, pgp, offered, image):
    """It is in a tree that no member reaches, as if root had fetched it."""
    evil = pathlib.Path(image(name=NAME, files={"/su": ("x", 0o6755)}))
    server.put(PLACE, evil)
    server.put(SIGNATURE, pgp.sign("good", evil))
    image = fetched(rkt.member("fetch", URL))
    found = subprocess.run(rkt.as_user(["find", rkt.data, "-perm", "/6000", "-type", "f"]),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert found.stdout == ""
    fetched(rkt.rkt("fetch", image))
    path = f"{rkt.data}/cas/tree/deps-{image}/rootfs/su"
    assert os.stat(path).st_mode & 0o7777 == 0o6755
    for user in (USER, OTHER):
        done = subprocess.run(rkt.as_user(["stat", path], user=user), stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "Permission denied" in done.stderr


def test_a_file_that_changes_while_root_reads(rkt, pending, image, offered):
    """Its owner swaps two contents as fast as he can: root gets the signed one, or nothing."""
    evil = pathlib.Path(image(name=NAME, files={"/x": "evil"}))
    good = pathlib.Path(rkt.entry()).read_bytes()
    parts = [int(word) for word in good[-FOOTER:].split()[2:]]
    bad = evil.read_bytes().ljust(parts[0], b"\0")[:parts[0]] + good[parts[0]:]
    path = rkt.entry()
    stop = threading.Event()

    def swap():
        fd = os.open(path, os.O_WRONLY)
        while not stop.is_set():
            for content in (bad, good):
                os.pwrite(fd, content, 0)
        os.close(fd)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        results = [rkt.rkt("fetch", pending) for _ in range(6)]
    finally:
        stop.set()
        thread.join()
    for result in results:
        assert result.status == 254 or fetched(result) == pending, result
    images = [name for name, shown in rkt.listed(rkt.rkt).items() if not shown.get("pending")]
    assert images in ([], [pending])
    for name in images:
        assert rkt.rkt("image", "verify", name).status == 0
        root = f"{rkt.data}/cas/tree/deps-{name}/rootfs"
        assert pathlib.Path(f"{root}/x").read_text() == "for the group"
    assert rkt.leftovers() == []


def test_a_bad_entry_does_not_stand_before_a_good_one(rkt, pending):
    rkt.act('cp "$1" "$2"; printf x | dd of="$2" conv=notrunc bs=1 seek=1000 status=none', rkt.entry(),
            f"{rkt.inbox}/{pending}.0123456789abcdef", user=OTHER)
    result = rkt.rkt("fetch", NAME)
    assert fetched(result) == pending
    assert f"of user {OTHER} is refused" in result.stderr
    assert rkt.entries() == [f"{pending}.0123456789abcdef"]


def test_many_bad_entries_are_told_of_briefly(rkt, pending):
    rkt.act('for n in {10..60}; do ln -s /etc/passwd "${1%.*}.00000000000000$n"; done; rm "$1"', rkt.entry())
    result = rkt.rkt("fetch", "--pull-policy=never", NAME)
    assert result.status == 254 and len(result.stderr.splitlines()) <= 6, result


def test_nobody_takes_anothers_entry_away(rkt, pending):
    for script in ('rm -f "$1"', 'mv "$1" "$1.x"', ': > "$1"'):
        done = subprocess.run(rkt.as_user(["bash", "-c", script, "bash", rkt.entry()], user=OTHER),
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert done.returncode != 0
    assert fetched(rkt.rkt("fetch", NAME)) == pending


def test_gc_takes_away_what_is_old(rkt, pending):
    rkt.act('touch -d "1 year" "$1"; mkdir "$2/dir"; touch "$2/dir/x" "$2/file"', rkt.entry(), rkt.inbox)
    assert rkt.rkt("image", "gc").status == 0
    assert len(rkt.entries()) == 3  # of this day, whatever the owner says
    assert rkt.rkt("image", "gc", "--grace-period=0s").status == 0
    assert rkt.entries() == []


def test_two_of_roots_commands_at_once(rkt, pending):
    both = [rkt.start("fetch", NAME) for _ in range(4)]
    for process in both:
        assert fetched(rkt.wait(process)) == pending
    assert rkt.entries() == [] and rkt.leftovers() == []
