# SPDX-License-Identifier: GPL-3.0-or-later
"""The notice and the last login, as people see them with a real sshd."""

import pathlib
import shlex
import subprocess

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import KBD, KEY, PASSWORD, STRONG

TEXT = "Confidentiality"
QUESTION = "Type yes to accept:"
ASK = "[notice]\nrequire = ask\n"
STRICT = "[notice]\nrequire = yes\n"
FILES = pathlib.Path("/etc/cloxxs")
MODES = [KBD, PASSWORD, KEY]


@pytest.fixture(autouse=True)
def plain():
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
                         "PasswordAuthentication yes\n")
    abuse.configure()
    yield
    for file in FILES.glob("notice.*.txt"):
        file.unlink()
    abuse.configure()


def configure(text):
    abuse.configure(abuse.CHEAP + text)


def enter(user, mode, command="echo came-in", answers=()):
    """What is typed before the notice comes is the password, but for a key."""
    first = [] if mode == KEY else [STRONG]
    return world.ssh(user, first + list(answers), command, mode,
                     [world.make_key(user)])


def shell(user, mode):
    """A session as people have it: a shell at a terminal."""
    first = [] if mode == KEY else [STRONG]
    argv = world.ssh_argv(user, None, mode, [world.make_key(user)])
    return world.converse(argv, first + ["echo came-in", "exit"],
                          question=world.QUESTION_OR_SHELL)


def output_of(user, command, program="ssh", stdin=None):
    """Of a login by key with nobody at a terminal: stdout alone."""
    argv = world.ssh_argv(user, command, KEY, [world.make_key(user)],
                          program=program)
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30,
                          input=stdin, check=False)
    return done.returncode, done.stdout, done.stderr


def accepted(user):
    return world.cloxxsctl_json("notice", "accepted", "--user", user)


# ---- only shown ------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_promise_S09_shown_at_a_terminal(user, mode):
    world.user_with_password(user)
    seen = shell(user, mode)
    assert seen.status == 0 and "came-in" in seen.text, seen.text
    assert seen.text.count(TEXT) == 1, seen.text
    assert seen.text.index(TEXT) < seen.text.index("came-in")
    assert QUESTION not in seen.text and not accepted(user)


def test_promise_S25_in_dutch(user):
    world.user_with_password(user, more=("--language", "nl"))
    seen = shell(user, KBD)
    assert "Vertrouwelijkheid" in seen.text, seen.text
    assert "Vrije tekst is uw eigen verantwoordelijkheid" in seen.text


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_a_command_writes_nothing_else(user, mode):
    """Twice, so that there is a last login to be told of."""
    world.user_with_password(user)
    written = pathlib.Path("/run/written")
    argv = world.ssh_argv(user, "echo out", mode)
    for _ in range(2):
        seen = world.converse(
            ["/bin/sh", "-c", f"{shlex.join(argv)} >{written}"], [STRONG])
        assert seen.status == 0 and written.read_text() == "out\n", seen.text
        assert TEXT not in seen.text and "Last" not in seen.text, seen.text


