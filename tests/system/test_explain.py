# SPDX-License-Identifier: GPL-3.0-or-later
"""What is explained is what the installed daemon then does; and a test of a
login leaves nothing of one."""

import datetime
import json

import pytest

import abuse
import cloxxs_world as world
from abuse import WRONG
from cloxxs_world import KEY, STRONG

ADDRESS = "192.0.2.7"
SERVICES = ["sshd", "sudo", "dovecot"]
NOBODY = 65534
STATES = ["open", "temporary", "disabled", "locked", "nowhere", "unknown"]


@pytest.fixture(scope="module", autouse=True)
def cheap():
    # All is refused to one address, which would soon have to wait.
    abuse.configure(f"{abuse.CHEAP}[throttle]\nfailures = off\n")
    world.sshd.configure(
        "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")


@pytest.fixture(scope="module")
def users():
    """One of each state; his name, and the password that he types."""
    made = {}
    for state in STATES:
        name = f"ex-{state}"
        made[state] = (name, STRONG)
        if state == "temporary":
            made[state] = (name, abuse.temporary_user(
                name, services=SERVICES[:2]))
        elif state != "unknown":
            abuse.make_user(name, services=SERVICES[:2])
    abuse.admin("DisableUser", name="ex-disabled")
    abuse.admin("LockUser", name="ex-locked", reason="test")
    abuse.admin("SetUser", name="ex-nowhere", services=[])
    return made


def explain(user, service="sshd", *more):
    """The decisions of a login and of the account phase."""
    done = world.cloxxsctl("explain", "--user", user, "--service", service,
                           "--from", ADDRESS, "--json", *more, check=False)
    answer = json.loads(done.stdout)
    denied = answer["login"]["verdict"] == "deny"
    assert done.returncode == (10 if denied else 0), done
    return answer["login"], answer["account"]


def rules(decision):
    """As records have them."""
    return " ".join(f"{rule['rule']}={rule['outcome']}"
                    for rule in decision["rules"])


def try_login(user, *answers, caller=None):
    return world.cloxxsctl("login", "test", user, "--stdin",
                           "--from", ADDRESS,
                           stdin="".join(a + "\n" for a in answers),
                           check=False, user=caller)


def kept(user):
    """All that a login could change of a user."""
    return abuse.query("SELECT * FROM user WHERE name = ?", user)


# ---- explain --------------------------------------------------------------------


@pytest.mark.parametrize("state,reason,advice", [
    ("open", "password-verified", None),
    ("temporary", "must-change", "choose a new password"),
    ("disabled", "disabled", "cloxxsctl user enable ex-disabled"),
    ("locked", "locked", "cloxxsctl user unlock ex-locked"),
    ("nowhere", "service-not-allowed", "cloxxsctl user set ex-nowhere"),
    ("unknown", "unknown-user", "cloxxsctl user add ex-unknown"),
])
def test_each_reason_is_told(users, state, reason, advice):
    name, _ = users[state]
    login, account = explain(name)
    assert login["reason"] == reason
    assert login["advice"] is None if advice is None \
        else advice in login["advice"]
    told = world.cloxxsctl("explain", "--user", name, "--service", "sshd",
                           "--from", ADDRESS, check=False).stdout
    assert ("decided" in told) == (login["verdict"] == "deny")
    assert "By password" in told and "By a key" in told
    for rule in login["rules"]:
        assert rule["text"] in told
    # Who is let in without a password fails by nothing else than one.
    if login["verdict"] == "deny":
        assert account["reason"] == reason


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("state", STATES)
def test_it_is_what_a_login_decides(users, state, service):
    name, password = users[state]
    login, account = explain(name, service)
    since = world.cursor()
    with abuse.Wire() as wire:
        step = wire.start(name, service, address=ADDRESS)
        step = wire.answer(password)
    if login["verdict"] == "change":
        # It goes on with the choice; hanging up ends it.
        assert step["step"] == "new_password"
    else:
        assert step["verdict"] == login["verdict"]
        record, = abuse.events(since, user=name)
        assert record["CLOXXS_RULES"] == rules(login)
        assert record["CLOXXS_REASON"] == login["reason"]
    since = world.cursor()
    with abuse.Wire() as wire:
        verdict = wire.call(abuse.LOGIN + "Account", {
            "user": name, "service": service, "address": ADDRESS,
            "method": "publickey"})["verdict"]
    assert verdict == account["verdict"]
    record, = abuse.events(since, user=name)
    assert record["CLOXXS_RULES"] == rules(account)


