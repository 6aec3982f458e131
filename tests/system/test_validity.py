# SPDX-License-Identifier: GPL-3.0-or-later
"""When users are valid, at which hours, and which of their sessions run."""

import contextlib
import json
import pathlib
import subprocess
import time

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import KBD, KEY, STRONG

KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
DAY = 86400


@pytest.fixture(autouse=True)
def plain_sshd():
    world.sshd.configure(KEYS)


def hours_without(now):
    """Hours of the day after tomorrow: neither now nor soon."""
    day = DAYS[(time.localtime(now).tm_wday + 2) % 7]
    return f"{day} 00:00-24:00"


def hours_with(now):
    days = [DAYS[(time.localtime(now).tm_wday + n) % 7] for n in (0, 1)]
    return ", ".join(f"{day} 00:00-24:00" for day in days)


def expect_refused(user, key, reason):
    """By password and by key, and told why."""
    for mode in KBD, KEY:
        behind = world.cursor()
        seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
        assert seen.status == 255 and "came-in" not in seen.text, seen.text
        denied = abuse.events(behind, user=user, event=(
            "account-denied" if mode == KEY else "login-denied"))
        assert denied[-1]["CLOXXS_REASON"] == reason
    code = denied[-1]["CLOXXS_REFERENCE"]
    assert world.cloxxsctl_json("explain", code)["reason"] == reason


def expect_in(user, key):
    for mode in KBD, KEY:
        seen = world.ssh(user, [STRONG], "id -un", mode, [key])
        assert seen.status == 0 and user in seen.text, seen.text


# ---- validity --------------------------------------------------------------------


def test_abuse_10_hours(user):
    world.user_with_password(user)
    key = world.make_key(user)
    world.cloxxsctl("user", "set", user, "--hours", hours_without(time.time()))
    expect_refused(user, key, "outside-hours")
    world.cloxxsctl("user", "set", user, "--hours", hours_with(time.time()))
    expect_in(user, key)
    world.cloxxsctl("user", "set", user, "--hours", "")
    assert world.cloxxsctl_json("user", "show", user)["user"]["hours"] is None


def test_abuse_10_hours_of_a_service(user):
    world.user_with_password(user)
    key = world.make_key(user)
    abuse.configure("[service sshd]\nhours = "
                    f"{hours_without(time.time())}\n")
    try:
        expect_refused(user, key, "outside-service-hours")
    finally:
        abuse.configure()
    expect_in(user, key)


def test_abuse_10_not_before_and_not_after(user):
    world.user_with_password(user)
    key = world.make_key(user)
    world.cloxxsctl("user", "set", user, "--not-before", time.strftime(
        "%Y-%m-%d", time.localtime(time.time() + 2 * DAY)))
    expect_refused(user, key, "not-yet-valid")
    page = world.cloxxsctl("user", "show", user).stdout
    assert "not valid yet" in page and "Valid from" in page, page
    assert f"cloxxsctl user set {user} --not-before never" in page
    world.cloxxsctl("user", "set", user, "--not-before", "never",
                    "--not-after", "2020-01-01T12:00:00Z")
    expect_refused(user, key, "no-longer-valid")
    # The last day is one of his days.
    world.cloxxsctl("user", "set", user, "--not-after",
                    time.strftime("%Y-%m-%d"))
    expect_in(user, key)


def test_refused_with_what_and_where(user):
    world.user_add(user)
    for option, value, said in (
            ("--hours", "mo-fr 20:00", "mo-fr 20:00"),
            ("--hours", "fr-mo 08:00-09:00", "backwards"),
            ("--not-after", "31-01-2027", "is no time such as")):
        done = world.cloxxsctl("user", "set", user, option, value, check=False)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    done = world.cloxxsctl("user", "set", user, "--not-before", "2030-01-02",
                           "--not-after", "2030-01-01", check=False)
    assert done.returncode == 2
    assert "end before it begins" in done.stderr, done.stderr


def test_inactive(user):
    world.user_with_password(user)
    key = world.make_key(user)
    abuse.configure("[account]\ninactive = 90d\n")
    try:
        with abuse.clock_ahead(91 * DAY):
            expect_refused(user, key, "inactive")
            world.cloxxsctl("user", "enable", user)
            expect_in(user, key)
    finally:
        abuse.configure()
        world.cloxxsctl("clock", "accept", "--reason", "end of the test",
                        check=False)


def test_abuse_133_clock_set_back(user):
    """What has ended stays so over a restart, until root says otherwise."""
    world.user_with_password(user)
    key = world.make_key(user)
    end = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                        time.gmtime(time.time() + 10 * DAY))
    world.cloxxsctl("user", "set", user, "--not-after", end)
    with abuse.clock_ahead(11 * DAY):
        expect_refused(user, key, "no-longer-valid")
    expect_refused(user, key, "clock-set-back")
    world.cloxxsctl("clock", "accept", "--reason", "it was ahead")
    expect_in(user, key)
    done = world.cloxxsctl("clock", "accept", "--reason", "x", check=False)
    assert done.returncode == 6, done.stderr


