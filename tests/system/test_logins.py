# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of a host that log people in, with users of ours."""

import pathlib
import time

import pytest

import cloxxs_world as world
from cloxxs_world import KBD, KEY, PASSWORD, STRONG, Typist

ROOT_PASSWORD = "wortel van de wereld"
KEYS = "AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n"
WRONG = "dit is het niet geweest"


@pytest.fixture(autouse=True)
def plain_sshd():
    world.sshd.configure(KEYS + "PasswordAuthentication yes\n"
                         "MaxStartups 200:30:200\n")


def locked_state(user):
    return world.find_key(world.cloxxsctl_json("user", "show", user), "locked")


def failures(user):
    return world.find_key(world.cloxxsctl_json("user", "show", user),
                          "failures")


def console(user, password):
    """login(1) on a terminal of the world's own, as getty starts it."""
    return world.converse(
        ["/usr/bin/script", "-q", "-e", "-c",
         f"login -p {user}", "/dev/null"],
        [password, "id -un; exit"], question=world.QUESTION_OR_SHELL)


# ---- sshd ----------------------------------------------------------------------


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_ssh_password(user, mode):
    world.user_with_password(user)
    seen = world.ssh(user, [STRONG], "id -un", mode)
    assert seen.status == 0 and user in seen.text, seen.text
    assert world.ssh(user, [WRONG], "true", mode).status == 255
    assert failures(user) == 1
    assert world.ssh(user, [STRONG], "true", mode).status == 0
    assert failures(user) == 0


def test_ssh_key(user):
    world.user_with_password(user)
    seen = world.ssh(user, [], "id -un", KEY, [world.make_key(user)])
    assert seen.status == 0 and user in seen.text, seen.text


def test_home_is_made(user):
    world.user_with_password(user)
    seen = world.ssh(user, [STRONG], "stat -c '%U %G %F' .")
    assert f"{user} {user} directory" in seen.text, seen.text


@pytest.mark.parametrize("mode", [KBD, PASSWORD, KEY])
def test_abuse_10_locked_user(user, mode):
    world.user_with_password(user)
    key = world.make_key(user)
    world.cloxxsctl("user", "lock", user, "--reason", "test")
    seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
    assert seen.status == 255 and "came-in" not in seen.text, seen.text


@pytest.mark.parametrize("mode", [KBD, PASSWORD, KEY])
def test_abuse_10_disabled_user(user, mode):
    world.user_with_password(user)
    key = world.make_key(user)
    world.cloxxsctl("user", "disable", user)
    seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
    assert seen.status == 255 and "came-in" not in seen.text, seen.text


@pytest.mark.parametrize("mode", [KBD, PASSWORD, KEY])
def test_abuse_10_not_this_service(user, mode):
    world.user_with_password(user)
    key = world.make_key(user)
    world.cloxxsctl("user", "set", user, "--services", "sudo")
    seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
    assert seen.status == 255 and "came-in" not in seen.text, seen.text


def test_abuse_68_three_wrong(user):
    world.user_with_password(user)
    texts = [world.ssh(user, [WRONG], "true").text for _ in range(3)]
    assert locked_state(user) is True
    right = world.ssh(user, [STRONG], "echo came-in")
    assert right.status == 255 and "came-in" not in right.text
    neutral = {world.REFERENCE.sub("", text) for text in texts}
    assert neutral == {world.REFERENCE.sub("", right.text)}
    world.cloxxsd.restart()
    assert world.ssh(user, [STRONG], "true").status == 255


def test_abuse_71_key_and_time_lift_no_lock(user):
    world.user_with_password(user)
    key = world.make_key(user)
    for _ in range(3):
        world.ssh(user, [WRONG], "true")
    assert world.ssh(user, [], "true", KEY, [key]).status == 255
    world.run("su", "-s", "/bin/sh", "-c", "true", user, check=False)
    assert locked_state(user) is True


def test_key_login_resets_no_count(user):
    world.user_with_password(user)
    world.ssh(user, [WRONG], "true")
    assert world.ssh(user, [], "true", KEY, [world.make_key(user)]).status == 0
    assert failures(user) == 1


def test_abuse_75_empty_is_not_counted(user):
    world.user_with_password(user)
    assert world.ssh(user, [""], "true").status == 255
    assert world.ssh(user, [""], "true", PASSWORD).status == 255
    assert failures(user) == 0


def test_abuse_9_fake_password_is_not_counted(user):
    """sshd sends its own junk for a user whom it refuses itself."""
    world.user_with_password(user)
    world.sshd.configure(f"DenyUsers {user}\nPasswordAuthentication yes\n")
    for mode in KBD, PASSWORD:
        assert world.ssh(user, [STRONG], "true", mode).status == 255
    assert failures(user) == 0


# ---- temporary passwords ---------------------------------------------------------


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_83_command(user, mode):
    temporary = world.user_add(user)
    seen = world.ssh(user, [temporary], "echo came-in", mode)
    assert "came-in" not in seen.text, seen.text
    assert seen.status != 0


@pytest.mark.parametrize("mode", [KBD, PASSWORD])
def test_abuse_83_sftp(user, mode):
    temporary = world.user_add(user)
    seen = world.ssh(user, [temporary, "ls /"], mode=mode, program="sftp")
    assert "sftp>" not in seen.text and seen.status != 0, seen.text


def test_abuse_83_forward_only(user):
    """ssh -W, which opens no session, carries nothing either."""
    temporary = world.user_add(user)
    argv = world.ssh_argv(user, options=["SessionType=none"])
    argv[1:1] = ["-W", "127.0.0.1:22"]
    seen = world.converse(argv, [temporary], timeout=5)
    assert "SSH-2.0" not in seen.text, seen.text


