# SPDX-License-Identifier: GPL-3.0-or-later
"""Three wrong answers, never a fourth; nothing but an administrator unlocks."""

import pathlib
import time

import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER, WRONG, pam
from cloxxs_world import KBD, KEY, PASSWORD, STRONG

KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


def is_locked(user):
    return abuse.show(user)["locked"]


def lock_by_guessing(user):
    for n in range(3):
        assert not is_locked(user)
        assert abuse.verdict(user, WRONG) == "deny"
    assert is_locked(user)


def test_abuse_68_lock_survives_kill_and_restart(user):
    """At no moment of it is there a fourth guess."""
    abuse.make_user(user)
    for n in range(1, 4):
        assert abuse.verdict(user, WRONG) == "deny"
        world.cloxxsd.kill()
        world.cloxxsd.start()
        assert abuse.show(user)["failures"] == n
    for restart in world.cloxxsd.kill, world.cloxxsd.stop:
        restart()
        world.cloxxsd.start()
        assert is_locked(user)
        assert abuse.verdict(user, STRONG) == "deny"


def test_abuse_68_killed_while_it_is_hashed(user):
    """What was claimed and never settled counts."""
    abuse.make_user(user)
    for n in range(1, 4):
        with abuse.Wire() as wire:
            wire.start(user)
            wire.ask(abuse.LOGIN + "Answer", {"answer": STRONG})
            claimed_then_killed()
        world.cloxxsd.start()
        # The right answer may have been settled before the kill.
        shown = abuse.show(user)
        if shown["failures"] == 0:
            pytest.fail("the kill came too late to test anything")
        assert shown["failures"] == n
    assert is_locked(user)
    assert abuse.verdict(user, STRONG) == "deny"


def claimed_then_killed():
    """Kills the daemon once a claim stands in its store.

    The store is looked at while the daemon is stopped, so that the hash
    cannot be done in between.
    """
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        world.cloxxsd.freeze()
        if abuse.query("SELECT count(*) FROM user WHERE claim <> 0",
                       store=abuse.frozen_copy()) != [(0,)]:
            world.cloxxsd.kill()
            return
        world.cloxxsd.thaw()
        time.sleep(0.002)
    raise world.WorldError("no claim was ever seen")


def test_abuse_68_same_text_as_a_wrong_one(user):
    abuse.make_user(user)
    wrong = pam(user, f"answer:{WRONG}", "auth")
    lock_by_guessing_from(user, 1)
    right = pam(user, f"answer:{STRONG}", "auth")
    unknown = pam("nobody-of-this-name", f"answer:{STRONG}", "auth")
    assert wrong.codes == right.codes == unknown.codes
    assert wrong.asked == right.asked == unknown.asked
    neutral = [[world.REFERENCE.sub("", s) for s in done.shown]
               for done in (wrong, right, unknown)]
    assert neutral[0] == neutral[1] == neutral[2] != [[]]


def lock_by_guessing_from(user, n):
    for _ in range(3 - n):
        abuse.verdict(user, WRONG)
    assert is_locked(user)


def test_abuse_69_fifty_wrong_at_once(user):
    abuse.make_user(user)
    since = world.cursor()
    pam("root", "getuser")  # builds it
    for done in abuse.at_once(50, lambda _: pam(user, f"answer:{WRONG}",
                                                "auth")):
        assert 0 not in done.codes and done.codes, done.text
    assert is_locked(user) and abuse.show(user)["failures"] == 3
    denied = abuse.events(since, event="login-denied", user=user)
    reasons = [r["CLOXXS_REASON"] for r in denied]
    assert len(reasons) == 50
    assert reasons.count("wrong-password") == 3
    assert reasons.count("locked") == 47
    assert len(abuse.events(since, event="user-locked", user=user)) == 1


def test_abuse_69_right_one_among_the_wrong(user):
    """At most three are looked at, whichever those are."""
    abuse.make_user(user)
    words = [STRONG if i % 10 == 9 else f"{WRONG} {i}" for i in range(50)]
    since = world.cursor()
    abuse.at_once(50, lambda i: abuse.verdict(user, words[i]))
    reasons = [r["CLOXXS_REASON"] for r in abuse.events(since, user=user)
               if r["CLOXXS_EVENT"] in ("login-denied", "login-allowed")]
    assert len(reasons) == 50
    in_a_row = 0
    for reason in reasons:
        if reason == "wrong-password":
            in_a_row += 1
        elif reason == "password-verified":
            in_a_row = 0
        assert in_a_row <= 3
    if in_a_row == 3:
        assert is_locked(user)


