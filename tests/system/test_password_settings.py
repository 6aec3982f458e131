# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing a password by [password]: lists, history, ages, trials, verbs."""

import contextlib
import hashlib
import json
import os
import pathlib

import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER
from cloxxs_world import KBD, KEY, STRONG, Typist
from test_abuse_passwords import KEYS

DAY = 86400
LIST = pathlib.Path("/srv/cloxxs/pwned.txt")
STOLEN = "gestolen en gelekt woord"
THIRD = "weer een ander lang woord"


def change(user, old, new):
    """What came of a change: the verdict, or the prompt of the refusal."""
    with abuse.Wire(timeout=60) as wire:
        wire.start(user, purpose="change")
        step = wire.answer(old)
        # Twice, unless the first time is refused already.
        for _ in range(2):
            if step["step"] == "new_password":
                step = wire.answer(new)
            if "\n" in step.get("prompt", ""):
                return step["prompt"]
        return step.get("verdict")


def settings(*lines):
    abuse.configure(abuse.CHEAP + "".join(f"{line}\n" for line in lines))


@pytest.fixture(autouse=True)
def plain():
    abuse.configure()
    yield
    abuse.configure()
    # Some tests run ahead, and the store keeps the latest time it has known.
    world.cloxxsctl("clock", "accept", "--reason", "end of the test",
                    check=False)


