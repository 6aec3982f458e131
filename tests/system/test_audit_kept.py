# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl audit hold and erase, with a real daemon and a real journald."""

import json
import subprocess

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG, cloxxsctl


def audit(*arguments, status=0):
    done = cloxxsctl("audit", *arguments, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done


def ledger(*arguments):
    done = audit("search", "--ledger", *arguments, "--format", "json")
    return [json.loads(line) for line in done.stdout.splitlines()]


def leave_records(user):
    abuse.make_user(user)
    assert abuse.verdict(user, "wrong", address="192.0.2.7") == "deny"
    assert abuse.verdict(user, STRONG, address="192.0.2.7") == "allow"


def uid_of(user):
    return world.cloxxsctl_json("user", "show", user)["user"]["uid"]


def test_holds_are_made_listed_and_released(user):
    said = audit("hold", "add", "--user", user, "--class", "logins",
                 "--since", "2026-01-01", "--until", "2026-12-31",
                 "--reason", "case 12").stdout
    number = said.split()[1].rstrip(":")
    assert said == f"Hold {number}: made.\n"
    shown = audit("hold", "list").stdout
    assert user in shown and "case 12" in shown and "logins" in shown
    one, = [hold for hold in json.loads(audit("hold", "list", "--json").stdout)
            if hold["id"] == int(number)]
    assert (one["user"], one["class"], one["actor"]) == (user, "logins", "root")
    assert audit("hold", "release", number, "--reason",
                 "closed").stdout == f"Hold {number}: released.\n"
    assert user not in audit("hold", "list").stdout
    assert [entry["event"] for entry in ledger("--user", user)][-2:] == [
        "audit-held", "audit-released"]


def test_what_cannot_be_held_is_refused():
    for arguments, status, said in (
            (["hold", "add", "--user", "A B", "--reason", "x"], 2, "user"),
            (["hold", "add", "--class", "all", "--reason", "x"], 2, "--class"),
            (["hold", "add", "--user", "anna"], 2, "--reason"),
            (["hold", "add", "--since", "2026-02-01", "--until", "2026-01-01",
              "--reason", "x"], 2, ""),
            (["hold", "release", "4711", "--reason", "x"], 3,
             "there is no such hold"),
            (["hold", "release", "one", "--reason", "x"], 2, "number")):
        before = len(ledger("--event", "audit-held"))
        assert said in audit(*arguments, status=status).stderr
        assert len(ledger("--event", "audit-held")) == before


def test_abuse_100_who_is_erased_is_a_pseudonym(user):
    leave_records(user)
    uid = uid_of(user)
    done = audit("erase", user, "--yes", "--reason", "asked for", status=6)
    assert "delete him first" in done.stderr
    cloxxsctl("user", "delete", user, "--yes")
    n = len(ledger("--user", user))
    assert n >= 3
    # There is no terminal here to be asked on.
    done = audit("erase", user, "--reason", "asked for", status=2)
    assert "--yes" in done.stderr and len(ledger("--user", user)) == n
    done = audit("erase", user, "--yes", "--reason", "asked for", "--json")
    reply = json.loads(done.stdout)
    assert reply["changed"] >= n and reply["held"] == reply["broken"] == 0
    pseudonym = reply["pseudonym"]
    assert pseudonym.startswith("erased-")
    # Nothing of the store has it but the questions that were asked here.
    assert [entry["event"] for entry in ledger("--user", user)] == []
    renamed = ledger("--user", pseudonym)
    assert len(renamed) > n
    assert not [one for one in renamed if one.get("address") == "192.0.2.7"]
    assert audit("verify").returncode == 0
    # His id is not given to anybody, and his name may be.
    abuse.make_user(user)
    assert uid_of(user) != uid
    world.cloxxsd.restart()
    assert audit("verify").returncode == 0


def test_what_is_held_is_not_erased(user):
    leave_records(user)
    said = audit("hold", "add", "--user", user, "--reason", "case 13").stdout
    number = said.split()[1].rstrip(":")
    cloxxsctl("user", "delete", user, "--yes")
    done = audit("erase", user, "--yes", "--reason", "asked for")
    assert "on hold and stay" in done.stdout
    assert len(ledger("--user", user)) >= 3
    audit("hold", "release", number, "--reason", "closed")
    done = audit("erase", user, "--yes", "--reason", "asked for")
    assert "on hold" not in done.stdout
    assert ledger("--user", user) == []
    assert audit("verify").returncode == 0


def test_the_head_is_written_down_and_proves(user):
    """Lines for another host; the last one is of the stop before."""
    leave_records(user)
    world.cloxxsd.restart()
    lines = open("/var/lib/cloxxs/anchors", encoding="ascii").readlines()
    assert lines and all(line.startswith("cloxxs-anchor 1 ")
                         for line in lines)
    assert audit("verify", "--anchor", "/var/lib/cloxxs/anchors").returncode \
        == 0
    words = lines[-1].split()
    words[5] = words[5][::-1]
    done = audit("verify", "--anchor", " ".join(words), status=1)
    assert words[3] in done.stdout + done.stderr


def test_a_ledger_that_was_exchanged_is_told_of(user):
    """abuse_98: the store of before, put in the place of the one of now."""
    store = "/var/lib/cloxxs/private"
    leave_records(user)
    world.cloxxsd.stop()
    subprocess.run(["cp", "-a", store, "/var/lib/cloxxs/private.old"],
                   check=True)
    world.cloxxsd.start()
    assert abuse.verdict(user, STRONG, address="192.0.2.7") == "allow"
    world.cloxxsd.stop()
    subprocess.run(f"rm -r {store} && mv /var/lib/cloxxs/private.old {store}",
                   shell=True, check=True)
    world.cloxxsd.start()
    done = audit("verify", "--anchor", "/var/lib/cloxxs/anchors", status=1)
    assert "missing" in done.stdout + done.stderr