def test_abuse_70_fifty_right_at_once(user):
    abuse.make_user(user)
    pam("root", "getuser")
    for done in abuse.at_once(50, lambda _: pam(
            user, f"answer:{STRONG}", "auth", "account", "open", "close")):
        assert done.codes == [0, 0, 0, 0], done.text
    shown = abuse.show(user)
    assert not shown["locked"] and shown["failures"] == 0


def test_abuse_70_open_prompts_hold_nobody_up(user):
    """Conversations are not serialised, verifications are."""
    abuse.make_user(user)
    wires = [abuse.Wire() for _ in range(50)]
    for wire in wires:
        wire.start(user)
    seconds, verdict = abuse.elapsed(abuse.verdict, user, STRONG)
    assert verdict == "allow" and seconds < 2
    for wire in wires:
        wire.close()
    assert abuse.show(user)["failures"] == 0


# ---- nothing but unlock -----------------------------------------------------------------


def cron_ran(user, timeout=2):
    stamp = pathlib.Path(f"/tmp/cron-{user}")
    table = pathlib.Path("/etc/cron.d/abuse")
    table.write_text(f"@reboot {user} touch {stamp}\n")
    pathlib.Path("/run/crond.reboot").unlink(missing_ok=True)
    since = world.cursor()
    cron = world.detached(["/usr/sbin/cron", "-f"])
    try:
        world.wait_until(
            lambda: stamp.exists() or abuse.events(since, user=user,
                                                   service="cron"),
            10, "cron to try")
    finally:
        cron.kill()
        cron.wait()
        table.unlink()
    return stamp.exists()


def su_by_root(user):
    return world.run("su", "-s", "/bin/sh", "-c", "echo came-in", user,
                     check=False, timeout=20).stdout


def sudo_without_password(user):
    pathlib.Path("/etc/sudoers.d/abuse").write_text(
        f"{user} ALL=(ALL) NOPASSWD: ALL\n")
    return world.run("sudo", "-n", "echo", "came-in", user=user, check=False,
                     timeout=20).stdout


def reset_password(user):
    temporary = world.temporary_password("user", "reset-password", user)
    assert abuse.verdict(user, temporary, OTHER, OTHER) == "deny"
    return ""


def by_key(user):
    seen = world.ssh(user, [], "echo came-in", KEY, [world.make_key(user)])
    return seen.text


def restart(_):
    world.cloxxsd.restart()
    return ""


def far_future(user):
    """The daemon's wall clock in ten years."""
    with abuse.clock_ahead(10 * 365 * 86400):
        assert is_locked(user)
        assert abuse.verdict(user, STRONG) == "deny"
    return ""


def the_rest(user):
    world.cloxxsctl("user", "disable", user)
    world.cloxxsctl("user", "enable", user)
    world.cloxxsctl("user", "set", user, "--services",
                    ",".join(abuse.SERVICES))
    for _ in range(3):
        pam(user, "cred:establish", "account", "open", "close")
    assert abuse.verdict(user, STRONG, OTHER, OTHER,
                         purpose="change") == "deny"
    return ""


@pytest.mark.parametrize("attempt", [
    by_key, cron_ran, su_by_root, sudo_without_password, the_rest, restart,
    far_future, reset_password])
def test_abuse_71_lifts_no_lock(user, attempt):
    world.sshd.configure(KEYS)
    abuse.make_user(user)
    if attempt in (by_key, su_by_root, sudo_without_password):
        assert "came-in" in attempt(user), "it must work before the lock"
    elif attempt is cron_ran:
        assert cron_ran(user)
        pathlib.Path(f"/tmp/cron-{user}").unlink()
    lock_by_guessing(user)
    since, seen = world.cursor(), attempt(user)
    assert not seen or "came-in" not in seen, seen
    assert is_locked(user) and abuse.show(user)["failures"] == 3
    assert not abuse.events(since, event="user-unlocked")
    assert abuse.verdict(user, STRONG) == "deny"