@pytest.mark.parametrize("state", ["open", "disabled", "locked", "nowhere"])
def test_sshd_does_what_was_explained(users, state):
    name, password = users[state]
    login, account = explain(name, "sshd", "--terminal", "ssh")
    seen = world.ssh(name, [password], "true")
    assert (seen.status == 0) == (login["verdict"] == "allow"), seen.text
    seen = world.ssh(name, [], "true", KEY, [world.make_key(name)])
    assert (seen.status == 0) == (account["verdict"] == "allow"), seen.text


def test_tomorrow_is_another_day(users):
    name, _ = users["temporary"]
    now = datetime.datetime.now(datetime.timezone.utc)
    later = (now + datetime.timedelta(days=2)).isoformat(timespec="seconds")
    assert explain(name)[0]["verdict"] == "change"
    login, account = explain(name, "sshd", "--at", later)
    assert login["reason"] == "temporary-password-expired"
    assert account["reason"] == "temporary-password-expired"
    assert explain(name)[0]["verdict"] == "change"


def test_the_name_of_another(users):
    name, _ = users["open"]
    assert explain(name, "sshd", "--system-uid",
                   "1000")[0]["reason"] == "name-collision"


def test_it_leaves_nothing(users):
    before = abuse.query("SELECT max(seq) FROM ledger"), kept("ex-open")
    for name, _ in users.values():
        explain(name)
    assert (abuse.query("SELECT max(seq) FROM ledger"),
            kept("ex-open")) == before


def test_nobody_else_learns_of_it(users):
    uid = abuse.show("ex-open")["uid"]
    for user in uid, NOBODY:
        done = world.cloxxsctl("explain", "--user", "ex-locked", "--service",
                               "sshd", user=user, check=False)
        assert done.returncode == 4 and done.stdout == "", done


# ---- login test -------------------------------------------------------------------


def test_right_and_wrong(user):
    abuse.make_user(user)
    assert abuse.verdict(user, WRONG) == "deny"
    before, since = kept(user), world.cursor()
    done = try_login(user, STRONG)
    assert done.returncode == 0, done
    assert "password-verified" not in done.stderr
    assert STRONG not in done.stdout + done.stderr
    record, = abuse.events(since, user=user)
    assert record["CLOXXS_EVENT"] == "login-tested"
    assert record["CLOXXS_ACTOR"] == "root"
    assert record["CLOXXS_RESULT"] == "allowed"
    assert record["CLOXXS_ADDRESS"] == ADDRESS
    since = world.cursor()
    done = try_login(user, WRONG)
    assert done.returncode == 10, done
    assert "wrong-password" in done.stdout
    assert "Access denied. Reference" in done.stdout
    record, = abuse.events(since, user=user)
    assert record["CLOXXS_EVENT"] == "login-tested"
    assert record["CLOXXS_RESULT"] == "denied"
    assert record["CLOXXS_REASON"] == "wrong-password"
    # The code of the refusal is explained as any other.
    assert "login-tested" in world.cloxxsctl(
        "explain", record["CLOXXS_REFERENCE"]).stdout
    assert kept(user) == before
    assert abuse.show(user)["failures"] == 1


def test_abuse_68_it_is_no_way_to_guess(user):
    abuse.make_user(user)
    before = kept(user)
    for _ in range(3):
        assert "wrong-password" in try_login(user, WRONG).stdout
    for _ in range(2):
        done = try_login(user, STRONG)
        assert done.returncode == 10 and "tests-spent" in done.stdout, done
        world.cloxxsd.restart()
    assert kept(user) == before
    # The user knows of nothing, and his login is the end of it.
    assert world.ssh(user, [STRONG], "true").status == 0
    assert try_login(user, STRONG).returncode == 0


def test_locked(user):
    abuse.make_user(user)
    abuse.admin("LockUser", name=user, reason="test")
    before = kept(user)
    done = try_login(user, STRONG)
    assert done.returncode == 10 and "locked" in done.stdout
    assert kept(user) == before


def test_temporary(user):
    temporary = abuse.temporary_user(user)
    before = kept(user)
    done = try_login(user, temporary)
    assert done.returncode == 0 and "must change" in done.stdout, done
    assert kept(user) == before


def test_not_for_others(user):
    abuse.make_user(user, role="administrator")
    uid = abuse.show(user)["uid"]
    for caller in uid, NOBODY:
        done = try_login(user, STRONG, caller=caller)
        assert done.returncode == 4, done
    assert try_login(user, STRONG).returncode == 0