def test_programs_are_not_disturbed(user):
    """Twice, so that there is a last login to be told of."""
    world.user_with_password(user)
    copy = pathlib.Path("/run/copied")
    for _ in range(2):
        assert output_of(user, "echo out") == (0, "out\n", "")
        status, out, _ = output_of(user, None, "sftp", "pwd\n")
        assert status == 0 and TEXT not in out and "Last" not in out, out
        argv = world.ssh_argv(user, None, KEY, [world.make_key(user)],
                              program="scp")
        argv[-1:] = [argv[-1] + ":/etc/hostname", str(copy)]
        done = subprocess.run(argv, capture_output=True, text=True,
                              timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "" and copy.read_bytes() == \
            pathlib.Path("/etc/hostname").read_bytes()


def test_nothing_is_shown_within_a_session(user):
    world.user_with_password(user)
    for _ in range(2):
        done = world.run("su", "-s", "/bin/sh", "-c", "echo in", user,
                         check=False)
        assert done.stdout == "in\n", done.stdout


def test_shown_on_the_console(user):
    world.user_with_password(user, services="sshd,login")
    seen = world.converse(
        ["/usr/bin/script", "-q", "-e", "-c", f"login -p {user}", "/dev/null"],
        [STRONG, "exit"], question=world.QUESTION_OR_SHELL)
    assert seen.text.count(TEXT) == 1, seen.text


# ---- to be accepted ----------------------------------------------------------------


def test_promise_S09_accepted_once(user):
    world.user_with_password(user)
    configure(ASK)
    since = world.cursor()
    seen = enter(user, KBD, answers=["yes"])
    assert seen.status == 0 and "came-in" in seen.text, seen.text
    assert TEXT in seen.text and QUESTION in seen.asked[-1]
    [record] = abuse.events(since, event="notice-accepted",
                            user=user)
    assert record["CLOXXS_SERVICE"] == "sshd" and record["CLOXXS_ADDRESS"]
    [one] = accepted(user)
    assert one["in_force"] and one["version"] in record["CLOXXS_DETAILS"]
    # From now on nobody is asked, and nothing shown, in any way.
    for mode in MODES:
        seen = shell(user, mode)
        assert seen.status == 0 and TEXT not in seen.text, seen.text


@pytest.mark.parametrize("word", ["no", "", "yes!"])
def test_declined(user, word):
    world.user_with_password(user)
    configure(ASK)
    seen = enter(user, KBD, answers=[word])
    assert seen.status == 255 and "came-in" not in seen.text, seen.text
    assert not accepted(user)
    assert world.find_key(world.cloxxsctl_json("user", "show", user),
                          "failures") == 0
    explained = world.cloxxsctl_json("explain", seen.reference())
    assert explained["reason"] == "notice-declined"
    assert enter(user, KBD, answers=["ja"]).status == 0


def test_whoever_interrupts_has_not_accepted(user):
    world.user_with_password(user)
    configure(ASK)
    since = world.cursor()
    seen = enter(user, KBD, answers=["\x03"])
    assert "came-in" not in seen.text and seen.status != 0, seen.text
    [record] = abuse.events(since, event="login-denied",
                            user=user)
    assert record["CLOXXS_REASON"] == "abandoned" and not accepted(user)


def test_the_mode_password_cannot_ask(user):
    world.user_with_password(user)
    configure(ASK)
    since = world.cursor()
    seen = enter(user, PASSWORD)
    assert seen.status == 255 and "came-in" not in seen.text, seen.text
    [record] = abuse.events(since, event="login-denied",
                            user=user)
    assert record["CLOXXS_REASON"] == "cannot-ask"
    assert world.find_key(world.cloxxsctl_json("user", "show", user),
                          "failures") == 0


def test_a_key_is_shown_it_and_waits(user):
    world.user_with_password(user)
    configure(ASK)
    seen = shell(user, KEY)
    assert seen.status == 0 and TEXT in seen.text, seen.text
    assert output_of(user, "echo out") == (0, "out\n", "")
    assert not accepted(user)
    assert enter(user, KBD, answers=["yes"]).status == 0
    seen = shell(user, KEY)
    assert seen.status == 0 and TEXT not in seen.text, seen.text


def test_promise_S09_a_key_is_refused_until_then(user):
    world.user_with_password(user)
    configure(STRICT)
    since = world.cursor()
    seen = enter(user, KEY)
    assert seen.status == 255 and "came-in" not in seen.text, seen.text
    [record] = abuse.events(since, event="account-denied",
                            user=user)
    assert record["CLOXXS_REASON"] == "notice-not-accepted"
    assert enter(user, KBD, answers=["yes"]).status == 0
    assert enter(user, KEY).status == 0


def test_behind_a_temporary_password(user):
    temporary = world.user_add(user)
    configure(ASK)
    seen = world.ssh(user, [temporary, STRONG, STRONG, "yes"], "echo came-in")
    assert seen.status == 0 and "came-in" in seen.text, seen.text
    assert len(accepted(user)) == 1


def test_another_text_asks_again(user):
    world.user_with_password(user)
    (FILES / "notice.en.txt").write_text("Keep it to yourself.\n")
    (FILES / "notice.nl.txt").write_text("Houd het voor u.\n")
    configure(ASK + "text = /etc/cloxxs/notice.%l.txt\n")
    seen = enter(user, KBD, answers=["yes"])
    assert seen.status == 0 and "Keep it to yourself." in seen.text
    assert enter(user, KBD).status == 0
    (FILES / "notice.nl.txt").write_text("Houd het echt voor u.\n")
    world.cloxxsd.send(1)
    world.wait_until(lambda: world.cloxxsctl_json("notice", "show")["accepted"]
                     == 0, what="the other text")
    [row] = [row for row in world.cloxxsctl_json(
        "notice", "accepted", "--not-accepted") if row["user"] == user]
    assert row["version"] is None
    assert enter(user, KBD, answers=["yes"]).status == 0
    assert [one["in_force"] for one in accepted(user)].count(True) == 1
    assert len(accepted(user)) == 2


def test_a_text_that_cannot_be_read_is_refused():
    configure(ASK)
    (FILES / "notice.conf").unlink(missing_ok=True)
    file = FILES / "refused.conf"
    file.write_text("[notice]\ntext = /etc/cloxxs/notice.%l.txt\n")
    done = world.cloxxsctl("config", "check", str(file), check=False)
    assert done.returncode != 0
    assert f"{file}:2: /etc/cloxxs/notice.en.txt: is not there" in \
        done.stdout + done.stderr
    file.unlink()


# ---- the last login ----------------------------------------------------------------


def test_last_login(user):
    world.user_with_password(user)
    assert enter(user, KEY).status == 0
    for _ in range(2):
        world.ssh(user, ["dit is het niet geweest"], "true")
    seen = shell(user, KEY)
    lines = [line for line in seen.text.splitlines()
             if "Failed attempts since" in line]
    assert len(lines) == 1, seen.text
    assert lines[0].startswith("Last login: ") and "(sshd)" in lines[0]
    assert lines[0].rstrip().endswith("Failed attempts since: 2"), lines[0]
    configure("[login]\nlast_login = no\n")
    seen = shell(user, KEY)
    assert "Failed attempts" not in seen.text, seen.text
