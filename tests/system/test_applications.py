# SPDX-License-Identifier: GPL-3.0-or-later
"""An application that runs as an account of its own, by the installed library
and by bare Varlink: its users' logins, sessions and records, and nobody else's.
"""

import json
import os
import pathlib
import pwd
import signal
import subprocess
import threading

import pytest

import abuse
import cloxxs_world as world
from abuse import DENIED, OTHER, WRONG, error_of
from cloxxs_world import STRONG, cloxxsctl

ACCOUNT = "www-data"
UID = pwd.getpwnam(ACCOUNT).pw_uid
CLIENT, PROXY = "192.0.2.7", "127.0.0.1"
VPN = "10.9.0.5"
SERVICES = f"""[service accounts]
account = {ACCOUNT}
proxies = {PROXY}
"""


@pytest.fixture(autouse=True)
def configured():
    abuse.configure(abuse.CHEAP + SERVICES)
    yield
    abuse.configure()


def program():
    return abuse.built("application", abuse.SYSTEM / "application.c",
                       "-lcloxxs")


class Said:
    """What the program said, by the first word of each line."""

    def __init__(self, done):
        self.text, self.status = done.stdout + done.stderr, done.returncode
        self.lines = {}
        for line in done.stdout.splitlines():
            word, _, rest = line.partition(" ")
            self.lines.setdefault(word, []).append(rest)

    def __getitem__(self, word):
        return self.lines.get(word, [""])[-1]


def application(*arguments, uid=UID, **environment):
    """A real process of that uid."""
    return Said(subprocess.run(
        [program(), *map(str, arguments)], user=uid, group=uid, extra_groups=[],
        env={"PATH": os.environ["PATH"], **environment}, text=True,
        capture_output=True, timeout=120, check=False))


def member(name, *services):
    """A user with a password of his own."""
    services = list(services) or ["accounts"]
    temporary = abuse.temporary_user(name, services=services)
    assert abuse.verdict(name, temporary, STRONG, STRONG, service=services[0],
                         address=CLIENT) == "allow"
    return name


def log_in(user, address=CLIENT):
    """A session, by its id."""
    said = application("login", user, address, STRONG)
    assert said.status == 0 and said["id"], said.text
    return said["id"]


def goes_on(user, session, *address):
    return application("check", user, session, *address).status == 0


# ---- logins ----------------------------------------------------------------------


def test_a_temporary_password_is_changed(user):
    temporary = abuse.temporary_user(user, services=["accounts"])
    since = world.cursor()
    said = application("login", user, CLIENT, temporary, STRONG, STRONG)
    assert said.status == 0, said.text
    assert [step.split()[0] for step in said.lines["step"]] == \
        ["1", "2", "2"], said.text
    assert abuse.show(user)["password"] == "chosen"
    record, = abuse.events(since, user=user, event="login-allowed")
    assert record["CLOXXS_SERVICE"] == "accounts"
    assert record["CLOXXS_ADDRESS"] == CLIENT
    record, = abuse.events(since, user=user, event="session-opened")
    assert record["CLOXXS_ADDRESS"] == CLIENT


def test_passwords_that_are_right_and_wrong(user):
    member(user)
    said = application("login", user, CLIENT, WRONG)
    assert said.status == 1 and said["login"].startswith("ok deny "), said.text
    assert abuse.show(user)["failures"] == 1
    reference = said["login"].split()[2]
    assert "wrong-password" in cloxxsctl("explain", reference,
                                         check=False).stdout
    assert goes_on(user, log_in(user))
    assert abuse.show(user)["failures"] == 0


def test_a_change_of_his_own(user):
    member(user)
    said = application("change", user, CLIENT, STRONG, OTHER, OTHER)
    assert said.status == 0, said.text
    assert application("login", user, CLIENT, STRONG).status == 1
    assert application("login", user, CLIENT, OTHER).status == 0


def test_the_notice_is_asked_for_and_accepted(user):
    member(user)
    abuse.configure(abuse.CHEAP + SERVICES + "[notice]\nrequire = yes\n")
    said = application("login", user, CLIENT, STRONG, "no")
    assert said.status == 1, said.text
    said = application("login", user, CLIENT, STRONG, "yes")
    assert said.status == 0 and "Confidentiality" in said.text, said.text
    accepted, = world.cloxxsctl_json("notice", "accepted", "--user", user)
    assert accepted["service"] == "accounts"
    assert accepted["address"] == CLIENT
    said = application("login", user, CLIENT, STRONG)
    assert said.status == 0 and "Confidentiality" not in said.text, said.text
    assert "Last login:" in said.text


def test_three_wrong_ones_lock(user):
    member(user)
    for _ in range(3):
        assert application("login", user, CLIENT, WRONG).status == 1
    assert abuse.show(user)["locked"]
    assert application("login", user, CLIENT, STRONG).status == 1