def test_abuse_71_unlock(user):
    abuse.make_user(user)
    lock_by_guessing(user)
    for reason in [], ["--reason", ""], ["--reason", "   "]:
        done = world.cloxxsctl("user", "unlock", user, *reason, check=False)
        assert done.returncode == 2, done.stderr
    assert is_locked(user)
    since = world.cursor()
    world.cloxxsctl("user", "unlock", user, "--reason", "she rang")
    record, = abuse.events(since, event="user-unlocked", user=user)
    assert "she rang" in str(record) and record["CLOXXS_ACTOR"] == "root"
    assert abuse.show(user)["failures"] == 0
    for _ in range(2):
        assert abuse.verdict(user, WRONG) == "deny"
    assert abuse.verdict(user, STRONG) == "allow"


def test_abuse_71_lock_is_for_the_administrator_too(user):
    """A locked administrator does not unlock himself."""
    abuse.make_user(user, role="administrator")
    uid = abuse.show(user)["uid"]
    lock_by_guessing(user)
    assert abuse.error_of(abuse.admin, "UnlockUser", uid=uid, name=user,
                          reason="me") == abuse.DENIED
    assert is_locked(user)


# ---- who does not exist --------------------------------------------------------------------


def test_abuse_73_unknown_user_a_hundred_times(user):
    """Looks like any other, and leaves records, not accounts or counts."""
    size = abuse.admin("Status")
    before = abuse.query("SELECT count(*) FROM user, failure, retired_uid")
    tables = [name for (name,) in abuse.query(
        "SELECT name FROM sqlite_schema WHERE type = 'table'")]
    n = 100

    def guess(_):
        texts = set()
        with abuse.Wire(timeout=60) as wire:
            for _ in range(n // 10):
                done = wire.converse("nobody-of-this-name", [WRONG])
                texts.add((done["verdict"],
                           world.REFERENCE.sub("", done["message"])))
        return texts

    texts = set().union(*abuse.at_once(10, guess))
    assert texts == {("deny", "Access denied. .")} or len(texts) == 1
    assert abuse.query(
        "SELECT count(*) FROM user, failure, retired_uid") == before
    for table in tables:
        if table not in ("ledger", "sqlite_sequence"):
            rows = abuse.query(f"SELECT count(*) FROM {table}")
            assert rows[0][0] < 1000, table
    grown = abuse.admin("Status")["ledger_records"] - size["ledger_records"]
    assert grown <= n + 5
    abuse.make_user(user)
    done = abuse.login(user, WRONG)
    assert (done["verdict"], world.REFERENCE.sub("", done["message"])) in texts


def test_abuse_74_variants_of_a_name(user):
    """One account or nobody; never a count of its own."""
    name = "piet" + user[1:6]
    abuse.make_user(name)
    variants = [name.upper(), name.capitalize(), name + " ", " " + name,
                name + "\u0301", name.replace("i", "\u0456"),
                name.replace("p", "\uff50"), name + "\u200b", name + ".",
                name + "@localhost"]
    for variant in variants:
        assert abuse.verdict(variant, STRONG) == "deny", variant
        assert abuse.verdict(variant, WRONG) == "deny", variant
    shown = abuse.show(name)
    assert shown["failures"] == 0 and not shown["locked"]
    assert abuse.verdict(name, STRONG) == "allow"
    for variant in variants:
        with pytest.raises(abuse.VarlinkError):
            abuse.temporary_user(variant)


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_75_empty(user, mode):
    """Refused, not counted, and nothing is hashed for it."""
    abuse.make_user(user)
    world.sshd.configure("PasswordAuthentication yes\n"
                         "PermitEmptyPasswords yes\n")
    since = world.cursor()
    assert world.ssh(user, [""], "true", mode).status == 255
    assert abuse.show(user)["failures"] == 0
    assert abuse.events(since, event="login-denied", user=user)


def test_abuse_75_empty_costs_nothing(user):
    """With a hash that takes long, an empty answer takes no time."""
    abuse.configure("[password]\nhash_memory = 128M\nhash_operations = 4\n")
    try:
        abuse.make_user(user)
        slow, verdict = abuse.elapsed(abuse.verdict, user, WRONG)
        assert verdict == "deny"
        quick, verdict = abuse.elapsed(abuse.verdict, user, "")
        assert verdict == "deny" and quick < slow / 4
    finally:
        abuse.configure()
    assert abuse.show(user)["failures"] == 1


def test_abuse_75_ssh_none(user):
    """The probe with which each client begins."""
    abuse.make_user(user)
    for done in abuse.at_once(5, lambda _: world.run(
            *world.ssh_argv(user, "true", "none", ["BatchMode=yes"]),
            check=False)):
        assert done.returncode == 255
    assert abuse.show(user)["failures"] == 0
