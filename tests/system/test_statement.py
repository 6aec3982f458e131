# SPDX-License-Identifier: GPL-3.0-or-later
"""The statement of an installed Cloxxs: promise by promise, kept and broken.

Each test makes the promise true or breaks it for real, and reads what the
installed cloxxsctl says of it. promise_SNN names the row.
"""

import json
import pathlib
import shutil

import pytest

import cloxxs_world as world

CONFIGURATION = pathlib.Path("/etc/cloxxs/cloxxsd.conf")
CTL = "/usr/bin/cloxxsctl"
DECLARED = "2026-05-01 Verslag van de accountant"
DROP = "table inet t { chain c { type filter hook input priority 0; " \
    "policy drop; iif lo accept; }; }\n"


@pytest.fixture
def configure():
    def write(text):
        CONFIGURATION.write_text(text)
        world.cloxxsd.restart()

    kept = CONFIGURATION.read_text() if CONFIGURATION.exists() else None
    yield write
    if kept is None:
        CONFIGURATION.unlink(missing_ok=True)
    else:
        CONFIGURATION.write_text(kept)
    world.cloxxsd.restart()


def statement(language="en", **options):
    done = world.run(CTL, "statement", "--json", "--language", language,
                     **options)
    return json.loads(done.stdout)


def promise(row, language="en"):
    for one in statement(language)["promises"]:
        if one["id"] == row:
            return one
    raise AssertionError(f"no row {row}")


def outcome(row):
    return promise(row)["outcome"]


def test_whole():
    said = statement("nl")
    assert [row["id"] for row in said["promises"]] == \
        [f"S{n:02d}" for n in range(1, 28)]
    assert said["disclaimer"] == \
        "Aan deze verklaring kunnen geen rechten worden ontleend."
    assert sum(said["summary"].values()) == 27
    assert {row["outcome"] for row in said["promises"]
            if row["kind"] == "declared"} == {"not-kept"}


def test_promise_S02_and_S03_need_the_stacks(user):
    world.user_with_password(user)
    assert outcome("S02") == "kept"
    assert outcome("S03") == "kept"
    world.pam_auth_update("--disable", "cloxxs")
    try:
        assert outcome("S02") == "not-kept"
    finally:
        world.pam_auth_update("--enable", "cloxxs")
    assert outcome("S02") == "kept"


@pytest.mark.parametrize("row, setting, seen", [
    ("S04", "[password]\npreset = custom\nminlen = 14\n", "at least 14"),
    ("S06", "[lockout]\nfailures = 4\n", "together: 4;"),
])
def test_promise_weakened_by_a_setting(configure, row, setting, seen):
    assert outcome(row) == "kept"
    configure(setting)
    weak = promise(row)
    assert weak["outcome"] == "not-kept" and seen in weak["seen"]


def test_promise_S05_needs_a_closed_store():
    store = world.STATE / "private" / "store.db"
    assert outcome("S05") == "kept"
    store.chmod(0o644)
    try:
        assert outcome("S05") == "not-kept"
    finally:
        store.chmod(0o600)


def test_promise_S07_counts_what_is_in_use(user):
    before = promise("S07")["seen"]
    world.user_add(user)
    after = promise("S07")
    assert after["outcome"] == "kept" and after["seen"] != before


def test_promise_S12_needs_an_administrator(user):
    world.user_add(user, "sshd", "--role", "administrator")
    assert outcome("S12") == "kept"


def test_promise_S15_S16_S26_are_declared(configure):
    for row in "S15", "S16", "S26":
        assert outcome(row) == "not-kept"
    configure(f"[statement]\nsoc2 = {DECLARED}\n"
              f"physical_protection = {DECLARED}\nlocation = {DECLARED}\n")
    for row in "S15", "S16", "S26":
        said = promise(row, "nl")
        assert said["outcome"] == "declared"
        # S26 tells of the providers too, where a courier knows of some.
        assert said["seen"].startswith(
            "Verklaard op 2026-05-01: Verslag van de accountant")


