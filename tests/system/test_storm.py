# SPDX-License-Identifier: GPL-3.0-or-later
"""Many logins at once, and a daemon that is killed in the middle of them."""

import concurrent.futures
import threading
import time

import pytest

import cloxxs_world as world
from cloxxs_world import KEY, STRONG

WRONG = "dit is het niet geweest"
LIMITS = "MaxStartups 200:30:200\nLoginGraceTime 60\n"


@pytest.fixture(autouse=True)
def roomy_sshd():
    world.sshd.configure(LIMITS
                         + "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")


def at_once(n, login):
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: login(), range(n)))


def shown(user):
    answer = world.cloxxsctl_json("user", "show", user)
    return (world.find_key(answer, "locked"), world.find_key(answer, "failures"),
            world.find_key(answer, "failed") or [])


def denials(user, since):
    """Reasons by reference: a record may come twice after a crash."""
    return {record["CLOXXS_REFERENCE"]: record["CLOXXS_REASON"]
            for record in world.journal(*since)
            if record.get("CLOXXS_USER") == user
            and record.get("CLOXXS_EVENT") == "login-denied"}


def test_abuse_69_wrong_guesses_at_once(user):
    world.user_with_password(user)
    since = world.cursor()
    seen = at_once(50, lambda: world.ssh(user, [WRONG], "true", timeout=60))
    assert [s.status for s in seen] == [255] * 50
    locked, failures, failed = shown(user)
    assert locked and failures == 3 and len(failed) == 3
    reasons = list(denials(user, since).values())
    assert reasons.count("wrong-password") == 3, reasons
    assert set(reasons) == {"wrong-password", "locked"}
    assert world.ssh(user, [STRONG], "true").status == 255


def test_abuse_70_good_logins_at_once(user):
    world.user_with_password(user)
    seen = at_once(30, lambda: world.ssh(user, [STRONG], "id -un", timeout=60))
    assert [s.status for s in seen] == [0] * 30, [
        s.text for s in seen if s.status][0]
    locked, failures, _ = shown(user)
    assert locked is False and failures == 0


def test_abuse_127_kill_9_forgets_no_failure(user):
    """No moment of death gives a fourth guess or unlocks the account."""
    world.user_with_password(user)
    since = world.cursor()
    counted = 0
    for delay in (0.05, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        guess = threading.Thread(target=world.ssh,
                                 args=(user, [WRONG], "true"))
        guess.start()
        time.sleep(delay)
        world.cloxxsd.kill()
        world.cloxxsd.start()
        guess.join()
        locked, failures, _ = shown(user)
        assert counted <= failures <= 3
        assert locked is (failures == 3)
        counted = failures
    while not shown(user)[0]:
        world.ssh(user, [WRONG], "true")
    assert shown(user)[1] == 3
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert shown(user)[0] is True
    assert world.ssh(user, [STRONG], "true").status == 255
    verified = [r for r in denials(user, since).values()
                if r == "wrong-password"]
    assert len(verified) <= 3


def test_abuse_84_kill_9_in_a_change(user):
    """The old password or the new one, never both and never none."""
    other = "een heel ander lang woord"
    world.user_with_password(user)
    current, new = STRONG, other
    for delay in (0.3, 0.45, 0.6, 0.8):
        typist = world.Typist(current, new, tries=2)
        change = threading.Thread(
            target=world.ssh, args=(user, typist, "passwd"),
            kwargs={"tty": True})
        change.start()
        time.sleep(delay)
        world.cloxxsd.kill()
        world.cloxxsd.start()
        change.join()
        # What a kill interrupted counts as a failure: it may have locked him.
        world.cloxxsctl("user", "unlock", user, "--reason", "the test",
                        check=False)
        opens = [word for word in (current, new)
                 if world.ssh(user, [word], "true").status == 0]
        assert len(opens) == 1, shown(user)
        if opens == [new]:
            current, new = new, current


def test_abuse_20_sudo_with_a_hostile_environment(user):
    world.user_with_password(user)
    world.run("install", "-m", "0440", "/dev/stdin", "/etc/sudoers.d/storm",
              stdin=f"{user} ALL=(ALL) ALL\n")
    hostile = ("env SSH_CONNECTION='10.9.0.1 1 10.9.0.2 22' CLOXXS_SOCKET=/tmp/x"
               " CREDENTIALS_DIRECTORY=/tmp LD_PRELOAD=/tmp/x.so"
               " CLOXXS_PASS=deadbeef sudo id -u")
    seen = world.ssh(user, [STRONG, WRONG], hostile, tty=True)
    assert seen.status != 0 and "\n0\n" not in seen.text
    failed = shown(user)[2]
    assert [f["service"] for f in failed] == ["sudo"]
    assert failed[0].get("address") in (None, "", world.HOST)
    seen = world.ssh(user, [], "true", KEY, [world.make_key(user)])
    assert seen.status == 0
