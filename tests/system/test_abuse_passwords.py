# SPDX-License-Identifier: GPL-3.0-or-later
"""Which passwords are taken, and what a temporary one cannot open."""

import contextlib
import os
import pathlib
import random
import unicodedata

import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER, pam
from cloxxs_world import KBD, KEY, PASSWORD, STRONG, Typist

KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


def letters(n, seed=1):
    """n characters that are in no dictionary."""
    return "".join(random.Random(seed + n).choices(
        "abdefghkmnpqrstuvwyz23456789 -", k=n)).strip().ljust(n, "q")


def change(user, old, new):
    """What came of a change: "allow", or the text of the refusal."""
    with abuse.Wire(timeout=60) as wire:
        step = wire.start(user, purpose="change")
        step = wire.answer(old)
        if step["step"] != "new_password":
            return step["verdict"]
        step = wire.answer(new)
        if step["step"] != "new_password" or step["prompt"].startswith(
                "New password:"):
            return step.get("message", step.get("prompt"))
        if "again" not in step["prompt"].lower() \
                and step["prompt"].count("\n"):
            return step["prompt"]
        return wire.answer(new).get("verdict")


# ---- lengths -------------------------------------------------------------------------


def test_abuse_77_lengths(user):
    current = abuse.make_user(user)
    for n, good in ((0, False), (1, False), (7, False), (8, False),
                    (14, False), (15, True), (64, True), (128, True),
                    (511, True), (512, True), (513, True), (1023, True),
                    (1024, True), (1025, False), (4096, False)):
        wanted = letters(n)
        got = change(user, current, wanted)
        assert (got == "allow") == good, (n, got)
        if good:
            current = wanted
        assert abuse.verdict(user, current) == "allow", n


@pytest.mark.parametrize("n", [72, 128, 256, 1024])
def test_abuse_77_every_byte_matters(user, n):
    """No bcrypt's 72, no crypt's 8, nothing is cut anywhere."""
    password = letters(n)
    abuse.make_user(user, password)
    for wrong in (password[:-1], password[:-1] + "X", password + "X"):
        if len(wrong) <= 1024:
            assert abuse.verdict(user, wrong) == "deny"
            assert abuse.verdict(user, password) == "allow"
    assert abuse.verdict(user, password[:8]) == "deny"
    assert abuse.show(user)["failures"] == 1


def test_abuse_77_too_long_is_not_counted(user):
    abuse.make_user(user)
    for n in 1025, 4096, 8192:
        assert abuse.verdict(user, "x" * n) == "deny"
    with abuse.Wire() as wire:
        wire.start(user)
        assert abuse.error_of(wire.answer, "x" * 8193) == \
            "org.varlink.service.InvalidParameter"
    assert abuse.show(user)["failures"] == 0


def test_abuse_77_characters_not_bytes(user):
    """Fifteen are fifteen, whatever they weigh."""
    signs = "🐁🧀🪤🐈🥛🧶🪟🌙🦉🌲🍄🐌🌧🧵🪡"
    assert len(signs) == 15
    current = abuse.make_user(user)
    assert change(user, current, signs[:14]) != "allow"
    assert change(user, current, signs) == "allow"
    assert abuse.verdict(user, signs) == "allow"
    assert abuse.verdict(user, signs[:-1] + "🪢") == "deny"


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_77_through_ssh(user, mode):
    """The whole of a long one goes through ssh, sshd, PAM and the socket."""
    world.sshd.configure("PasswordAuthentication yes\n")
    password = letters(500) + "🧀 "
    abuse.make_user(user, password)
    assert world.ssh(user, [password], "true", mode).status == 0
    for wrong in password[:-1], password[:-2] + "🐁 ":
        assert world.ssh(user, [wrong], "true", mode).status == 255
    assert abuse.show(user)["failures"] == 2
    assert world.ssh(user, [password], "true", mode).status == 0