def test_abuse_83_key_before_the_change(user):
    world.user_add(user)
    seen = world.ssh(user, [], "echo came-in", KEY, [world.make_key(user)])
    assert "came-in" not in seen.text and seen.status != 0, seen.text


def test_temporary_works_once(user):
    temporary = world.user_add(user)
    assert world.ssh(user, Typist(temporary, STRONG), "true").status == 0
    assert world.ssh(user, [temporary], "true").status == 255
    assert world.ssh(user, [STRONG], "true").status == 0


# ---- the other programs ------------------------------------------------------------


def as_user(user, command, answers, **options):
    return world.ssh(user, [STRONG, *answers], command, tty=True, **options)


def test_sudo(user):
    world.user_with_password(user)
    rule = pathlib.Path("/etc/sudoers.d/test")
    rule.write_text(f"{user} ALL=(ALL) ALL\n")
    seen = as_user(user, "sudo id -u", [STRONG])
    assert seen.status == 0 and "\n0\n" in seen.text, seen.text
    seen = as_user(user, "sudo -k id -u", [WRONG])
    assert seen.status != 0 and "\n0\n" not in seen.text, seen.text
    assert failures(user) == 1
    rule.write_text(f"{user} ALL=(ALL) NOPASSWD: ALL\n")
    seen = as_user(user, "sudo id -u", [])
    assert "\n0\n" in seen.text, seen.text
    world.cloxxsctl("user", "set", user, "--services", "sshd")
    seen = as_user(user, "sudo id -u", [])
    assert "\n0\n" not in seen.text, seen.text


def test_su(user):
    world.user_with_password(user)
    if world.run("id", "buur", check=False).returncode != 0:
        world.run("useradd", "-m", "-s", "/bin/bash", "buur")
    argv = ["setpriv", "--reuid", "buur", "--regid", "buur", "--init-groups",
            "su", user, "-c", "id -un"]
    seen = world.converse(argv, [STRONG])
    assert seen.status == 0 and user in seen.text.splitlines(), seen.text
    seen = world.converse(argv, [WRONG])
    assert seen.status != 0 and user not in seen.text.splitlines(), seen.text
    assert failures(user) == 1


def test_passwd(user):
    world.user_with_password(user)
    other = "een heel ander lang woord"
    seen = as_user(user, "passwd", [])
    assert seen.stuck and seen.asked, seen.text
    typist = Typist(STRONG, other, tries=2)
    seen = world.ssh(user, typist, "passwd", tty=True)
    assert seen.status == 0, seen.text
    assert world.ssh(user, [STRONG], "true").status == 255
    assert world.ssh(user, [other], "true").status == 0


def test_console(user):
    world.user_with_password(user)
    seen = console(user, STRONG)
    assert f"\n{user}\n" in seen.text, seen.text


def cron_runs(user, timeout):
    """Whether cron runs a job of user now. @reboot: at the start of cron."""
    stamp = pathlib.Path(f"/tmp/cron-{user}")
    stamp.unlink(missing_ok=True)
    table = pathlib.Path("/etc/cron.d/world")
    table.write_text(f"@reboot {user} touch {stamp}\n")
    pathlib.Path("/run/crond.reboot").unlink(missing_ok=True)
    cron = world.detached(["/usr/sbin/cron", "-f"])
    try:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not stamp.exists():
            time.sleep(0.05)
        return stamp.exists()
    finally:
        cron.kill()
        cron.wait()
        table.unlink()


def test_cron(user):
    if not pathlib.Path("/usr/sbin/cron").exists():
        pytest.skip("cron is missing (cron)")
    world.user_with_password(user)
    assert cron_runs(user, 10)
    since = world.cursor()
    world.cloxxsctl("user", "lock", user, "--reason", "test")
    assert not cron_runs(user, 3)
    assert any(r.get("CLOXXS_SERVICE") == "cron" and
               r.get("CLOXXS_USER") == user for r in world.journal(*since))


# ---- without the daemon --------------------------------------------------------------


def test_abuse_2_daemon_dead(user):
    world.user_with_password(user)
    key = world.make_key(user)
    since = world.cursor()
    with world.cloxxsd.stopped():
        for mode in KBD, KEY:
            seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
            assert seen.status == 255 and "came-in" not in seen.text
            assert seen.seconds < 2 + 3, mode  # pam_fail_delay comes on top
    assert any("cloxxs" in r.get("MESSAGE", "") and "sshd" in
               r.get("SYSLOG_IDENTIFIER", "") for r in world.journal(*since))


def test_abuse_3_daemon_silent(user):
    world.user_with_password(user)
    key = world.make_key(user)
    with world.cloxxsd.frozen():
        for mode in KBD, KEY:
            seen = world.ssh(user, [STRONG], "echo came-in", mode, [key])
            assert seen.status == 255 and "came-in" not in seen.text
            assert seen.seconds < 2 + 3, mode


@pytest.mark.parametrize("what", ["stopped", "frozen"])
def test_abuse_2_root_on_the_console(what):
    world.run("chpasswd", stdin=f"root:{ROOT_PASSWORD}\n")
    with getattr(world.cloxxsd, what)():
        seen = console("root", ROOT_PASSWORD)
    assert "\nroot\n" in seen.text and seen.seconds < 5, seen.text


def test_names_while_the_daemon_is_dead(user):
    world.user_with_password(user)
    with world.cloxxsd.stopped():
        assert world.run("id", "-un", user).stdout.strip() == user