def test_abuse_42_only_its_own_service_and_users(user):
    member(user, "sshd")
    since = world.cursor()
    for service in "sshd", "sudo", "others":
        said = application("login", user, PROXY, STRONG, SERVICE=service)
        assert said.status == 1 and said["login"].startswith("refused"), \
            said.text
    said = application("login", user, CLIENT, STRONG)
    assert said.status == 1 and said["login"].startswith("ok deny"), said.text
    record, = abuse.events(since, event="call-refused")
    assert record["CLOXXS_ACTOR"] == f"uid:{UID}"
    assert record["CLOXXS_SERVICE"] == "accounts"
    assert abuse.show(user)["failures"] == 0
    # Nobody else speaks for its service.
    cloxxsctl("user", "set", user, "--services", "accounts")
    said = application("login", user, CLIENT, STRONG, uid=abuse.STRANGER)
    assert said["login"].startswith("refused"), said.text


def test_abuse_42_no_session_without_a_login(user):
    member(user)
    said = application("session", user, CLIENT)
    assert said.status == 1, said.text
    reference = said["session"].split()[2]
    assert "not-logged-in" in cloxxsctl("explain", reference,
                                        check=False).stdout


def test_abuse_42_where_its_users_come_from(user):
    """Not from this host because it says so, nor from nowhere."""
    member(user)
    for address in PROXY, "::ffff:127.0.0.1", "client.example":
        said = application("login", user, address, STRONG)
        assert said.status == 1, said.text
        reference = said["login"].split()[2]
        assert "origin-unknown" in cloxxsctl("explain", reference,
                                             check=False).stdout
    abuse.configure(abuse.CHEAP + SERVICES.replace(PROXY, "none"))
    assert application("login", user, CLIENT, STRONG).status == 1


# ---- sessions --------------------------------------------------------------------


def end_one(user, session):
    cloxxsctl("session", "end", session)


def end_all(user, session):
    cloxxsctl("session", "end", "--user", user)


def lock(user, session):
    cloxxsctl("user", "lock", user, "--reason", "test", "--end-sessions")


def disable(user, session):
    cloxxsctl("user", "disable", user)


def delete(user, session):
    cloxxsctl("user", "delete", user, "--yes")


def expire(user, session):
    cloxxsctl("user", "set", user, "--not-after", "2020-01-01")


@pytest.mark.parametrize("end", [end_one, end_all, lock, disable, delete, expire])
def test_abuse_89_ended_at_the_next_check(user, end):
    member(user)
    session = log_in(user)
    listed = [one for one in world.cloxxsctl_json("session", "list")
              if one["user"] == user]
    assert [(one["session"], one["service"], one["address"])
            for one in listed] == [(session, "accounts", CLIENT)]
    assert goes_on(user, session)
    end(user, session)
    assert not goes_on(user, session)
    assert end == expire or \
        session not in cloxxsctl("session", "list", "--json").stdout


def test_a_session_outlives_the_daemon_and_a_lock(user):
    member(user)
    session = log_in(user)
    world.cloxxsd.kill()
    assert application("check", user, session)["check"].startswith(
        ("timeout", "unreachable"))
    world.cloxxsd.start()
    assert goes_on(user, session)
    cloxxsctl("user", "lock", user, "--reason", "test")
    assert goes_on(user, session)
    assert application("close", user, session).status == 0
    assert not goes_on(user, session)


# ---- the account -----------------------------------------------------------------


def reload():
    since = world.cursor()
    world.cloxxsd.send(signal.SIGHUP)
    world.wait_until(lambda: abuse.events(since, event="configuration-loaded"),
                     30, "the reload")


def test_an_account_that_is_not_there(user):
    member(user)
    abuse.configure(abuse.CHEAP + SERVICES.replace(ACCOUNT, "later-on"))
    assert "later-on does not stand in /etc/passwd" in \
        cloxxsctl("status", check=False).stdout
    doctor = json.loads(cloxxsctl("doctor", "--json", check=False).stdout)
    assert "later-on does not stand in /etc/passwd" in json.dumps(doctor)
    said = application("login", user, CLIENT, STRONG)
    assert said["login"].startswith("refused"), said.text
    passwd = pathlib.Path("/etc/passwd")
    before = passwd.read_text(encoding="utf-8")
    try:
        passwd.write_text(f"{before}later-on:x:987:987::/:/usr/sbin/nologin\n",
                          encoding="utf-8")
        said = application("login", user, CLIENT, STRONG, uid=987)
        assert said["login"].startswith("refused"), said.text
        reload()
        said = application("login", user, CLIENT, STRONG, uid=987)
        assert said.status == 0, said.text
        assert "later-on does not" not in cloxxsctl("status").stdout
    finally:
        passwd.write_text(before, encoding="utf-8")


# ---- administration ---------------------------------------------------------------


