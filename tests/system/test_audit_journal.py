# SPDX-License-Identifier: GPL-3.0-or-later
"""What is recorded comes to the journal, whatever becomes of journald: what it
loses is sent again, once it was looked for in vain twice."""

import collections
import contextlib
import json
import os
import pathlib
import subprocess
import time

import pytest

import abuse
import cloxxs_world as world
import journal_world as jw

PLAIN = ["RateLimitIntervalSec=0"]
# As journald comes.
DEFAULTS = []
STRICT = ["RateLimitIntervalSec=30s", "RateLimitBurst=40"]


@pytest.fixture(scope="module", autouse=True)
def configured():
    jw.configure()


@pytest.fixture(autouse=True)
def all_seen(services_run):
    """What was before is no matter of the test."""
    jw.confirm_all(6)
    yield


@pytest.fixture
def limits(all_seen):
    """The rate limit of journald, for cloxxsd as its unit runs."""
    unit = jw.Unit()
    why = unit.enter()
    if why:
        unit.leave()
        pytest.skip(why)
    yield unit
    unit.leave()
    jw.configure_journald(*PLAIN)


def times(first, last):
    """How often each of these numbers is in the journal, as a set."""
    found = collections.Counter(jw.in_journal())
    return {found[number] for number in range(first, last + 1)}


def vacuum():
    world.run("journalctl", "--sync")
    world.run("journalctl", "--rotate", "--vacuum-files=1")
    world.run("systemd-cat", "echo", "something else")
    world.wait_until(lambda: world.journal("-n", "1"), 10, "a journal")


# ---- how it goes ---------------------------------------------------------------


def test_what_is_there_is_seen():
    first, last = jw.record(600)
    jw.handed_over()
    assert jw.unseen()[1] >= last
    assert jw.confirm() == 0
    assert jw.unseen() is None
    assert abuse.admin("Status")["unseen_since"] is None
    assert times(first, last) == {1}


def test_what_is_late_is_not_sent_again():
    """Once looked for in vain is no loss: journald may be busy."""
    with world.journald.frozen():
        first, last = jw.record(3)
        jw.handed_over()
        assert jw.confirm() == 0
    world.wait_until(lambda: times(first, last) == {1}, 10, "the records")
    assert jw.confirm() == 0
    assert jw.unseen() is None
    assert times(first, last) == {1}


def test_nobody_else_asks():
    """abuse-20: the account of the unit, and root, may say what was seen."""
    for user in "daemon", "www-data", "_cloxxs-keys":
        jw.record(1)
        jw.handed_over()
        done = world.audit_confirm(check=False, user=user)
        assert done.returncode == 1
        assert "_cloxxs-journal" in done.stderr
        assert jw.unseen()


