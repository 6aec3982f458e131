# SPDX-License-Identifier: GPL-3.0-or-later
"""Root gets users back while the daemon is stopped, and damage is refused."""

import json
import os
import pathlib
import shutil

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG
from cloxxs_world import STRONG

PRIVATE = world.STATE / "private"


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


def recover(*arguments, check=True):
    return world.cloxxsctl("recover", *arguments, check=check)


def lock_out(user):
    for _ in range(3):
        assert abuse.verdict(user, WRONG) == "deny"
    assert abuse.show(user)["locked"]


def test_refuses_beside_the_daemon(user):
    """It names who has the state, and the verb that does the same."""
    abuse.make_user(user)
    for arguments, ordinary in (
            (["unlock", user, "--reason", "x"], "user unlock"),
            (["reset-password", user, "--reason", "x"],
             "user reset-password"),
            (["administrator", user], "user set"),
            (["maps"], "restart cloxxsd"), (["check"], "doctor")):
        done = recover(*arguments, check=False)
        assert done.returncode == 5, done
        assert f"held by cloxxsd, process {world.cloxxsd.pid()}" \
            in done.stderr
        assert ordinary in done.stderr, done.stderr
    assert not abuse.show(user)["locked"]


def test_abuse_71_unlock(user):
    """After kill -9 too; the record reaches the journal with the daemon."""
    abuse.make_user(user)
    lock_out(user)
    world.cloxxsd.kill()
    done = recover("unlock", user, check=False)
    assert done.returncode == 2, "a reason must be given"
    recover("unlock", user, "--reason", "rang from the data centre")
    done = recover("unlock", user, "--reason", "again", check=False)
    assert done.returncode == 6, done
    world.cloxxsd.start()
    assert abuse.verdict(user, STRONG) == "allow"
    rows = abuse.query("SELECT actor, details FROM ledger WHERE event ="
                       " 'user-unlocked' AND user = ?", user)
    assert rows == [("root", "recover: rang from the data centre")]
    world.wait_until(lambda: abuse.admin("Status")["unpublished"] == 0, 20,
                     "the record to be published")
    abuse.integrity()


def test_reset_password(user):
    abuse.make_user(user)
    with world.cloxxsd.stopped():
        answer = json.loads(recover("reset-password", user, "--reason", "x",
                                    "--json").stdout)
        temporary = answer["temporary_password"]
        assert recover("reset-password", "nobody-here", "--reason", "x",
                       check=False).returncode == 3
    assert abuse.verdict(user, STRONG) == "deny"
    other = abuse.OTHER
    assert abuse.verdict(user, temporary, other, other) == "allow"
    for path in PRIVATE.iterdir():
        assert temporary.encode() not in path.read_bytes(), path


def test_administrator(user):
    """Somebody new, and somebody who was locked, disabled and no one."""
    name = user + "n"
    abuse.make_user(user)
    lock_out(user)
    abuse.admin("DisableUser", name=user)
    with world.cloxxsd.stopped():
        new = json.loads(recover("administrator", name, "--json").stdout)
        old = json.loads(recover("administrator", user, "--json").stdout)
        assert recover("administrator", "root", check=False).returncode == 2
        # In the map at once.
        assert world.run("getent", "passwd", name).stdout.startswith(name)
    for who, answer in ((name, new), (user, old)):
        found = abuse.show(who)
        assert found["role"] == "administrator" and found["enabled"]
        assert not found["locked"]
        assert abuse.verdict(who, answer["temporary_password"], STRONG,
                             STRONG) == "allow"
        assert abuse.admin("Status", uid=found["uid"])
        assert pathlib.Path(PRIVATE).stat().st_uid != 0


def test_maps_and_owner(user):
    abuse.make_user(user)
    owner = world.STATE.stat().st_uid
    with world.cloxxsd.stopped():
        (world.STATE / "identity.map").unlink()
        assert "map" in recover("check", check=False).stdout
        recover("maps")
        assert world.run("getent", "passwd", user).stdout.startswith(user)
        recover("check")
        for path in [world.STATE / "identity.map", *PRIVATE.iterdir()]:
            assert path.stat().st_uid == owner, path


def test_who_may(user):
    """Neither a user nor the daemon's own account does this for root."""
    abuse.make_user(user)
    with world.cloxxsd.stopped():
        done = world.run("setpriv", "--reuid", "4242", "--regid", "4242",
                         "--clear-groups", "cloxxsctl", "recover", "unlock",
                         user, "--reason", "x", check=False)
        assert done.returncode == 4, done


def test_abuse_76(user):
    """A storm of locks: told first, lifted with a record each, and who is not
    the caller's to unlock is named."""
    names = [f"{user}{letter}" for letter in "abc"]
    boss, kept, by_hand = user + "x", user + "p", user + "h"
    for name in (*names, boss, kept, by_hand):
        abuse.make_user(name)
    abuse.admin("SetUser", name=boss, role="administrator")
    abuse.admin("SetUser", name=kept, protected=True)
    for name in (*names, kept):
        lock_out(name)
    abuse.admin("LockUser", name=by_hand, reason="left the house")
    unlock = ["user", "unlock-all", "--reason", "a storm", "--json"]
    told = json.loads(world.cloxxsctl(*unlock, "--dry-run").stdout)
    assert {*names, kept} <= set(told["would_unlock"])
    assert by_hand not in told["would_unlock"]
    assert all(abuse.show(name)["locked"] for name in names)
    uid = str(abuse.show(boss)["uid"])
    done = world.run("setpriv", "--reuid", uid, "--regid", uid,
                     "--clear-groups", "cloxxsctl", *unlock, check=False)
    assert done.returncode == 1, done
    answer = json.loads(done.stdout)
    assert set(names) <= set(answer["unlocked"])
    assert kept in [one["name"] for one in answer["failed"]]
    world.cloxxsctl(*unlock)
    assert not abuse.show(kept)["locked"]
    assert abuse.show(by_hand)["locked"]
    for name in names:
        assert abuse.query("SELECT actor, details FROM ledger WHERE user = ?"
                           " AND event = 'user-unlocked'", name) == \
            [(boss, "a storm")]