def test_promise_S17_needs_host_and_declaration(configure):
    if not shutil.which("nft"):
        pytest.skip("nft is missing")
    configure(f"[statement]\nweb_application_firewall = {DECLARED}\n")
    assert outcome("S17") == "not-kept"
    world.run("nft", "-f", "-", stdin=DROP)
    try:
        said = promise("S17")
        assert said["outcome"] == "kept"
        assert " 22" in said["seen"]
        configure("")
        assert outcome("S17") == "not-kept"
    finally:
        world.run("nft", "flush", "ruleset")


def test_promise_S18_needs_lists_and_no_restart():
    lists = pathlib.Path("/var/lib/apt/lists")
    lists.mkdir(parents=True, exist_ok=True)
    release = lists / "security_InRelease"
    mark = pathlib.Path("/run/reboot-required")
    for old in lists.glob("*InRelease"):
        old.unlink()
    said = promise("S18")
    assert said["outcome"] == "not-kept"
    assert "older than 7 days" in said["seen"]
    release.touch()
    mark.touch()
    try:
        said = promise("S18")
        assert said["outcome"] == "not-kept"
        assert "restart is needed" in said["seen"]
    finally:
        mark.unlink()
        release.unlink()


def test_promise_S20_needs_a_journal_that_is_kept():
    # The world's journal is volatile; the doctor reads what root wrote.
    dropin = pathlib.Path("/etc/systemd/journald.conf.d/zz-statement.conf")
    assert outcome("S20") == "not-kept"
    dropin.write_text("[Journal]\nStorage=persistent\n")
    try:
        said = promise("S20")
        assert said["outcome"] == "kept", said["seen"]
        world.wait_until(lambda: "journal: 0." in promise("S20")["seen"],
                         10, "the journal to have all records")
        world.journald.stop()
        world.cloxxsctl("user", "add", "s20", "--services", "sshd")
        assert "journal: 0." not in promise("S20")["seen"]
    finally:
        dropin.unlink()


def test_promise_S24():
    assert outcome("S24") == "kept"


def test_without_the_daemon_nothing_is_claimed():
    world.cloxxsd.stop()
    said = statement()
    measured = [row["id"] for row in said["promises"]
                if row["outcome"] == "kept"]
    assert not set(measured) - {"S17", "S18", "S27"}


def test_an_ordinary_user_is_told_less_and_nothing_false(user):
    world.user_with_password(user)
    said = statement(user=user)
    kept = {row["id"] for row in said["promises"] if row["outcome"] == "kept"}
    assert not kept & {"S02", "S05", "S12", "S24"}
    assert said["as_root"] is False and statement()["as_root"] is True
    warning = "Not made as root"
    for form in "text", "html":
        page = [CTL, "statement", "--language", "en", "--format", form]
        assert warning in world.run(*page, user=user).stdout
        assert warning not in world.run(*page).stdout
    top = world.run(CTL, "statement", "--language", "en",
                    user=user).stdout.splitlines()[:3]
    assert top[2].startswith(warning) and len(top[2]) <= 80


def test_page(tmp_path):
    page = world.run(CTL, "statement", "--format", "html", "--language",
                     "nl").stdout
    assert page.startswith("<!DOCTYPE html>") and "S27" in page
    for outside in "src=", "href=", "@import", "url(", "<script":
        assert outside not in page


def test_status_tells_what_is_not_kept(user):
    world.user_with_password(user)
    world.cloxxsctl("user", "lock", user, "--reason", "laptop lost")
    shown = world.run(CTL, env={"PATH": "/usr/bin:/bin"}).stdout
    assert f"{user}, " in shown and "laptop lost" in shown
    # S14 asks the courier to look, which takes seconds: not here.
    assert "S16" in shown and "S14" not in shown
    said = json.loads(world.run(CTL, "status", "--json").stdout)
    assert said["locks"][0]["user"] == user
    assert "S16" in said["not_kept"]
