# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl doctor: sound where all is well, and each fault found."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import time

import pytest

import cloxxs_world as world

PAM = pathlib.Path("/etc/pam.d")
SSHD = pathlib.Path("/etc/ssh/sshd_config.d")
SWITCH = pathlib.Path("/etc/nsswitch.conf")
MAP = world.STATE / "identity.map"
KEY = world.CONF / "cloxxs.key"
# What a world cannot have: a clock of its own, a systemd; and it is
# administered from anywhere.
ABSENT = {"clock", "administrator-networks"}


def doctor(*options, user=None):
    done = world.run("cloxxsctl", "doctor", "--json", *options, check=False,
                     user=user)
    assert done.stderr == "", done.stderr
    return done.returncode, json.loads(done.stdout)


def problems(answer, least="warning"):
    order = ["skipped", "ok", "note", "warning", "error"]
    return {(finding["check"], finding["severity"])
            for finding in answer["findings"]
            if order.index(finding["severity"]) >= order.index(least)
            and finding["check"] not in ABSENT}


def seen(check):
    """All that was seen by a check, in one text."""
    return "\n".join(finding["seen"] for finding in
                     doctor("--all")[1]["findings"]
                     if finding["check"] == check)


@pytest.fixture(scope="module", autouse=True)
def sound():
    """What the world lacks of a sound host."""
    world.run("chpasswd", stdin="root:alleen op de console\n")
    conf = pathlib.Path("/etc/systemd/journald.conf.d/zz-test.conf")
    conf.write_text("[Journal]\nStorage=persistent\n")
    recovery = world.CONF / "recovery.pub"
    if not recovery.exists():
        recovery.write_text("a line\n")
    world.user_add("beheer", "sshd,sudo", "--role", "administrator")
    world.user_add("gast", "sshd")


@contextlib.contextmanager
def changed(path, text=None, mode=None):
    """A file with other content or another mode, for a while."""
    path = pathlib.Path(path)
    before = path.read_bytes() if path.exists() else None
    before_mode = path.stat().st_mode & 0o7777 if path.exists() else None
    try:
        if text is not None:
            path.write_text(text)
        if mode is not None:
            path.chmod(mode)
        yield
    finally:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)
            path.chmod(before_mode)


def test_sound_world():
    status, answer = doctor("--all")
    assert problems(answer) == set()
    assert {finding["check"] for finding in answer["findings"]} > {
        "socket", "daemon", "version", "configuration", "store", "map", "key",
        "pam-profile", "pam-stack", "nss-lines", "nss-answer", "sshd-pam",
        "collision", "uid-range", "homes", "administrator", "root", "space",
        "journal"}
    assert status == 7
    assert answer["worst"] == "warning"
    assert answer["counts"]["error"] == 0


def test_only_problems_unless_all():
    text = world.run("cloxxsctl", "doctor", check=False).stdout
    assert "ok " not in text
    assert " sound, 0 not looked at" in text
    assert "pam-stack: a denial ends every phase of" in world.run(
        "cloxxsctl", "doctor", "--all", check=False).stdout
    assert "\033[" not in text


def test_quick():
    began = time.monotonic()
    doctor("--all")
    assert time.monotonic() - began < 3


def test_changes_nothing():
    def tree():
        found = world.run("find", "/etc", "/var/lib/cloxxs", "/root", "/run",
                          "-xdev", "-type", "f",
                          "!", "-path", "*/journal/*",
                          "!", "-path", "*/private/*",
                          "-printf", "%p %s %T@ %m %u\n")
        return found.stdout
    before = tree()
    doctor("--all")
    assert tree() == before


def test_daemon_down():
    with world.cloxxsd.stopped():
        status, answer = doctor()
    assert status == 8
    assert ("daemon", "error") in problems(answer)
    assert answer["seconds"] < 3


def test_daemon_hangs():
    with world.cloxxsd.frozen():
        status, answer = doctor()
    assert status == 8
    assert ("daemon", "error") in problems(answer)
    assert answer["seconds"] < 3


def test_not_root():
    world.run("useradd", "-m", "kijker")
    try:
        status, answer = doctor(user="kijker")
    finally:
        world.run("userdel", "-r", "kijker", check=False)
    assert status in (0, 7)
    skipped = {finding["check"] for finding in answer["findings"]
               if finding["severity"] == "skipped"}
    assert {"daemon", "store", "sshd", "root"} <= skipped
    assert problems(answer) == set()