def leave_a_copy():
    """As a look that was killed leaves it."""
    copy = PRIVATE / "check.AbCdEf"
    (copy / "private").mkdir(mode=0o700, parents=True)
    (copy / "private" / "store.db").write_bytes(b"a copy")
    world.run("chown", "-R", f"{world.DAEMON_USER}:", str(copy))
    return copy


def test_a_copy_that_was_left_goes():
    """By the next look, and by the daemon when it starts."""
    with world.cloxxsd.stopped():
        copy = leave_a_copy()
        recover("check")
        assert not copy.exists()
        copy = leave_a_copy()
    assert not copy.exists()


# ---- abuse_131 -------------------------------------------------------------------


def whole():
    """Every byte below private/ but for the lock's; an empty log is none."""
    found = {path.name: path.read_bytes() for path in PRIVATE.iterdir()
             if path.name != "lock"}
    return {name: data for name, data in found.items()
            if data or not name.endswith("-wal")}


def zero_header(store):
    with open(store, "r+b") as file:
        file.write(bytes(100))


def flip_schema_page(store):
    with open(store, "r+b") as file:
        file.seek(200)
        page = file.read(3896)
        file.seek(200)
        file.write(bytes(byte ^ 0xa5 for byte in page))


def newer(store):
    with open(store, "r+b") as file:
        file.seek(60)
        file.write((1000).to_bytes(4, "big"))


def gone(store):
    os.unlink(store)


DAMAGES = {"header": (zero_header, "backup restore"),
           "page": (flip_schema_page, "backup restore"),
           "newer": (newer, "later version"),
           "gone": (gone, "backup restore")}


@pytest.mark.parametrize("damage", DAMAGES)
def test_abuse_131(user, damage):
    """Refused with the next step; nothing is lost, nothing made anew."""
    spoil, step = DAMAGES[damage]
    abuse.make_user(user)
    world.cloxxsd.stop()
    kept = pathlib.Path("/run/kept")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(PRIVATE, kept)
    try:
        spoil(PRIVATE / "store.db")
        before = whole()
        done = recover("unlock", user, "--reason", "x", check=False)
        assert done.returncode == 1, done
        assert step in done.stderr, done.stderr
        with pytest.raises(world.WorldError):
            world.cloxxsd.start()
        done = recover("check", "--json", check=False)
        assert done.returncode == 1 and not json.loads(done.stdout)["sound"]
        assert step in done.stdout
        assert whole() == before
    finally:
        for path in PRIVATE.iterdir():
            path.unlink()
        for path in kept.iterdir():
            shutil.copy2(path, PRIVATE / path.name)
            shutil.chown(PRIVATE / path.name, world.DAEMON_USER,
                         world.DAEMON_USER)
        world.cloxxsd.start()
    assert abuse.verdict(user, STRONG) == "allow"


def test_abuse_131_wrong_key(user):
    """Another key: refused by name, and the store as it was."""
    abuse.make_user(user)
    key = world.CONF / "cloxxs.key"
    kept = key.read_bytes()
    with world.cloxxsd.stopped():
        before = whole()
        try:
            key.write_bytes(os.urandom(32))
            done = recover("unlock", user, "--reason", "x", check=False)
            assert done.returncode == 1, done
            assert not json.loads(recover("check", "--json",
                                          check=False).stdout)["sound"]
            assert whole() == before
            key.unlink()
            done = recover("check", check=False)
            assert done.returncode == 1 and "key" in done.stdout
        finally:
            key.write_bytes(kept)
            key.chmod(0o600)
    assert abuse.verdict(user, STRONG) == "allow"


def test_encrypted_key(user):
    """The key is an encrypted credential: decrypted in memory, by root."""
    abuse.make_user(user)
    key, credential = world.CONF / "cloxxs.key", world.CONF / "cloxxs.key.cred"
    made = world.run("systemd-creds", "encrypt", "--with-key=host",
                     "--name=cloxxs.key", str(key), str(credential),
                     check=False)
    if made.returncode != 0:
        pytest.skip("systemd-creds: " + made.stderr.strip())
    kept = key.read_bytes()
    with world.cloxxsd.stopped():
        key.unlink()
        try:
            recover("check")
            recover("reset-password", user, "--reason", "x")
            credential.write_bytes(b"QUJD")
            done = recover("check", check=False)
            assert done.returncode == 1 and "systemd-creds" in done.stderr
        finally:
            credential.unlink()
            key.write_bytes(kept)
            key.chmod(0o600)


def test_abuse_127_killed_in_the_middle(user):
    """kill -9 of it leaves the state as it was, or as it was meant."""
    abuse.make_user(user)
    lock_out(user)
    with world.cloxxsd.stopped():
        for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05):
            world.run("sh", "-c",
                      f"cloxxsctl recover reset-password {user} --reason x"
                      f" >/dev/null 2>&1 & p=$!; sleep {delay};"
                      " kill -9 $p; wait; while"
                      " q=$(pidof cloxxsctl cloxxs-offline); do"
                      " kill -9 $q 2>/dev/null; done", check=False)
        recover("check")
    abuse.integrity()
    assert abuse.show(user)["locked"]
