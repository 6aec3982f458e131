# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that administrators give to users: a real sshd asks for them."""

import pathlib
import re
import subprocess
import time

import pytest

import cloxxs_world as world

PROGRAM = "/usr/libexec/cloxxs/cloxxs-authorized-keys"
ACCOUNT = "_cloxxs-keys"
# Asked in vain it ends in 2 s; a machine that does other things is later.
IN_TIME = 20


def key_of(name):
    """A new key, which is in no file that sshd looks into."""
    key = pathlib.Path(f"/run/world-kept-{name}")
    if not key.exists():
        world.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C",
                  f"{name} at home", "-f", str(key))
    return key


def public(key):
    return key.with_suffix(".pub").read_text()


def fingerprint(key):
    return world.run("ssh-keygen", "-lf", f"{key}.pub").stdout.split()[1]


def enter(name, key):
    """Whether a login by that key succeeds."""
    seen = world.ssh(name, [], "id -un", mode=world.KEY, timeout=60,
                     options=[f"IdentityFile={key}"])
    assert seen.asked == [], seen.text
    return seen.status == 0 and name in seen.text


@pytest.fixture(scope="module")
def kees():
    """Has a password of his own, a key that Cloxxs keeps, and no file."""
    world.user_with_password("kees")
    key = key_of("kees")
    done = world.cloxxsctl("user", "key", "add", "kees", f"{key}.pub")
    assert fingerprint(key) in done.stdout
    assert not pathlib.Path("/etc/ssh/authorized_keys/kees").exists()
    return key


def printed(*arguments, user=ACCOUNT):
    return world.run(PROGRAM, *arguments, user=user, check=False,
                     timeout=IN_TIME)


def test_comes_in_by_a_key_that_cloxxs_keeps(kees):
    since = world.cursor()
    assert enter("kees", kees)
    assert not enter("kees", key_of("another"))

    def records():
        return [r for r in world.journal(*since, "CLOXXS_USER=kees")
                if r.get("CLOXXS_EVENT") == "account-allowed"]

    # The account phase is asked all the same.
    record, = world.wait_until(records, 30, "the record")
    assert "method=password" not in record["CLOXXS_DETAILS"]


@pytest.mark.parametrize("shut, open_again", [
    (["lock", "kees", "--reason", "x"], ["unlock", "kees", "--reason", "x"]),
    (["disable", "kees"], ["enable", "kees"]),
    (["set", "kees", "--services", "sudo"],
     ["set", "kees", "--services", world.SERVICES]),
    (["set", "kees", "--not-after", "2020-01-01"],
     ["set", "kees", "--not-after", "never"]),
])
def test_abuse_10_nobody_who_is_kept_out(kees, shut, open_again):
    assert printed("kees").stdout.startswith("ssh-ed25519 ")
    world.cloxxsctl("user", *shut)
    try:
        done = printed("kees")
        assert (done.returncode, done.stdout) == (0, "")
        assert not enter("kees", kees)
    finally:
        world.cloxxsctl("user", *open_again)
    assert enter("kees", kees)


def test_a_key_that_is_removed_opens_nothing(kees):
    other = key_of("kees-other")
    world.cloxxsctl("user", "key", "add", "kees", stdin=public(other))
    assert {one["fingerprint"] for one in
            world.cloxxsctl_json("user", "key", "list", "kees")} \
        == {fingerprint(kees), fingerprint(other)}
    assert enter("kees", other)
    since = world.cursor()
    world.cloxxsctl("user", "key", "remove", "kees", fingerprint(other))
    assert not enter("kees", other)
    assert enter("kees", kees)

    def removed():
        return [r for r in world.journal(*since)
                if r.get("CLOXXS_EVENT") == "ssh-key-removed"]

    record, = world.wait_until(removed, 30, "the record")
    assert record["CLOXXS_USER"] == "kees"
    assert fingerprint(other) in record["CLOXXS_DETAILS"]


def test_a_deleted_user_takes_his_keys_along():
    world.user_with_password("weg")
    key = key_of("weg")
    world.cloxxsctl("user", "key", "add", "weg", f"{key}.pub")
    assert enter("weg", key)
    world.cloxxsctl("user", "delete", "weg", "--yes")
    assert not enter("weg", key)
    world.user_with_password("weg")
    assert world.cloxxsctl_json("user", "key", "list", "weg") == []
    assert not enter("weg", key)