def test_abuse_77_through_pam(user):
    password = letters(1024)
    abuse.make_user(user, password)
    assert pam(user, f"answer:{password}", "auth").codes == [0]
    for wrong in password + "x", "x" * 5000, "x" * 100000:
        assert pam(user, f"answer:{wrong}", "auth").codes != [0]
    assert abuse.show(user)["failures"] == 0


# ---- forms ---------------------------------------------------------------------------


ACCENTS = "ééé naïve crème brûlée"


def test_abuse_78_composed_and_decomposed(user):
    """How the keyboard composes an accent does not matter."""
    nfc, nfd = (unicodedata.normalize(form, ACCENTS) for form in
                ("NFC", "NFD"))
    assert nfc != nfd
    abuse.make_user(user, nfd)
    for form in nfc, nfd:
        assert world.ssh(user, [form], "true").status == 0
    # Other characters, not other spellings.
    full_width = nfc.replace("c", "\uff43")
    for wrong in full_width, nfc + " ", nfc.replace("é", "e"):
        assert abuse.verdict(user, wrong) == "deny"
        assert abuse.verdict(user, nfc) == "allow"


def test_abuse_78_spaces_around(user):
    password = "  twee ervoor en een erna "
    abuse.make_user(user, password)
    assert abuse.verdict(user, password.strip()) == "deny"
    assert abuse.verdict(user, password) == "allow"
    assert world.ssh(user, [password], "true").status == 0
    assert world.ssh(user, [password.rstrip()], "true").status == 255


@pytest.mark.parametrize("raw", [
    b'"correct horse kwispel zadel\\u0000"', b'"\\u0000"',
    b'"\xff\xfe\xfd"', b'"\\ud83d"', b'"\xed\xa0\x80"'])
def test_abuse_78_no_text(user, raw):
    """Refused as a message: no end is cut off, nothing is counted."""
    abuse.make_user(user)
    with abuse.Wire() as wire:
        wire.start(user)
        wire.send(b'{"method":"nl.cloxxs.Login.Answer","parameters":'
                  b'{"answer":' + raw + b'}}\0')
        try:
            assert "error" in wire.receive()
        except abuse.Closed:
            pass
    assert abuse.show(user)["failures"] == 0


def test_abuse_78_not_utf8_through_pam(user):
    abuse.make_user(user)
    done = pam(user, "answer:" + os.fsdecode(STRONG.encode() + b"\xff"),
               "auth")
    assert done.codes and done.codes != [0], done.text
    assert abuse.show(user)["failures"] == 0


# ---- load ----------------------------------------------------------------------------


@contextlib.contextmanager
def memory_limit(mebibytes):
    """A control group of memory, of whichever hierarchy there is."""
    top = pathlib.Path("/mnt/abuse-memory")
    top.mkdir(exist_ok=True)
    if world.run("mount", "-t", "cgroup", "-o", "memory", "memory", str(top),
                 check=False).returncode == 0:
        limit, killed = "memory.limit_in_bytes", "memory.oom_control"
    elif world.run("mount", "-t", "cgroup2", "cgroup2", str(top),
                   check=False).returncode == 0 \
            and "memory" in (top / "cgroup.subtree_control").read_text():
        limit, killed = "memory.max", "memory.events"
    else:
        world.run("umount", str(top), check=False)
        pytest.skip("no control group of memory here")
    group = top / f"cloxxs-abuse-{os.getpid()}-{random.randrange(10**9)}"
    try:
        group.mkdir()
        (group / limit).write_text(str(mebibytes << 20))
    except OSError as error:
        world.run("umount", str(top), check=False)
        pytest.skip(f"no limit of memory here: {error}")

    def kills():
        rows = dict(line.split() for line in (
            group / killed).read_text().splitlines())
        return int(rows.get("oom_kill", 0))

    try:
        (group / "cgroup.procs").write_text(str(world.cloxxsd.pid()))
        yield kills
    finally:
        world.cloxxsd.stop()
        world.wait_until(lambda: not (group / "cgroup.procs").read_text(),
                         10, "the control group to be empty")
        group.rmdir()
        world.run("umount", str(top), check=False)
        world.cloxxsd.start()