def test_map_damaged():
    kept = MAP.read_bytes()
    with open(MAP, "r+b") as file:
        file.write(b"NOTAMAP!")
    try:
        assert ("map", "error") in problems(doctor()[1])
    finally:
        with open(MAP, "r+b") as file:
            file.write(kept[:8])
    assert problems(doctor()[1]) == set()


def test_map_of_another():
    """A map in the place of the daemon's."""
    kept, other = MAP.with_suffix(".kept"), MAP.with_suffix(".other")
    os.link(MAP, kept)
    shutil.copy2(MAP, other)
    shutil.chown(other, world.DAEMON_USER, world.DAEMON_USER)
    with open(other, "r+b") as file:
        file.seek(16)
        file.write(struct.pack("<Q", 4711))
    os.replace(other, MAP)
    try:
        assert ("map", "error") in problems(doctor()[1])
        assert "generation 4711" in seen("map")
    finally:
        os.replace(kept, MAP)
    assert problems(doctor()[1]) == set()


@pytest.mark.parametrize("path, mode, check", [
    (KEY, 0o644, "key"), (KEY, 0o660, "key"), (MAP, 0o600, "map"),
    (world.STATE / "private/store.db", 0o640, "store"),
    (world.STATE / "private", 0o755, "state"),
    (world.SOCKET, 0o600, "socket"), ("/run/cloxxs", 0o777, "socket"),
])
def test_modes(path, mode, check):
    path = pathlib.Path(path)
    before = path.stat().st_mode & 0o7777
    path.chmod(mode)
    try:
        assert (check, "error") in problems(doctor()[1])
    finally:
        path.chmod(before)
    assert problems(doctor()[1]) == set()


def test_owner():
    os.chown(KEY, 65534, 0)
    try:
        assert ("key", "error") in problems(doctor()[1])
    finally:
        os.chown(KEY, 0, 0)


def test_key_gone_and_cut():
    kept = KEY.read_bytes()
    KEY.unlink()
    try:
        assert ("key", "error") in problems(doctor()[1])
        KEY.write_bytes(kept[:31])
        KEY.chmod(0o600)
        assert ("key", "error") in problems(doctor()[1])
    finally:
        KEY.write_bytes(kept)
        KEY.chmod(0o600)


@pytest.mark.skipif(not shutil.which("git"), reason="git is missing")
def test_key_in_history():
    run = world.run
    run("git", "-C", "/etc", "init", "-q")
    try:
        assert ("key-copy", "error") not in problems(doctor()[1])
        run("git", "-C", "/etc", "add", "cloxxs/cloxxs.key")
        assert ("key-copy", "error") in problems(doctor()[1])
    finally:
        shutil.rmtree("/etc/.git")


def test_impostor():
    """Somebody else's socket in the daemon's place."""
    with world.cloxxsd.stopped():
        pathlib.Path(world.SOCKET).unlink(missing_ok=True)
        other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        child = os.fork()
        if child == 0:
            os.chown("/run/cloxxs", 0, 0)
            other.bind(world.SOCKET)
            os.chmod(world.SOCKET, 0o666)
            os.setuid(65534)
            other.listen(8)
            time.sleep(30)
            os._exit(0)
        try:
            world.wait_until(
                lambda: "somebody else answers" in seen("daemon"), 5,
                "the impostor to be found")
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            pathlib.Path(world.SOCKET).unlink(missing_ok=True)


def test_profile_off():
    world.pam_auth_update("--disable", "cloxxs")
    try:
        assert ("pam-profile", "error") in problems(doctor()[1])
    finally:
        world.pam_auth_update("--package", "--enable", "cloxxs")
    assert problems(doctor()[1]) == set()


def test_homes_not_made():
    world.pam_auth_update("--disable", "mkhomedir")
    try:
        assert ("homes", "warning") in problems(doctor()[1])
    finally:
        world.pam_auth_update("--package", "--enable", "mkhomedir")