def test_export_and_import(user):
    world.user_add(user)
    world.cloxxsctl("user", "set", user, "--not-after", "2031-05-01T12:00:00Z",
                    "--hours", "mo-fr 07:00-20:00, sa 09:00-12:00")
    file = pathlib.Path("/run/validity.csv")
    lines = world.cloxxsctl("user", "export").stdout.splitlines()
    mine = [line for line in lines if line.startswith(f"{user},")]
    assert "2031-05-01T12:00:00Z" in mine[0]
    file.write_text("\n".join([lines[0], *mine]) + "\n")
    said = json.loads(world.cloxxsctl("user", "import", str(file), "--update",
                                      "--json").stdout)
    assert said["unchanged"] == 1 and said["changed"] == 0, said
    file.write_text(f"name,not_after,hours\n{user},never,always\n")
    world.cloxxsctl("user", "import", str(file), "--update")
    after = world.cloxxsctl_json("user", "show", user)["user"]
    assert after["not_after"] is None and after["hours"] is None


# ---- sessions --------------------------------------------------------------------


def sessions(user):
    return world.cloxxsctl_json("session", "list", "--user", user)


@contextlib.contextmanager
def logged_in(user, key, command="echo here; exec sleep 1000"):
    """A session by key that stays until it is ended."""
    child = subprocess.Popen(
        world.ssh_argv(user, command, KEY, [key]), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    try:
        while "here" not in (line := child.stdout.readline()):
            assert line, "the session ended at once"
        yield child
    finally:
        child.kill()
        child.wait()


def processes(user):
    return world.run("ps", "-u", user, "-o", "args=", check=False).stdout


def test_session_is_listed_and_ended(user):
    world.user_with_password(user)
    key = world.make_key(user)
    with logged_in(user, key) as first, logged_in(user, key) as second:
        listed = world.wait_until(
            lambda: len(sessions(user)) == 2 and sessions(user))
        assert {one["service"] for one in listed} == {"sshd"}
        assert {one["address"] for one in listed} == {world.HOST}
        table = world.cloxxsctl("session", "list").stdout
        assert listed[0]["session"][:12] in table and user in table, table
        behind = world.cursor()
        world.cloxxsctl("session", "end", listed[0]["session"][:12],
                        "--reason", "left open")
        world.wait_until(lambda: (first.poll() is None) != (
            second.poll() is None), what="one of the two to end")
        assert [one["session"] for one in sessions(user)] == [
            listed[1]["session"]]
        ended = abuse.events(behind, event="session-ended")
        assert ended[-1]["CLOXXS_ACTOR"] == "root"
        assert "left open" in ended[-1]["CLOXXS_DETAILS"]
        closed = abuse.events(behind, event="session-closed")
        assert closed[-1]["CLOXXS_USER"] == user
        # Named by what has gone.
        done = world.cloxxsctl("session", "end", listed[0]["session"],
                               check=False)
        assert done.returncode == 3, done.stderr


@pytest.mark.parametrize("verb", ["lock", "disable", "delete"])
def test_end_sessions(user, verb):
    """Whatever he runs, and though it does not heed."""
    world.user_with_password(user)
    key = world.make_key(user)
    stubborn = ("trap '' HUP TERM; setsid -f sh -c "
                "'trap \"\" HUP TERM; sleep 1000 & wait'; echo here; "
                "sleep 1000")
    options = {"lock": ["--reason", "left"], "disable": [],
               "delete": ["--yes"]}[verb]
    with logged_in(user, key, stubborn) as session:
        # Without the option they go on.
        if verb != "delete":
            world.cloxxsctl("user", verb, user, *options)
            assert session.poll() is None and "sleep" in processes(user)
            world.cloxxsctl("user", "unlock" if verb == "lock" else "enable",
                            user, *options)
        uid = world.cloxxsctl_json("user", "show", user)["user"]["uid"]
        behind = world.cursor()
        world.cloxxsctl("user", verb, user, *options, "--end-sessions")
        session.wait(10)
        assert not processes(str(uid))
        assert abuse.events(behind, event="session-ended")
    if verb != "delete":
        assert sessions(user) == []


def test_not_root_is_told(user):
    """An administrator lists them, and is told that root ends them."""
    world.user_with_password(user, more=("--role", "administrator"))
    key = world.make_key(user)
    other = f"{user}b"
    world.user_with_password(other)
    with logged_in(other, world.make_key(other)) as session:
        listed = sessions(other)
        for command in (f"session end {listed[0]['session']}",
                        f"session end --user {other}",
                        f"user lock {other} --reason x --end-sessions",
                        f"user delete {other} --yes --end-sessions"):
            seen = world.ssh(user, [], f"cloxxsctl {command}; echo =$?", KEY,
                             [key])
            assert "only root" in seen.text, seen.text
            assert "=4" in seen.text.split(), seen.text
        seen = world.ssh(user, [], "cloxxsctl session list", KEY, [key])
        assert other in seen.text, seen.text
        assert session.poll() is None
        shown = world.cloxxsctl_json("user", "show", other)["user"]
        assert shown["locked"] is False


def test_abuse_127_killed_sshd(user):
    """A session that ended without a word is not listed."""
    world.user_with_password(user)
    key = world.make_key(user)
    with logged_in(user, key):
        [session] = sessions(user)
        world.run("kill", "-KILL", str(session["pid"]))
        world.wait_until(lambda: sessions(user) == [],
                         what="the session to go")
    world.cloxxsd.restart()
    assert sessions(user) == []


def test_restart_keeps_sessions(user):
    world.user_with_password(user)
    with logged_in(user, world.make_key(user)):
        [session] = sessions(user)
        world.cloxxsd.restart()
        assert [one["session"] for one in sessions(user)] == [
            session["session"]]
