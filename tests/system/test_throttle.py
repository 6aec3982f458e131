# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses from which many wrong answers come, at a real sshd."""

import json

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG
from cloxxs_world import KEY, STRONG

BAD, GOOD = "BindAddress=127.0.0.66", "BindAddress=127.0.0.7"
LIMIT = 5
KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
LINES = f"{abuse.CHEAP}[throttle]\nfailures = {LIMIT}\n"


@pytest.fixture(autouse=True)
def short_of_patience():
    """And nobody waits yet: a restart forgets it."""
    world.sshd.configure(KEYS)
    dropin = world.CONF / "cloxxsd.conf.d/20-throttle.conf"
    dropin.write_text("[throttle]\nexempt = 127.0.0.8\n")
    abuse.configure(LINES)
    yield
    dropin.unlink()


FREE = "BindAddress=127.0.0.8"


def log_in(user, password, source, *more):
    return world.ssh(user, [password], "echo came-in", options=[source, *more])


def came_in(user, password, source):
    seen = log_in(user, password, source)
    assert ("came-in" in seen.text) == (seen.status == 0), seen.text
    return seen.status == 0


def explained(code):
    return json.loads(world.cloxxsctl("explain", code, "--json").stdout)


def n_refusals():
    return abuse.query("SELECT coalesce(sum(n), 0) FROM refusal")[0][0]


def test_abuse_62_one_address_waits_and_no_other(user):
    abuse.make_user(user)
    since = world.cursor()
    for n in range(LIMIT):
        assert not came_in(f"ghost{n}", WRONG, BAD)
    # The right one is not looked at; nor is the wrong one counted.
    right = log_in(user, STRONG, BAD)
    wrong = log_in(user, WRONG, BAD)
    unknown = log_in("ghost", WRONG, BAD)
    assert {s.status for s in (right, wrong, unknown)} == {255}
    assert right.reference() == wrong.reference() == unknown.reference()
    assert right.asked == [a.replace("ghost", user) for a in unknown.asked]
    assert abuse.show(user)["failures"] == 0
    said = explained(right.reference())
    assert said["reason"] == "throttled" and said["address"] == "127.0.0.66"
    told = world.cloxxsctl("explain", right.reference()).stdout
    assert "everybody from there" in told and "decided" in told
    # From elsewhere he gets in, and by key from there too.
    assert came_in(user, STRONG, GOOD)
    key = world.make_key(user)
    assert world.ssh(user, [], "true", KEY, [BAD, key]).status == 0
    # abuse_93: what was refused meanwhile is on the disk, and no record.
    assert n_refusals() == 3
    throttled = abuse.events(since, event="address-throttled")
    assert [r["CLOXXS_ADDRESS"] for r in throttled] == ["127.0.0.66"]
    assert throttled[0]["CLOXXS_REFERENCE"] == right.reference()
    assert len(abuse.events(since, event="login-denied")) == LIMIT


def test_who_is_exempt_never_waits(user):
    abuse.make_user(user)
    for n in range(LIMIT + 2):
        assert not came_in(f"ghost{n}", WRONG, FREE)
    assert came_in(user, STRONG, FREE)


def test_a_restart_forgets_who_waits_and_no_lock(user):
    abuse.make_user(user)
    locked = f"{user}l"
    abuse.make_user(locked)
    for _ in range(3):
        assert not came_in(locked, WRONG, BAD)
    for n in range(LIMIT - 3):
        assert not came_in(f"ghost{n}", WRONG, BAD)
    assert not came_in(user, STRONG, BAD)
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert came_in(user, STRONG, BAD)
    assert abuse.show(locked)["locked"]
    assert not came_in(locked, STRONG, GOOD)


def test_abuse_93_counted_refusals_come_into_the_ledger(user):
    """Once the window is over; a kill in between loses none."""
    abuse.make_user(user)
    before = n_refusals()
    since = world.cursor()
    for n in range(LIMIT):
        abuse.login(f"ghost{n}", WRONG, address="203.0.113.9")
    for n in range(20):
        code = abuse.login(user, WRONG, address="203.0.113.9")["reference"]
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert n_refusals() == before + 20
    with abuse.clock_ahead(601):
        world.wait_until(lambda: n_refusals() == 0, 20, "the records")
        told, = abuse.events(since, event="refusals-counted", user=user)
    assert told["CLOXXS_REASON"] == "throttled"
    assert told["CLOXXS_ADDRESS"] == "203.0.113.9"
    assert told["CLOXXS_REFERENCE"] == code
    assert told["CLOXXS_DETAILS"].startswith("n=20 first=")
    assert abuse.show(user)["failures"] == 0
    abuse.integrity()


def test_abuse_73_an_unknown_name_again_and_again(user):
    """He looks like one who is locked, and the store does not grow with him."""
    abuse.configure(LINES + "window = 1d\n")
    abuse.make_user(user)
    for _ in range(3):
        abuse.login(user, WRONG, address="203.0.113.70")
    locked = abuse.login(user, STRONG, address="203.0.113.71")
    tables = "user", "failure", "refusal", "ledger"
    # Without alarms about what was before.
    counts = lambda: [abuse.query(f"SELECT count(*) FROM {table}" + (
        " WHERE event NOT LIKE 'alarm-%'" if table == "ledger" else ""))[0][0]
                      for table in tables]
    before = counts()
    for _ in range(200):
        unknown = abuse.login("who-is-that", WRONG, address="203.0.113.72")
        assert unknown.keys() == locked.keys()
        assert world.REFERENCE.sub("", unknown["message"]) \
            == world.REFERENCE.sub("", locked["message"])
    after = counts()
    grown = dict(zip(tables, (b - a for a, b in zip(before, after))))
    assert grown == {"user": 0, "failure": 0, "refusal": 1,
                     "ledger": LIMIT + 1}


def test_abuse_76_a_storm_of_locks_is_an_alarm(user):
    """One, whoever is behind it; and one command puts it right."""
    names = [f"{user}n{n}" for n in range(7)]
    for name in names:
        abuse.make_user(name)
    since = world.cursor()
    for n, name in enumerate(names):
        for _ in range(3):
            # A guesser with many addresses, of which none has to wait.
            abuse.login(name, WRONG, address=f"198.51.100.{n}")
        assert abuse.show(name)["locked"]
    alarm, = abuse.events(since, event="many-locks")
    assert alarm["PRIORITY"] == "1"
    assert alarm["CLOXXS_DETAILS"].startswith("users=5 window=600s addresses=5")
    assert len(abuse.events(since, event="user-locked")) == 7
    world.cloxxsctl("user", "unlock-all", "--locked-since", "1h", "--reason",
                    "a storm")
    assert not any(abuse.show(name)["locked"] for name in names)


def test_one_password_on_many_users():
    """What a lock does not see: nobody is locked, few are tried."""
    for n in range(30):
        abuse.make_user(f"spray{n}")
    for n in range(30):
        assert abuse.verdict(f"spray{n}", WRONG,
                             address="203.0.113.5") == "deny"
    assert sum(abuse.show(f"spray{n}")["failures"]
               for n in range(30)) == LIMIT