def test_a_journal_that_cannot_be_read():
    """It must not pass for one without records."""
    first, last = jw.record(5)
    jw.handed_over()
    for _ in range(3):
        done = subprocess.run(
            ["setpriv", "--reuid", "_cloxxs-journal", "--regid",
             "_cloxxs-journal", "--clear-groups",
             "/usr/libexec/cloxxs/cloxxs-audit-confirm"],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert "may not be read" in done.stderr
        assert "no record was looked for" in done.stderr
    assert jw.confirm() == 0
    assert jw.unseen() is None
    assert times(first, last) == {1}


def test_no_daemon():
    with world.cloxxsd.stopped():
        done = world.audit_confirm(check=False)
    assert done.returncode == 1
    assert "cloxxsd: it is not there" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_takes_no_argument():
    done = world.run("/usr/libexec/cloxxs/cloxxs-audit-confirm", "--help",
                     check=False)
    assert done.returncode == 2
    assert "usage: cloxxs-audit-confirm\n" in done.stderr


def test_the_unit_starts_no_daemon():
    """One that was stopped for a restore stays so."""
    unit = pathlib.Path("/usr/lib/systemd/system/cloxxs-audit-confirm.service"
                        ).read_text()
    assert f"ConditionPathExists={world.SOCKET}\n" in unit
    assert "Requires=" not in unit.replace("Not Requires=", "")
    assert "Wants=" not in unit


# ---- abuse 97 ----------------------------------------------------------------------


def test_abuse_97_journald_stopped():
    with world.journald.stopped():
        first, last = jw.record(300)
        assert abuse.admin("Status")["unpublished"] >= 300
    jw.handed_over()
    assert jw.confirm() == 0
    assert jw.unseen() is None
    assert times(first, last) == {1}


def test_abuse_97_lost_with_its_socket():
    """journald took them, and was killed before it wrote them."""
    world.journald.freeze()
    first, last = jw.record(5)
    jw.handed_over()
    world.journald.kill()
    world.journald.start()
    assert times(first, last) == {0}
    assert jw.confirm() == 0
    assert jw.confirm() == last - first + 1
    jw.handed_over()
    assert jw.confirm() == 0
    assert jw.unseen() is None
    assert times(first, last) == {1}


def test_abuse_97_rotated_and_vacuumed():
    """What was seen has been there, and is not sent for ever."""
    first, last = jw.record(300)
    jw.handed_over()
    assert jw.confirm() == 0
    vacuum()
    assert times(first, last) == {0}
    for _ in range(3):
        assert jw.confirm() == 0
    assert jw.unseen() is None
    assert times(first, last) == {0}


def test_abuse_97_vacuumed_before_it_was_seen():
    first, last = jw.record(300)
    jw.handed_over()
    vacuum()
    assert jw.confirm_all(4) == last - first + 1
    assert times(first, last) == {1}


@pytest.fixture
def little_room(all_seen):
    """A journal of few megabytes; what fills the rest of them."""
    place = "/run/log/journal"
    world.journald.stop()
    world.run("mount", "-t", "tmpfs", "-o", "size=12m", "journal", place)
    world.journald.start()
    # Without its file it would not even start.
    world.wait_until(lambda: world.journal("-n", "1"), 10, "a journal")
    filler = pathlib.Path(place) / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass
    yield filler
    world.journald.stop()
    world.run("umount", place)
    world.journald.start()


def test_abuse_97_disk_full(little_room):
    first, last = jw.record(20000)
    jw.handed_over(60)
    assert 0 in times(first, last)
    little_room.unlink()
    world.run("mount", "-o", "remount,size=200m", "/run/log/journal")
    world.journald.restart()
    assert jw.confirm_all(8) > 0
    # Some were seen there before others took their room.
    assert jw.unseen() is None
    assert jw.verify()["verdict"] == "proved"
    latest = set(jw.in_journal())
    assert last in latest


def findings():
    answer = world.cloxxsctl("doctor", "--json", "--all", check=False).stdout
    return [one for one in json.loads(answer)["findings"]
            if one["check"] == "audit-confirm"]


def test_the_doctor_tells_of_what_waits():
    with abuse.clock_ahead(-2 * 86400):
        jw.confirm_all(4)
        jw.record(3)
        jw.handed_over()
    assert [one["severity"] for one in findings()] == ["warning"]
    assert "for 48 h" in findings()[0]["seen"]
    jw.confirm_all(4)
    assert findings() == []
    # That the alarms of it are over is recorded before others count records.
    world.wait_until(
        lambda: not any(rule["raised"] for rule in
                        world.cloxxsctl_json("alarm", "list")["rules"]),
        40, "the alarms to be over")
    jw.confirm_all(4)


# ---- who else writes ---------------------------------------------------------------


FORGE = """
import socket, sys
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to.connect("/run/systemd/journal/socket")
for number in range(int(sys.argv[1]), int(sys.argv[2]) + 1):
    to.send((f"MESSAGE=forged\\nSYSLOG_IDENTIFIER=cloxxsd\\n_UID={sys.argv[3]}\\n"
             f"_COMM=cloxxsd\\nCLOXXS_SEQ={number}\\nCLOXXS_EVENT=action\\n"
             f"CLOXXS_RESULT=done\\nCLOXXS_REASON=none\\n").encode())
"""


@pytest.mark.parametrize("who", [abuse.STRANGER, "www-data", 0])
def test_records_of_others_are_none_of_ours(who):
    world.journald.freeze()
    first, last = jw.record(5)
    jw.handed_over()
    world.journald.kill()
    world.journald.start()
    world.run("setpriv", "--reuid", str(who), "--clear-groups",
              "/usr/bin/python3", "-c", FORGE, str(first), str(last),
              str(jw.uid()))
    world.wait_until(lambda: len(world.journal(f"CLOXXS_SEQ={last}")) == 1, 10,
                     "the forged records")
    assert times(first, last) == {0}
    assert jw.confirm_all(4) == last - first + 1
    assert times(first, last) == {1}


# ---- too fast ----------------------------------------------------------------------


def suppressed(since):
    return [r for r in world.journal(*since)
            if "Suppressed" in str(r.get("MESSAGE"))
            and "cloxxsd" in str(r.get("MESSAGE"))]


def test_rate_limited(limits):
    """A limit of the host drops what the daemon sends; it comes later."""
    jw.configure_journald("RateLimitIntervalSec=1s", "RateLimitBurst=40")
    since = world.cursor()
    first, last = jw.record(1000)
    jw.handed_over()
    lost = jw.confirm_all(80, lambda: time.sleep(0.5))
    assert lost > 0
    assert suppressed(since)
    assert min(times(first, last)) >= 1
    assert jw.verify()["verdict"] == "proved"


@pytest.mark.parametrize("lines", [DEFAULTS, STRICT],
                         ids=["defaults", "strict"])
def test_abuse_96_many_in_a_short_time(limits, lines):
    """20,000 in 5 s, and none is lost: with journald as it comes, and also where
    the host has a limit, for the unit has one of its own, which is none."""
    limits.export()
    jw.configure_journald(*lines)
    since = world.cursor()
    began = time.monotonic()
    first, last = jw.record(20000)
    seconds = time.monotonic() - began
    assert last - first + 1 >= 20000
    print(f"20,000 recorded in {seconds:.1f} s")
    jw.handed_over(120)
    lost = jw.confirm_all(8)
    assert not suppressed(since)
    assert times(first, last) == {1}, lost
    assert lost == 0
    assert jw.verify()["verdict"] == "proved"
    assert seconds < 5 * (1 + os.getloadavg()[0] / os.cpu_count())
