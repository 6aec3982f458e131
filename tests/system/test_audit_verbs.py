# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl audit with a real daemon and a real journald.

What a journal can hold that was forged or lost has its tests in
tests/unit/test_ctl_audit.py; here is who reads what, and that it is recorded.
"""

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG, cloxxsctl

FORGED = "forged-by-somebody"


def audit(*arguments, uid=0, status=0):
    """As root, or as a process of that uid alone."""
    begin = [] if uid == 0 else [
        "setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups"]
    done = subprocess.run(
        [*begin, "cloxxsctl", "audit", *arguments], text=True,
        capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
        check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"})
    assert done.returncode == status, done.stdout + done.stderr
    return done


def found(*arguments, **more):
    done = audit("search", *arguments, "--format", "json", **more)
    return [json.loads(line) for line in done.stdout.splitlines()]


def texts(entries):
    """Without what only one of two places has."""
    return [{name: value for name, value in one.items() if name != "chain"}
            for one in entries]


def settled():
    """The journal has all that the ledger has."""
    world.wait_until(lambda: abuse.admin("Status")["unpublished"] == 0, 20,
                     "the records to be published")
    world.run("journalctl", "--sync")


@pytest.fixture
def records(user):
    """A user who got in, and who did not."""
    abuse.make_user(user)
    assert abuse.verdict(user, "wrong", address="192.0.2.7") == "deny"
    assert abuse.verdict(user, STRONG, address="198.51.100.9") == "allow"
    settled()
    return user


@pytest.fixture
def administrator(user):
    abuse.make_user(user + "a", role="administrator")
    return pwd.getpwnam(user + "a").pw_uid


def test_journal_and_ledger_say_the_same(records):
    there = found("--user", records)
    assert {"user-added", "login-allowed", "login-denied",
            "password-changed"} <= {one["event"] for one in there}
    told = found("--user", records, "--ledger")
    assert texts(there) == texts(told) and there
    assert all(len(one["chain"]) == 64 for one in told)
    for one, other in zip(there, told):
        assert one.get("chain", other["chain"]) == other["chain"]
    assert [one["result"] for one in found(
        "--user", records, "--network", "192.0.2.0/24")] == ["denied"]
    # Whole, by number and by code.
    denied = found("--user", records, "--result", "denied")[0]
    for what in str(denied["sequence"]), denied["reference"]:
        shown = json.loads(audit("show", what, "--json").stdout)
        assert shown["sequence"] == denied["sequence"]
        assert shown["reason"] == "wrong-password"
        shown = audit("show", what, "--ledger").stdout
        assert denied["reference"] in shown and records in shown
    counts = json.loads(audit("stats", "--user", records, "--json").stdout)
    assert counts["records"] == len(there)


def test_reading_is_recorded(records):
    for more in [], ["--ledger"]:
        before = abuse.admin("Status")["ledger_records"]
        found("--user", records, *more)
        settled()
        reads = [one for one in found("--event", "audit-read")
                 if one["sequence"] > before]
        assert records in reads[0]["details"], (more, reads)


def test_administrator_asks_the_daemon(records, administrator):
    done = audit("search", "--user", records, "--format", "json",
                 uid=administrator)
    assert "asking the daemon" in done.stderr
    assert texts(map(json.loads, done.stdout.splitlines())) == \
        texts(found("--user", records))
    assert "cannot be read" in audit("follow", uid=administrator,
                                     status=4).stderr


def test_nobody_else_is_told(records):
    nobody = pwd.getpwnam("nobody").pw_uid
    for verb in "search", "export", "stats", "verify", "anchor":
        done = audit(verb, uid=nobody, status=4)
        assert done.stdout == "" and "permission denied" in done.stderr


def test_daemon_is_down(records, administrator):
    """Root reads on, and is told that it could not be recorded."""
    world.cloxxsd.stop()
    done = audit("search", "--user", records, "--format", "json")
    assert done.stdout and "could not be recorded" in done.stderr
    audit("search", uid=administrator, status=5)
    audit("search", "--ledger", status=5)
    audit("verify", status=5)


def test_forged_records(records):
    """What others send in our name is heard of nowhere."""
    settled()
    last = abuse.admin("Status")["ledger_records"]
    for uid in 0, pwd.getpwnam("nobody").pw_uid:
        subprocess.run(
            ["setpriv", "--reuid", str(uid), "--clear-groups", "logger",
             "--journald"], text=True, check=True, timeout=60,
            input="\n".join([
                "MESSAGE=login-allowed: user=" + FORGED,
                "MESSAGE_ID=465cb9d88df3462996eb1033b1142df4",
                "SYSLOG_IDENTIFIER=cloxxsd", f"CLOXXS_SEQ={last + 1000}",
                "CLOXXS_AT=1795000000000000", "CLOXXS_EVENT=login-allowed",
                "CLOXXS_RESULT=allowed", "CLOXXS_REASON=none",
                "CLOXXS_USER=" + FORGED,
                f"_UID={world.STATE.joinpath('identity.map').stat().st_uid}",
                ""]))
    settled()
    assert world.journal("CLOXXS_USER=" + FORGED)
    assert found("--user", FORGED) == []
    assert all(one.get("user") != FORGED for one in found())
    assert audit("show", str(last + 1000), status=3).stdout == ""
    assert audit("verify", "--journal").stderr == ""


def test_follow(records, user):
    child = subprocess.Popen(
        ["cloxxsctl", "audit", "follow", "--user", records, "--format",
         "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # That it reads is the record that tells that it has begun.
    world.wait_until(lambda: any(
        one["sequence"] and f"user={records}" in one.get("details", "")
        for one in found("--event", "audit-read", "--reverse", "--limit",
                         "3")), 20, "the reading")
    assert child.poll() is None
    lines = []
    while not lines:
        abuse.verdict(records, STRONG, address="198.51.100.10")
        lines.append(json.loads(child.stdout.readline()))
    assert lines[0]["user"] == records
    assert lines[0]["address"] == "198.51.100.10"
    child.send_signal(signal.SIGINT)
    assert child.wait(30) == 0


def test_export(records, tmp_path):
    path = tmp_path / "audit.csv"
    audit("export", "--user", records, "--format", "csv", "--output",
          str(path))
    lines = path.read_text(encoding="ascii").splitlines()
    assert len(lines) == 1 + len(found("--user", records))
    assert lines[0].startswith("time,at,sequence,event,")
    assert path.stat().st_mode & 0o777 == 0o600
    audit("export", "--output", str(path), status=6)


def test_verify(records, tmp_path):
    anchors = tmp_path / "anchors"
    for _ in range(3):
        with anchors.open("a", encoding="ascii") as file:
            file.write(audit("anchor").stdout)
        assert abuse.verdict(records, STRONG) == "allow"
    done = audit("verify", "--anchor", str(anchors), "--journal")
    assert done.stdout.startswith("Proved: ")
    assert "Anchors       3 held\n" in done.stdout
    assert " as in the ledger" in done.stdout and done.stderr == ""
    line = anchors.read_text(encoding="ascii").splitlines()[0]
    told = json.loads(audit("verify", "--anchor", line, "--json").stdout)
    assert told["verdict"] == "proved" and told["anchors"]["held"] == 1
    # One digit of it another: the ledger is another.
    line = line[:-1] + ("0" if line[-1] != "0" else "1")
    done = audit("verify", "--anchor", line, status=1)
    assert "anchor" in done.stderr and "Proved" not in done.stdout
    line = line.replace(line.split()[2], "f" * 32)
    assert "another installation" in audit("verify", "--anchor", line,
                                           status=1).stderr


def test_abuse_98_older_store(records, tmp_path):
    """The store exchanged for a copy of before: only an anchor tells."""
    world.cloxxsd.stop()
    copy = tmp_path / "private"
    shutil.copytree(world.STATE / "private", copy)
    world.cloxxsd.start()
    assert abuse.verdict(records, STRONG) == "allow"
    anchor = audit("anchor").stdout.strip()
    settled()
    world.cloxxsd.stop()
    for path in copy.iterdir():
        if path.name.startswith("store.db"):
            target = world.STATE / "private" / path.name
            owner = (world.STATE / "private").stat()
            target.unlink(missing_ok=True)
            shutil.copyfile(path, target)
            os.chown(target, owner.st_uid, owner.st_gid)
            target.chmod(0o600)
    for path in (world.STATE / "private").glob("store.db-*"):
        if not (copy / path.name).exists():
            path.unlink()
    world.cloxxsd.start()
    try:
        assert "Proved" in audit("verify").stdout
        done = audit("verify", "--anchor", anchor, status=1)
        assert "Proved" not in done.stdout or "anchor" in done.stderr
        # The journal has what the ledger has no more, and another of its
        # numbers.
        settled()
        done = audit("verify", "--journal", status=1)
        assert "of the journal is not" in done.stderr
        done = audit("search", "--format", "json", status=1)
        assert "there are different records" in done.stderr
    finally:
        # What follows is another story.
        world.journald.stop()
        for directory in pathlib.Path("/run/log/journal").glob("*/*.journal"):
            directory.unlink()
        world.journald.start()


def test_abuse_97_gap(records):
    """A journal that was cut down: search names what is missing."""
    settled()
    world.journald.stop()
    for path in pathlib.Path("/run/log/journal").glob("*/*.journal"):
        path.unlink()
    world.journald.start()
    assert abuse.verdict(records, STRONG) == "allow"
    settled()
    there = found("--user", records)
    told = found("--user", records, "--ledger")
    assert len(there) < len(told)
    assert cloxxsctl("audit", "verify").stdout.startswith("Proved")
