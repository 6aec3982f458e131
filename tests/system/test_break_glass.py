# SPDX-License-Identifier: GPL-3.0-or-later
"""An account for emergencies, over the real sshd, with kill -9 on the way."""

import json

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG
from cloxxs_world import Typist


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


@pytest.fixture
def fire(user):
    answer = json.loads(world.cloxxsctl(
        "break-glass", "prepare", user, "--services", "sshd",
        "--json").stdout)
    return user, answer["password"]


def glass(*arguments, check=True):
    return world.cloxxsctl("break-glass", *arguments, check=check)


def reasons(user):
    return [reason for (reason,) in abuse.query(
        "SELECT reason FROM ledger WHERE user = ? AND event = 'login-denied'"
        " ORDER BY seq", user)]


def test_from_the_envelope_to_the_end(fire):
    user, password = fire
    assert world.ssh(user, Typist(password), "true").status != 0
    assert set(reasons(user)) == {"break-glass-closed"}
    assert abuse.show(user)["failures"] == 0
    glass("open", user, "--reason", "nobody gets in", "--ttl", "1h")
    assert world.ssh(user, Typist(password), "true").status == 0
    assert "open" in glass("list").stdout
    glass("close", user)
    assert world.ssh(user, Typist(password), "true").status != 0
    events = [event for (event,) in abuse.query(
        "SELECT event FROM ledger WHERE user = ? ORDER BY seq", user)]
    assert "break-glass-prepared" in events
    assert "break-glass-opened" in events
    assert events.count("break-glass-used") == 2, events
    assert events[-2:] != events[-1:] and "break-glass-closed" in events


def test_loud_in_the_journal(fire):
    user, password = fire
    glass("open", user, "--reason", "loud", "--ttl", "1h")
    assert abuse.verdict(user, password) == "allow"
    glass("close", user)
    world.wait_until(lambda: abuse.admin("Status")["unpublished"] == 0, 20,
                     "the records to be published")
    found = {}
    for line in world.run("journalctl", "-o", "json",
                          f"CLOXXS_USER={user}").stdout.splitlines():
        record = json.loads(line)
        found[record["CLOXXS_EVENT"]] = int(record["PRIORITY"])
    assert found["break-glass-opened"] == 1
    assert found["break-glass-used"] == 1
    assert found["break-glass-closed"] == 2


def test_abuse_127_kill_does_not_close_or_open(fire):
    user, password = fire
    glass("open", user, "--reason", "x", "--ttl", "1h")
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert abuse.verdict(user, password) == "allow"
    glass("close", user)
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert abuse.verdict(user, password) == "deny"


def test_over_while_down(fire):
    user, password = fire
    glass("open", user, "--reason", "x", "--ttl", "1h")
    with abuse.clock_ahead(3601):
        assert abuse.show(user)["open_until"] is None
        assert abuse.verdict(user, password) == "deny"
    # The clock is back; it stays closed.
    assert abuse.verdict(user, password) == "deny"
    world.cloxxsctl("clock", "accept", "--reason", "it was ahead")


def test_wrong_passwords_lock_an_open_one(fire):
    user, password = fire
    glass("open", user, "--reason", "x", "--ttl", "1h")
    for _ in range(3):
        assert abuse.verdict(user, WRONG) == "deny"
    assert abuse.verdict(user, password) == "deny"
    assert abuse.show(user)["locked"]


def test_from_where(fire):
    """A terminal of ssh is not the console."""
    user, _ = fire
    seen = world.converse(["cloxxsctl", "break-glass", "open", user,
                           "--reason", "x", "--ttl", "1h"], [])
    assert seen.status == 6 and "--remote" in seen.text, seen.text
    seen = world.converse(["cloxxsctl", "break-glass", "open", user,
                           "--reason", "x", "--ttl", "1h", "--remote"], [])
    assert seen.status == 0, seen.text
    (details,) = abuse.query(
        "SELECT details FROM ledger WHERE event = 'break-glass-opened'"
        " AND user = ?", user)[-1]
    assert "remote=yes" in details and "terminal=pts/" in details


@pytest.mark.parametrize("ttl", ["59s", "25h", "2", "2x", "-1h"])
def test_how_long(fire, ttl):
    done = glass("open", fire[0], "--reason", "x", "--ttl", ttl, check=False)
    assert done.returncode == 2, done
    assert abuse.show(fire[0])["open_until"] is None