@pytest.fixture
def default_memory():
    """As many hashes at once as the default memory takes, of 64 MiB each."""
    yield lambda: abuse.configure("[workers]\ncount = 64\n")
    abuse.configure()


def test_abuse_80_two_hundred_at_once(user, default_memory):
    """At the default memory: each is answered, nobody is killed, names work."""
    names = [f"{user[:8]}{i}" for i in range(4)]
    for name in names:
        abuse.make_user(name)
    default_memory()
    with memory_limit(512) as kills:
        pid = world.cloxxsd.pid()
        lookups = []

        def login(i):
            if i == 200:
                for _ in range(20):
                    lookups.append(abuse.elapsed(
                        world.run, "getent", "passwd", names[0])[0])
                return None
            name = names[i // 50] if i % 5 == 0 else f"nobody{i}"
            with abuse.Wire(timeout=280) as wire:
                return wire.converse(name, [STRONG])["verdict"]

        answers = abuse.at_once(201, login)[:200]
        assert answers == ["allow" if i % 5 == 0 else "deny"
                           for i in range(200)], set(map(str, answers))
        assert world.cloxxsd.pid() == pid and kills() == 0
        assert max(lookups) < 0.5
        assert abuse.admin("Status")["queued"] == 0


# ---- which ones are refused ---------------------------------------------------------------


def refused_with_reason(name, current, wanted):
    got = change(name, current, wanted)
    assert got != "allow", wanted
    assert got and got.strip() and wanted not in got, (wanted, got)
    assert abuse.verdict(name, current) == "allow"
    assert abuse.show(name)["failures"] == 0


def test_abuse_82_refused_with_a_reason(user):
    name = "henkdevries" + user[1:5]
    current = abuse.make_user(name)
    for wanted in (current, current.upper(), f"{name} en de rest",
                   f"zadel {name[::-1]} kwispel", "mijn Cloxxs wachtwoord",
                   "een sxxolc achterstevoren"):
        refused_with_reason(name, current, wanted)
    assert change(name, current, OTHER) == "allow"


@pytest.mark.parametrize("wanted", [
    "aaaaaaaaaaaaaaaaaaaa", "abababababababababab", "passwordpassword",
    "password1234567", "123456789012345678", "qwertyuiopasdfghjkl",
    "abcdefghijklmnopqrstuvwxyz", "administrator12"])
def test_abuse_82_known_to_guessers(user, wanted):
    refused_with_reason(user, abuse.make_user(user), wanted)


def test_abuse_82_not_the_temporary_one(user):
    temporary = abuse.temporary_user(user)
    step = abuse.login(user, temporary, temporary, temporary, temporary)
    assert step.get("verdict") != "allow"
    assert abuse.show(user)["password"] == "temporary"


def test_abuse_82_without_the_dictionary(user):
    """No new password can be judged, so none is taken; logins go on."""
    current = abuse.make_user(user)
    away = pathlib.Path("/var/cache/cracklib.away")
    words = pathlib.Path("/var/cache/cracklib")
    words.rename(away)
    try:
        world.cloxxsd.restart()
        assert change(user, current, OTHER) != "allow"
        assert abuse.verdict(user, current) == "allow"
    finally:
        away.rename(words)
    assert change(user, current, OTHER) == "allow"


# ---- temporary ones ------------------------------------------------------------------------


def opened(user, since):
    return abuse.events(since, event="session-opened", user=user)


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_83_nothing_before_the_change(user, mode):
    """sftp, a command, a forwarded port: nobody there to choose a new one."""
    world.sshd.configure("PasswordAuthentication yes\n"
                         "LoginGraceTime 20\n")
    temporary = abuse.temporary_user(user)
    since = world.cursor()
    forward = world.ssh_argv(user, mode=mode, options=["SessionType=none"])
    forward[1:1] = ["-W", "127.0.0.1:22"]
    seen = abuse.at_once(3, lambda i: [
        lambda: world.ssh(user, [temporary], "echo came-in", mode),
        lambda: world.ssh(user, [temporary, "ls /"], mode=mode,
                          program="sftp", timeout=10),
        lambda: world.converse(forward, [temporary], timeout=10)][i]())
    for one in seen:
        assert one.status != 0, one.text
        for sign in "came-in", "sftp>", "SSH-2.0":
            assert sign not in one.text, one.text
    assert abuse.show(user)["password"] == "temporary"
    assert not opened(user, since)


def test_abuse_83_sudo(user):
    temporary = abuse.temporary_user(user)
    pathlib.Path("/etc/sudoers.d/abuse").write_text("ALL ALL=(ALL) ALL\n")
    argv = ["setpriv", "--reuid", user, "--regid", user, "--init-groups",
            "sudo", "-k", "echo", "came-in"]
    for answers in [temporary], [temporary, "kort", "kort"]:
        seen = world.converse(argv, answers)
        assert "came-in" not in seen.text and seen.status != 0, seen.text
    assert abuse.show(user)["password"] == "temporary"


def test_abuse_83_only_authenticating(user):
    """A program that knows no account phase and asks one question."""
    temporary = abuse.temporary_user(user)
    done = pam(user, f"answer:{temporary}", "auth")
    assert done.codes != [0], done.text
    done = pam(user, "account")
    assert done.codes == [abuse.PAM_NEW_AUTHTOK_REQD], done.text


def test_abuse_83_expired(user):
    """After its time it opens nothing, not even the choice of a new one."""
    temporary = abuse.temporary_user(user)
    with abuse.clock_ahead(25 * 3600):
        step = abuse.login(user, temporary, STRONG, STRONG)
        assert step["verdict"] == "deny"
        step = abuse.login(user, temporary, STRONG, STRONG, purpose="change")
        assert step["verdict"] == "deny"
    # Nor when the clock is set back, until root says that it was ahead.
    since = world.cursor()
    assert abuse.verdict(user, temporary, STRONG, STRONG) == "deny"
    denied, = abuse.events(since, event="login-denied", user=user)
    assert denied["CLOXXS_REASON"] == "clock-set-back"
    assert abuse.show(user)["password"] == "temporary"
    world.cloxxsctl("clock", "accept", "--reason", "it was ahead")
    assert abuse.verdict(user, temporary, STRONG, STRONG) == "allow"


def test_abuse_83_key_then_passwd(user):
    """sshd runs passwd(1) for who came by a key: that changes our password."""
    world.sshd.configure(KEYS)
    temporary = abuse.temporary_user(user)
    key = world.make_key(user)
    world.ssh(user, Typist(temporary, STRONG, tries=2), None, KEY, [key],
              tty=True)
    assert abuse.show(user)["password"] == "chosen"
    assert abuse.verdict(user, STRONG) == "allow"
    assert abuse.verdict(user, temporary) == "deny"
    seen = world.ssh(user, [], "echo came-in", KEY, [key])
    assert "came-in" in seen.text


def test_abuse_83_reset_ends_the_old_one(user):
    """From the moment of the reset only the temporary one counts."""
    abuse.make_user(user)
    temporary = world.temporary_password("user", "reset-password", user)
    again = world.temporary_password("user", "reset-password", user)
    assert temporary != again
    for old in STRONG, temporary:
        assert abuse.login(user, old, OTHER, OTHER)["verdict"] == "deny"
    assert abuse.verdict(user, again, OTHER, OTHER) == "allow"


def test_abuse_83_temporary_ones_are_random(user):
    abuse.make_user(user)
    made = {world.find_key(abuse.admin("ResetPassword", name=user),
                           "temporary_password") for _ in range(50)}
    assert len(made) == 50
    assert min(map(len, made)) >= 12
    assert len({word[:4] for word in made}) > 40