@pytest.mark.parametrize("name, old, new, said", [
    ("common-auth", "default=die", "default=ignore", "falls through"),
    ("common-account", "default=die", "default=ignore", "falls through"),
    ("common-auth", "auth\t[success=3", "auth sufficient pam_unix.so\n"
     "auth\t[success=3", "before pam_cloxxs.so is asked"),
])
def test_stack_weakened(name, old, new, said):
    text = (PAM / name).read_text()
    if old not in text:
        old = old.replace("success=3", "success=2")
        new = new.replace("success=3", "success=2")
    assert old in text, text
    with changed(PAM / name, text.replace(old, new)):
        assert ("pam-stack", "error") in problems(doctor()[1])
        assert said in seen("pam-stack")
        assert f"/etc/pam.d/{name}:" in seen("pam-stack")
    assert problems(doctor()[1]) == set()


def test_stack_without_us():
    with changed(PAM / "sshd", "auth required pam_unix.so\n"
                 "account required pam_unix.so\n"):
        assert ("pam-stack", "error") in problems(doctor()[1])
        assert "sshd: " in seen("pam-stack")


def test_stack_unreadable():
    with changed(PAM / "sshd", "@include sshd\nautj required x.so\n"
                 "auth [success=ok pam_unix.so\n"):
        assert ("pam-file", "error") in problems(doctor()[1])
        assert "/etc/pam.d/sshd:2" in seen("pam-file")


@pytest.mark.parametrize("old, new, said", [
    ("passwd:         files cloxxs", "passwd: files", "is not asked"),
    ("passwd:         files cloxxs", "passwd: cloxxs files", "before files"),
    ("passwd:         files cloxxs",
     "passwd: files [NOTFOUND=return] cloxxs", "ends the asking"),
    ("initgroups:     files [SUCCESS=continue]", "initgroups: files",
     "SUCCESS=continue"),
    ("group:          files cloxxs", "group: files", "is not asked"),
])
def test_switch(old, new, said):
    text = SWITCH.read_text()
    assert old in text, text
    with changed(SWITCH, text.replace(old, new)):
        assert any(check == "nss-lines"
                   for check, _ in problems(doctor()[1]))
        assert said in seen("nss-lines")
        assert "/etc/nsswitch.conf:" in seen("nss-lines")


@pytest.mark.parametrize("line, check, severity", [
    ("UsePAM no", "sshd-pam", "error"),
    ("KbdInteractiveAuthentication no", "sshd-keyboard", "error"),
    ("PasswordAuthentication yes", "sshd-password", "warning"),
    ("LoginGraceTime 20", "sshd-grace", "warning"),
    ("UseDNS yes", "sshd-dns", "warning"),
    ("PermitRootLogin yes", "sshd-root", "warning"),
    ("PasswordAuthentication yes\nAuthenticationMethods password",
     "sshd-methods", "error"),
    ("Match User beheer\nKbdInteractiveAuthentication no", "sshd-keyboard",
     "error"),
    ("AuthorizedKeysCommandUser nobody", "sshd-keys", "error"),
    ("Nonsense 1", "sshd", "error"),
])
def test_sshd(line, check, severity):
    if line.startswith("Match"):
        # Asked for the first user of the map, whoever that is.
        name = world.cloxxsctl_json("user", "list")[0]["name"]
        line = line.replace("User beheer", "User *") if name else line
    with changed(SSHD / "00-doctor.conf", line + "\n"):
        assert (check, severity) in problems(doctor()[1])
        if check != "sshd":
            assert re.search(r"00-doctor.conf:\d\)", seen(check))
    assert problems(doctor()[1]) == set()


KEYS = pathlib.Path("/usr/libexec/cloxxs/cloxxs-authorized-keys")


@pytest.mark.parametrize("path", [KEYS, KEYS.parent])
def test_command_for_keys(path):
    """sshd runs no command that others than root may change."""
    mode = path.stat().st_mode
    path.chmod(mode | 0o020)
    try:
        assert ("sshd-keys", "error") in problems(doctor()[1])
        assert f"may change {path}:" in seen("sshd-keys")
    finally:
        path.chmod(mode)
    with changed(SSHD / "00-doctor.conf",
                 "AuthorizedKeysCommand /usr/bin/true\n"
                 "AuthorizedKeysCommandUser nobody\n"):
        assert "AuthorizedKeysCommand /usr/bin/true" in seen("sshd-keys")
    assert problems(doctor()[1]) == set()


@pytest.mark.parametrize("line", [
    "beheer:x:1234:1234::/:/bin/sh\n", "ander:x:66000:1234::/:/bin/sh\n"])
