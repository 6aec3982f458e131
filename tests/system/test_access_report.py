# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of who got in, who did not, and what changed: real logins and acts
go in, and what the installed cloxxsctl tells of them comes out."""

import json
import pathlib
import stat
import time
import xml.etree.ElementTree

import pytest

import cloxxs_world as world
from cloxxs_world import KEY, STRONG

WRONG = "dit is het niet geweest"
TYPED = "hunter2-in-the-wrong-place"
KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n" \
    "PasswordAuthentication yes\n"


def report(*words, **options):
    return world.cloxxsctl("audit", "report", *words, **options)


def report_json(*words):
    """When what was done until now is in the journal."""
    world.wait_until(world.journal_has_all, 10, "the journal to have it all")
    return json.loads(report("--json", *words).stdout)


def rows(said, section, **members):
    return [row for row in said[section]
            if all(row[key] == value for key, value in members.items())]


@pytest.fixture
def busy(user):
    """Somebody who came in, did not, was locked, and let in again."""
    world.sshd.configure(KEYS)
    world.user_with_password(user)
    assert world.ssh(user, [STRONG], "true").status == 0
    assert world.ssh(user, [], "true", KEY,
                     [world.make_key(user)]).status == 0
    assert world.ssh(user, [WRONG], "true").status == 255
    assert world.ssh(TYPED, [WRONG], "true").status == 255
    world.cloxxsctl("user", "lock", user, "--reason", "lost <laptop> & key")
    assert world.ssh(user, [STRONG], "true").status == 255
    world.cloxxsctl("user", "unlock", user, "--reason", "found it")
    world.cloxxsctl("project", "add", f"p{user}", "--service", "sshd")
    world.cloxxsctl("grant", "add", user, f"p{user}", "write")
    world.cloxxsctl("grant", "remove", user, f"p{user}")
    return user


def test_what_was_done_is_told(busy):
    said = report_json()
    mine, = rows(said, "users", user=busy)
    assert mine["logins"] == 3 and mine["without_password"] == 1
    refused, = rows(said, "refused", user=busy)
    assert refused["refusals"] == 2
    assert rows(said, "refused", user=None)
    assert {"wrong-password", "unknown-user", "locked"} <= \
        {row["reason"] for row in said["reasons"]}
    assert said["totals"]["refusals"] == \
        sum(row["refusals"] for row in said["reasons"]) == \
        sum(row["refusals"] for row in said["days"])
    lock, unlock = rows(said, "locks", user=busy)
    assert lock["event"] == "user-locked" and lock["actor"] == "root"
    assert lock["details"] == "lost <laptop> & key"
    assert unlock["event"] == "user-unlocked"
    given, taken = rows(said, "rights", user=busy)
    assert given["change"] == "none->write" and given["place"] == f"p{busy}"
    assert taken["event"] == "grant-removed"
    assert rows(said, "acts", actor="root", event="user-locked")


def test_forms_and_languages(busy, tmp_path):
    world.wait_until(world.journal_has_all, 10, "the journal to have it all")
    for language, title in ("en", "Access report"), ("nl", "Toegangsverslag"):
        text = report("--language", language).stdout
        assert text.startswith(title) and busy in text
        page = report("--language", language, "--format", "html").stdout
        assert "lost &lt;laptop&gt; &amp; key" in page
        tree = xml.etree.ElementTree.fromstring(
            page.removeprefix("<!DOCTYPE html>\n"))
        assert tree.get("lang") == language
        assert tree.find(".//h1").text == title
        assert len(tree.findall(".//figure/svg/desc")) == 2
        for form in text, page:
            assert TYPED not in form
    file = tmp_path / "report.html"
    assert report("--format", "html", "--output", str(file)).stdout == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().endswith("</html>\n")
    # What is there is left alone.
    before = file.read_text()
    again = report("--json", "--output", str(file), check=False)
    assert again.returncode == 6 and file.read_text() == before


def test_period(busy):
    tomorrow = time.strftime("%Y-%m-%d", time.localtime(time.time() + 86400))
    assert report_json("--until", tomorrow)["totals"]["logins"] >= 3
    said = report_json("--since", tomorrow)
    assert said["totals"]["records"] == 0 and said["users"] == []
    wrong = report("--since", tomorrow, "--until", "2020-01-01", check=False)
    assert wrong.returncode == 2 and "--since" in wrong.stderr


def test_not_for_everybody(busy):
    file = pathlib.Path("/tmp/stranger.html")
    denied = report("--output", str(file), check=False, user=busy)
    assert denied.returncode != 0 and denied.stdout == ""
    assert not file.exists()