def test_files_of_keys_work_too(kees):
    """Those of local users, and of ours where the sysadmin lets them."""
    if world.run("id", "lokaal", check=False).returncode != 0:
        world.run("useradd", "--create-home", "--shell", "/bin/sh", "lokaal")
    home = pathlib.Path("/home/lokaal/.ssh")
    home.mkdir(mode=0o700, exist_ok=True)
    key = key_of("lokaal")
    (home / "authorized_keys").write_text(public(key))
    world.run("chown", "-R", "lokaal:", str(home))
    assert enter("lokaal", key)
    filed = key_of("filed")
    directory = pathlib.Path("/etc/ssh/authorized_keys")
    directory.mkdir(exist_ok=True)
    (directory / "kees").write_text(public(filed))
    try:
        world.sshd.configure(f"AuthorizedKeysFile {directory}/%u\n")
        assert enter("kees", filed) and enter("kees", kees)
        world.sshd.configure(f"AuthorizedKeysFile {directory}/%u\n"
                             "Match User kees\nAuthorizedKeysFile none\n")
        assert not enter("kees", filed)
        assert enter("kees", kees)
    finally:
        (directory / "kees").unlink()
        world.sshd.configure("")


def test_asked_by_whom(kees):
    """The account that sshd asks as, and root; nobody else is told a key."""
    assert printed("kees").stdout == public(kees).rpartition(
        " kees at home")[0] + "\n"
    assert printed("kees", user="root").stdout == printed("kees").stdout
    for other in "daemon", "kees", "_cloxxs":
        done = printed("kees", user=other)
        assert (done.returncode, done.stdout) == (1, ""), other
        assert ACCOUNT in done.stderr
    uid = world.run("id", "-u", "kees").stdout.strip()
    assert printed("kees", uid).stdout == printed("kees").stdout
    # Another account, in the eyes of the system.
    assert printed("kees", str(int(uid) + 1)).stdout == ""


def test_from_where(kees):
    uid = world.run("id", "-u", "kees").stdout.strip()
    world.cloxxsctl("user", "set", "kees", "--networks", "192.0.2.0/24")
    try:
        for connection, told in (("192.0.2.7 5000 192.0.2.1 22", True),
                                 ("198.51.100.7 5000 192.0.2.1 22", False),
                                 ("UNKNOWN 65535 UNKNOWN 65535", False)):
            done = printed("kees", uid, connection)
            assert done.returncode == 0
            assert bool(done.stdout) == told, connection
        # Not told from where, it is the account phase that refuses.
        assert printed("kees", uid).stdout
        assert not enter("kees", kees)
    finally:
        world.cloxxsctl("user", "set", "kees", "--networks", "")


def test_sshd_tells_the_connection(kees):
    version = subprocess.run(["ssh", "-V"], capture_output=True, text=True,
                             check=True).stderr
    major, minor = map(int, re.search(r"OpenSSH_(\d+)\.(\d+)",
                                      version).groups())
    if (major, minor) < (9, 4):
        pytest.skip(f"{version.strip()} has no %C")
    world.sshd.configure(f"AuthorizedKeysCommand {PROGRAM} %u %U %C\n")
    try:
        assert enter("kees", kees)
        world.cloxxsctl("user", "set", "kees", "--networks", "192.0.2.0/24")
        assert not enter("kees", kees)
    finally:
        world.cloxxsctl("user", "set", "kees", "--networks", "")
        world.sshd.configure("")


@pytest.mark.parametrize("arguments, status", [
    ([], 2), ([""], 0), (["--help"], 0), (["-rf"], 0), (["$(id)"], 0),
    (["kees\n"], 0), (["../kees"], 0), (["k" * 100000], 0),
    (["kees", "x"], 2), (["kees", "-1"], 2), (["kees", "99999999999999"], 2),
    (["kees", "66000", "1" * 100000], 2), (["kees", "66000", "", ""], 2),
    (["root"], 0), (["root", "0"], 0), (["kees", "1000"], 0),
    (["%n%s"], 0), (["kees", "%u"], 2),
])
def test_abuse_7_hostile_arguments(kees, arguments, status):
    done = printed(*arguments)
    assert (done.returncode, done.stdout) == (status, "")


def test_abuse_2_without_the_daemon(kees):
    """Nothing is printed, in time; and root and local users do not wait."""
    with world.cloxxsd.stopped():
        done = printed("kees")
        assert (done.returncode, done.stdout) == (1, "")
        assert "cloxxsd" in done.stderr
        assert printed("root", "0").returncode == 0
        assert not enter("kees", kees)


def test_abuse_3_with_a_daemon_that_is_silent(kees):
    with world.cloxxsd.frozen():
        begun = time.monotonic()
        done = printed("kees")
        assert (done.returncode, done.stdout) == (1, "")
        assert time.monotonic() - begun >= 1
        assert "in time" in done.stderr
        # Not asked, so not waited for: the daemon would be, for ever.
        assert printed("root", "0").returncode == 0
    assert enter("kees", kees)


def test_a_temporary_password_stands_in_the_way_of_a_key():
    world.user_add("nieuw")
    key = key_of("nieuw")
    world.cloxxsctl("user", "key", "add", "nieuw", f"{key}.pub")
    assert printed("nieuw").stdout
    assert not enter("nieuw", key)