def test_collision(line):
    with changed("/etc/passwd",
                 pathlib.Path("/etc/passwd").read_text() + line):
        assert ("collision", "error") in problems(doctor()[1])
        assert "/etc/passwd:" in seen("collision")


def test_subuid():
    with changed("/etc/subuid", "jan:60000:65536\n"):
        assert ("uid-range", "error") in problems(doctor()[1])
        assert "/etc/subuid:1" in seen("uid-range")


def test_no_way_in():
    world.run("usermod", "-p", "*", "root")
    try:
        assert ("root", "error") in problems(doctor()[1])
    finally:
        world.run("chpasswd", stdin="root:alleen op de console\n")


def test_administrator_locked():
    """Not by a verb, which would refuse it: by wrong answers."""
    for _ in range(3):
        world.ssh("beheer", ["fout, en nog eens fout"], "true")
    try:
        assert ("administrator", "warning") in problems(doctor()[1])
    finally:
        world.cloxxsctl("user", "unlock", "beheer", "--reason", "test")


@pytest.mark.parametrize("networks, severity, said", [
    ("any", "warning", "from wherever users may"),
    ("none", "warning", "1 administrators with the service sshd"),
    ("192.0.2.0/24", "ok", "192.0.2.0/24"),
])
def test_administrator_networks(networks, severity, said):
    """As the daemon has them, not as the files would have them."""
    conf = world.CONF / "cloxxsd.conf.d/20-test.conf"
    try:
        conf.write_text(f"[administrators]\nnetworks = {networks}\n")
        assert "192.0.2.0" not in seen("administrator-networks")
        world.cloxxsd.restart()
        found = [one for one in doctor("--all")[1]["findings"]
                 if one["check"] == "administrator-networks"]
        assert [one["severity"] for one in found] == [severity]
        assert said in found[0]["seen"]
    finally:
        conf.unlink()
        world.cloxxsd.restart()


def test_no_way_in_but_keys():
    pathlib.Path("/root/.ssh").mkdir(mode=0o700, exist_ok=True)
    world.run("usermod", "-p", "*", "root")
    try:
        with changed("/root/.ssh/authorized_keys", "ssh-ed25519 x\n"):
            assert ("root", "warning") in problems(doctor()[1])
    finally:
        world.run("chpasswd", stdin="root:alleen op de console\n")


def test_journal_volatile():
    with changed("/etc/systemd/journald.conf.d/zz-test.conf",
                 "[Journal]\nStorage=volatile\n"):
        assert ("journal", "warning") in problems(doctor()[1])


def test_configuration():
    with changed(world.CONF / "cloxxsd.conf", "[nonsense]\nkey = 1\n"):
        assert ("configuration", "error") in problems(doctor()[1])
        assert "cloxxsd.conf:1" in seen("configuration")


def test_module_gone():
    path = pathlib.Path(world.run("find", "/usr/lib", "-name",
                                  "pam_cloxxs.so").stdout.strip())
    away = path.with_suffix(".away")
    path.rename(away)
    try:
        assert ("pam-module", "error") in problems(doctor()[1])
    finally:
        away.rename(path)


def nagios():
    done = world.run("cloxxsctl", "doctor", "--nagios", check=False)
    assert done.stdout.count("\n") == 1 and done.stdout.count("|") == 1
    return done.returncode, done.stdout


def test_nagios():
    status, line = nagios()
    assert status in (0, 1), line
    with world.cloxxsd.stopped():
        status, line = nagios()
    assert status == 2
    assert line.startswith("CLOXXS CRITICAL - ")
    assert " | errors=" in line


def test_nagios_takes_no_figures_from_foreign_text():
    with changed(PAM / "sshd", "au|th=1;; x y\n"):
        assert nagios()[0] == 2


def test_another_root(tmp_path):
    (tmp_path / "etc/pam.d").mkdir(parents=True)
    (tmp_path / "etc/nsswitch.conf").write_text("passwd: files\ngroup: files\n")
    status, answer = doctor("--root", str(tmp_path))
    assert status == 8
    assert ("nss-lines", "error") in problems(answer)
    assert "daemon" in {finding["check"] for finding in answer["findings"]
                        if finding["severity"] == "skipped"}


def test_foreign_bytes_are_escaped():
    with changed(PAM / "\033[31mboe", "auth\n"):
        text = world.run("cloxxsctl", "doctor", "--all", check=False).stdout
        assert "\033" not in text
        assert "\\x1b[31mboe" in text