@pytest.fixture
def administrators():
    """Last in order, so that it stands above the world's own."""
    dropin = pathlib.Path("/etc/cloxxs/cloxxsd.conf.d/90-administrators.conf")
    dropin.write_text("[administrators]\nnetworks = 10.9.0.0/24, 127.0.0.0/8\n")
    world.cloxxsd.restart()
    yield
    dropin.unlink()


def test_it_acts_for_an_administrator(user, administrators):
    boss, other = user + "b", user + "o"
    member(boss)
    member(other)
    cloxxsctl("user", "set", boss, "--role", "administrator")
    session = log_in(boss, VPN)
    with abuse.Wire(UID) as wire:
        def call(method, **parameters):
            return wire.call(abuse.ADMIN + method, parameters)

        assert error_of(call, "Status") == DENIED
        assert call("ActFor", session=session, address=VPN)["user"] == boss
        since = world.cursor()
        call("LockUser", name=other, reason="asked for")
        record, = abuse.events(since, event="user-locked")
        assert record["CLOXXS_USER"] == other
        assert record["CLOXXS_ACTOR"] == boss
        assert record["CLOXXS_SERVICE"] == "accounts"
        assert record["CLOXXS_ADDRESS"] == VPN
        assert error_of(
            call, "EndSession",
            user=other) == "nl.cloxxs.Admin.RootOnly"
        assert error_of(call, "ActFor", session=session,
                        address=CLIENT) == DENIED
        call("ActFor", session=session)
        assert call("Status")["users"] > 0
        cloxxsctl("session", "end", session)
        assert error_of(call, "Status") == DENIED
    mine = log_in(member(user + "m"), VPN)
    with abuse.Wire(UID) as wire:
        assert error_of(wire.call, abuse.ADMIN + "ActFor",
                        {"session": mine}) == DENIED


# ---- where clients are -------------------------------------------------------------


def test_abuse_61_round_the_proxies():
    since = world.cursor()
    with abuse.Wire(UID) as wire:
        def address(peer, forwarded=None):
            return wire.call("nl.cloxxs.Access.ClientAddress",
                             {"peer": peer, "forwarded": forwarded})["address"]

        assert address(PROXY, f"10.0.0.1, {CLIENT}") == CLIENT
        assert error_of(address, CLIENT, PROXY) == \
            "nl.cloxxs.Access.NotThroughProxy"
        assert error_of(address, PROXY, f"{CLIENT}, unknown") == \
            "nl.cloxxs.Access.NotThroughProxy"
    record, = abuse.events(since, event="call-refused")
    assert CLIENT in record["CLOXXS_DETAILS"]


# ---- records -----------------------------------------------------------------------


def test_an_action_is_in_the_journal(user):
    member(user)
    since = world.cursor()
    said = application("record", 1, user, CLIENT, "budget.write")
    assert said["recorded"], said.text
    record, = abuse.events(since, event="action")
    assert record["CLOXXS_SEQ"] == said["recorded"].split()[0]
    assert {key: record["CLOXXS_" + key] for key in (
        "USER", "ACTOR", "SERVICE", "ADDRESS", "PROJECT", "ACTION", "OBJECT",
        "RESULT", "DETAILS")} == {
            "USER": user, "ACTOR": user, "SERVICE": "accounts",
            "ADDRESS": CLIENT, "PROJECT": "budget-2027",
            "ACTION": "budget.write", "OBJECT": "line 0", "RESULT": "done",
            "DETAILS": 'by="library"'}
    assert record["MESSAGE_ID"] == "ba7e251946204c4fb8eb84168fa828a6"
    said = application("record", 1, "nobody-of-ours", CLIENT, "budget.write")
    assert said["error"] == "refused 0", said.text


def test_none_is_lost_that_was_acknowledged(user):
    """The daemon is killed while it records, and comes back."""
    member(user)
    n = 400
    running = subprocess.Popen(
        [program(), "record", str(n), user, CLIENT, "budget.write"],
        user=UID, group=UID, extra_groups=[], stdout=subprocess.PIPE, text=True)
    lines, seen = [], threading.Event()

    def read():
        for line in running.stdout:
            lines.append(line.split())
            if len(lines) == 20:
                seen.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert seen.wait(60)
    world.cloxxsd.kill()
    world.cloxxsd.start()
    reader.join(120)
    assert running.wait(60) == 0
    assert len(lines) == n, lines[-5:]
    told = {int(line[1]): line[2] for line in lines if line[0] == "recorded"}
    rows = dict(abuse.query(
        "SELECT seq, object FROM ledger WHERE event = 'action' AND user = ?",
        user))
    assert told and all(rows[seq] == f"line {i}" for seq, i in told.items())
    # What was not acknowledged was told of as an error.
    errors = [line for line in lines if line[0] == "error"]
    assert len(told) + len(errors) == n
    assert set(line[1] for line in errors) <= {"unreachable", "timeout"}
    assert len(rows) - len(told) <= 1, "more than what was on its way"
    assert application("record", 1, user, CLIENT, "budget.write")["recorded"]
    abuse.integrity()