def write_list(*passwords, path=LIST):
    """As the downloader of Have I Been Pwned writes it, of some size."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    stolen = list(passwords) + [f"stolen-{i}" for i in range(20000)]
    lines = sorted(f"{hashlib.sha1(p.encode()).hexdigest().upper()}:{i + 1}"
                   for i, p in enumerate(stolen))
    path.write_text("".join(line + "\r\n" for line in lines))
    path.chmod(0o644)


def finding(check):
    done = world.cloxxsctl("doctor", "--all", "--json", check=False)
    return [f for f in json.loads(done.stdout)["findings"]
            if f["check"] == check]


# ---- the list --------------------------------------------------------------------------


def test_abuse_82_breached(user):
    current = abuse.make_user(user)
    write_list(STOLEN)
    settings(f"breached = {LIST}")
    assert "stolen" in change(user, current, STOLEN)
    assert abuse.show(user)["failures"] == 0
    assert {f["severity"] for f in finding("breached")} == {"ok"}
    status = abuse.admin("Status")
    assert status["breached"] == str(LIST)
    assert status["breached_fault"] is None
    assert change(user, current, OTHER) == "allow"


@pytest.mark.parametrize("broken", ["missing", "unreadable", "unsorted",
                                    "writable", "link", "cut"])
def test_abuse_82_breached_list_is_no_use(user, broken):
    """No password can be chosen, and every login goes on."""
    current = abuse.make_user(user)
    write_list(STOLEN)
    settings(f"breached = {LIST}")
    if broken == "missing":
        LIST.unlink()
    elif broken == "unreadable":
        LIST.chmod(0o600)
    elif broken == "unsorted":
        lines = LIST.read_bytes().splitlines(keepends=True)
        LIST.write_bytes(b"".join(lines[::-1]))
    elif broken == "writable":
        LIST.chmod(0o666)
    elif broken == "link":
        LIST.rename(LIST.with_name("elsewhere"))
        LIST.symlink_to("elsewhere")
    else:
        os.truncate(LIST, LIST.stat().st_size - 10)
        with LIST.open("ab") as stream:
            stream.write(b"\n5BAA61E4")
    try:
        assert "looked up" in change(user, current, OTHER)
        assert abuse.verdict(user, current) == "allow"
        assert "error" in {f["severity"] for f in finding("breached")}
        world.cloxxsd.restart()
        assert abuse.verdict(user, current) == "allow"
        # Nor does a temporary one lead past it.
        temporary = world.temporary_password("user", "reset-password", user)
        assert abuse.login(user, temporary, OTHER, OTHER)["step"] != "done"
    finally:
        with contextlib.suppress(FileNotFoundError):
            LIST.unlink()
    write_list(STOLEN)
    assert abuse.verdict(user, temporary, OTHER, OTHER) == "allow"


# ---- what was there before ---------------------------------------------------------------


def test_abuse_82_history(user):
    current = abuse.make_user(user)
    settings("history = 3")
    for new in OTHER, THIRD:
        assert change(user, current, new) == "allow"
        current = new
    for old in STRONG, OTHER:
        assert "yours before" in change(user, current, old)
    world.cloxxsd.restart()
    assert "yours before" in change(user, current, OTHER)
    temporary = world.temporary_password("user", "reset-password", user)
    assert abuse.login(user, temporary, THIRD, THIRD)["step"] != "done"
    # None of them can be read in what stands on the disk.
    stored = abuse.store_copy().read_bytes()
    for secret in STRONG, OTHER, THIRD, "argon2id":
        assert secret.encode() not in stored
    world.cloxxsctl("user", "delete", user, "--yes")
    assert abuse.query("SELECT count(*) FROM former_password") == [(0,)]


# ---- ages ----------------------------------------------------------------------------------


def test_too_old_through_sshd(user):
    """By keyboard a new one is asked at once, by key passwd(1) asks."""
    settings("preset = custom", "max_age = 30d")
    abuse.make_user(user, services=["sshd", "cron"])
    with abuse.clock_ahead(31 * DAY):
        seen = world.ssh(user, [STRONG, OTHER, OTHER], "echo came-in", KBD)
        assert "too old" in seen.text and "came-in" in seen.text, seen.text
        assert abuse.verdict(user, OTHER) == "allow"
        assert abuse.verdict(user, STRONG) == "deny"
    assert not abuse.show(user)["locked"]


def test_too_old_by_key(user):
    settings("preset = custom", "max_age = 30d")
    world.sshd.configure(KEYS)
    abuse.make_user(user)
    key = world.make_key(user)
    seen = world.ssh(user, [], "echo came-in", KEY, [key])
    assert "came-in" in seen.text
    with abuse.clock_ahead(31 * DAY):
        seen = world.ssh(user, [], "echo came-in", KEY, [key])
        assert "came-in" not in seen.text
        world.ssh(user, Typist(STRONG, OTHER, tries=2), None, KEY, [key],
                  tty=True)
        assert abuse.verdict(user, OTHER) == "allow"
        seen = world.ssh(user, [], "echo came-in", KEY, [key])
        assert "came-in" in seen.text


def test_too_old_for_cron(user):
    """Nobody could choose another there."""
    settings("preset = custom", "max_age = 30d")
    abuse.make_user(user, services=["sshd", "login", "cron"])
    with abuse.clock_ahead(31 * DAY):
        for service, code in (("cron", abuse.PAM_SUCCESS),
                              ("login", abuse.PAM_NEW_AUTHTOK_REQD)):
            path = pathlib.Path("/etc/pam.d") / service
            before = path.read_bytes() if path.exists() else None
            abuse.stack(abuse.COMMON, service)
            try:
                done = abuse.pam(user, "account", service=service)
            finally:
                if before is None:
                    path.unlink()
                else:
                    path.write_bytes(before)
            assert done.codes == [code], (service, done.text)


def test_too_young(user):
    current = abuse.make_user(user)
    settings("min_age = 24h")
    since = world.cursor()
    assert change(user, current, OTHER) == "deny"
    denied = abuse.events(since, event="password-change-denied", user=user)
    assert [r["CLOXXS_REASON"] for r in denied] == ["password-too-young"]
    code = denied[0]["CLOXXS_REFERENCE"]
    assert "min_age" in world.cloxxsctl("explain", code).stdout
    with abuse.clock_ahead(25 * 3600):
        assert change(user, current, OTHER) == "allow"
    # Who must change may.
    temporary = world.temporary_password("user", "reset-password", user)
    assert abuse.verdict(user, temporary, THIRD, THIRD) == "allow"


# ---- trial ---------------------------------------------------------------------------------


def test_trial(user):
    current = abuse.make_user(user)
    settings("minlen = 40", "history = 5", "trial = yes",
             "breached = /srv/cloxxs/nowhere")
    since = world.cursor()
    assert change(user, current, OTHER) == "allow"
    told = abuse.events(since, event="password-trial", user=user)
    assert len(told) == 1 and "password=" in told[0]["CLOXXS_DETAILS"]
    assert "shorter than 15" in change(user, OTHER, "kort woord")
    assert "'cloxxs'" in change(user, OTHER, "een cloxxs woord erin")


# ---- cloxxsctl -------------------------------------------------------------------------------


def test_password_check(user):
    abuse.make_user(user)
    write_list(STOLEN)
    settings(f"breached = {LIST}")
    since = world.cursor()

    def check(password, *more):
        done = world.cloxxsctl("password", "check", *more, "--json",
                               stdin=password, check=False)
        reply = json.loads(done.stdout)
        assert done.returncode == {"allow": 0, "deny": 10}[reply["verdict"]]
        return {r["rule"]: r["outcome"] for r in reply["rules"]}

    assert check(OTHER + "\n")["breached"] == "pass"
    assert check(STOLEN)["breached"] == "deny"
    assert check(f"{user} en nog een woord", "--user", user)["name"] == "deny"
    # His own password is not compared with: it could be guessed so.
    rules = check(STRONG + "\n", "--user", user)
    assert rules["present"] == rules["history"] == "skipped"
    assert "deny" not in rules.values()
    done = world.cloxxsctl("password", "check", "--user", "nobody-here",
                           stdin=OTHER, check=False)
    assert done.returncode == 3
    assert abuse.show(user)["failures"] == 0
    assert abuse.events(since) == []
    for odd, status, said in (("", 1, "there is no password"),
                              ("x" * 5000, 2, "longer than 1,024 bytes"),
                              ("a\0b", 2, "a NUL in it")):
        done = world.cloxxsctl("password", "check", stdin=odd, check=False)
        assert done.returncode == status and said in done.stderr, done.stderr


def test_password_check_on_a_terminal(user):
    """It is asked for, and not shown."""
    seen = world.converse(["cloxxsctl", "password", "check"], [OTHER])
    assert "Password:" in seen.text and OTHER not in seen.text
    assert "would be taken" in seen.text and seen.status == 0


def test_password_check_is_for_administrators(user):
    abuse.make_user(user)
    done = world.cloxxsctl("password", "check", stdin=OTHER, user=user,
                           check=False)
    assert done.returncode == 4


@pytest.mark.parametrize("lines", [(), ("preset = bio",),
                                   ("preset = custom", "ucredit = -2",
                                    "dcredit = -2", "ocredit = -1")])
def test_password_generate(user, lines):
    settings(*lines)
    made = [world.cloxxsctl("password", "generate").stdout.strip()
            for _ in range(5)]
    assert len(set(made)) == 5
    for password in made:
        done = world.cloxxsctl("password", "check", stdin=password,
                               check=False)
        assert done.returncode == 0, done.stdout


def test_statement_says_by_which_rules():
    write_list(STOLEN)
    settings("preset = bio", f"breached = {LIST}")
    os.utime(LIST, (0, abuse.time.time() - 10 * DAY))
    done = world.cloxxsctl("statement", "--format", "json", check=False)
    rows = {r["id"]: r for r in json.loads(done.stdout)["promises"]}
    assert rows["S04"]["outcome"] == "kept", rows["S04"]
    assert '"bio": at least 12' in str(rows["S04"]).replace("\\", "")
    assert "10 days" in str(rows["S04"])
