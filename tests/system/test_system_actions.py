# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done in a login is recorded with where it came from: sudo, su,
passwd, and administration; by real programs, with the kernel's own numbers."""

import json
import pathlib
import re

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG, Typist

FROM = world.HOST
WRONG = "dit is het niet geweest"
NOBODY_LOGS_IN = 2 ** 32 - 1
RULE = pathlib.Path("/etc/sudoers.d/actions")


def as_user(user, command, answers=()):
    return world.ssh(user, [STRONG, *answers], command, tty=True)


@pytest.fixture(autouse=True, scope="module")
def kernel_counts_logins():
    """Nothing of this is known where pam_loginuid(8) begins no login."""
    abuse.configure()
    world.user_with_password("teller")
    seen = as_user("teller", "cat /proc/self/sessionid; echo")
    numbers = [int(one) for one in re.findall(r"^\d+$", seen.text, re.M)]
    if not numbers or numbers[0] in (0, NOBODY_LOGS_IN):
        pytest.skip("the kernel begins no logins here (pam_loginuid)")


@pytest.fixture(name="sudoer")
def make_sudoer(user):
    world.user_with_password(user)
    RULE.write_text(f"{user} ALL=(ALL) ALL\n")
    yield user
    RULE.unlink()


def mark(since, user):
    """Of the session that sshd opened last."""
    opened = abuse.events(since, event="session-opened", service="sshd",
                          user=user)
    return re.search(r"session=([0-9a-f]{12})",
                     opened[-1]["CLOXXS_DETAILS"])[1]


def assert_within(record, since, user, login=""):
    assert record["CLOXXS_ADDRESS"] == FROM
    assert record["CLOXXS_DETAILS"].endswith(
        f"within={mark(since, user)}{login}"), record["CLOXXS_DETAILS"]


def test_sudo(sudoer):
    since = world.cursor()
    seen = as_user(sudoer, "sudo id -u", [STRONG])
    assert "\n0\n" in seen.text, seen.text
    record, = abuse.events(since, event="login-allowed", service="sudo")
    assert_within(record, since, sudoer)
    assert record["CLOXXS_ACTOR"] == sudoer
    # The rules were asked of a service of this host, without an address.
    assert "geofence=skipped" in record["CLOXXS_RULES"]
    closed, = abuse.events(since, event="session-closed", service="sshd")
    assert closed["CLOXXS_DETAILS"] == f"session={mark(since, sudoer)}"


def test_a_wrong_password_in_sudo(sudoer):
    since = world.cursor()
    as_user(sudoer, "sudo id -u", [WRONG])
    record = abuse.events(since, event="login-denied", service="sudo")[0]
    assert_within(record, since, sudoer)


def test_su_names_who_came_in(sudoer):
    other = sudoer + "x"
    world.user_with_password(other)
    since = world.cursor()
    seen = as_user(sudoer, f"sudo su {other} -c 'id -un'", [STRONG])
    assert other in seen.text.splitlines(), seen.text
    record, = abuse.events(since, event="session-opened", service="su")
    assert record["CLOXXS_USER"] == other
    assert record["CLOXXS_ACTOR"] == "root"
    assert_within(record, since, sudoer, f" login={sudoer}")


def test_passwd(user):
    world.user_with_password(user)
    since = world.cursor()
    typist = Typist(STRONG, "een heel ander lang woord", tries=2)
    assert world.ssh(user, typist, "passwd", tty=True).status == 0
    record, = abuse.events(since, event="password-changed")
    assert_within(record, since, user)


def test_root_by_sudo_administers(sudoer):
    since = world.cursor()
    seen = as_user(sudoer, f"sudo cloxxsctl group add g-{sudoer}", [STRONG])
    assert seen.status == 0, seen.text
    record, = abuse.events(since, event="group-added")
    assert record["CLOXXS_ACTOR"] == "root"
    assert_within(record, since, sudoer, f" login={sudoer}")


def test_an_administrator_at_his_shell(user):
    world.user_with_password(user, more=["--role", "administrator"])
    since = world.cursor()
    seen = as_user(user, f"cloxxsctl group add h-{user}")
    assert seen.status == 0, seen.text
    record, = abuse.events(since, event="group-added")
    assert record["CLOXXS_ACTOR"] == user
    assert_within(record, since, user)


def test_root_of_the_host_came_from_nowhere_that_is_known(user):
    since = world.cursor()
    world.cloxxsctl("group", "add", f"i-{user}")
    record, = abuse.events(since, event="group-added")
    assert "CLOXXS_ADDRESS" not in record
    assert "within=" not in record.get("CLOXXS_DETAILS", "")


def test_the_journal_explains():
    world.run("journalctl", "--update-catalog")
    out = world.run("journalctl", "-x", "-q", "--no-pager",
                    "CLOXXS_EVENT=group-added").stdout
    assert "Subject: A group of users was added" in out
    assert "result done, reason by-administrator" in out


def test_every_record_fits_the_schema():
    path, = pathlib.Path("/usr").glob("**/cloxxs/audit-record.schema.json")
    schema = json.loads(path.read_text())
    branches = {one["properties"]["event"]["const"]: one["properties"]
                for one in schema["oneOf"]}
    texts = ("user", "actor", "service", "address", "terminal", "reference",
             "rules", "details", "project", "action", "object")
    rows = abuse.query(f"SELECT event, result, reason, {', '.join(texts)}"
                       " FROM ledger")
    assert len(rows) > 20
    for event, result, reason, *values in rows:
        assert result in schema["properties"]["result"]["enum"]
        assert reason in schema["properties"]["reason"]["enum"]
        for key, value in zip(texts, values):
            if value is None:
                continue
            assert branches[event].get(key) != {"type": "null"}, (event, key)
            assert re.search(schema["properties"][key]["pattern"], value)
