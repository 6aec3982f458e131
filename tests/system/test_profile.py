# SPDX-License-Identifier: GPL-3.0-or-later
"""The PAM profile: off leaves no trace, on ends with us for our users."""

import pathlib

import pytest

import cloxxs_world as world
from cloxxs_world import Typist

PAM = pathlib.Path("/etc/pam.d")
BEFORE = pathlib.Path("/run/world-pam.d-before")
STACKS = ["common-account", "common-auth", "common-password", "common-session",
          "common-session-noninteractive"]
LOCAL_PASSWORD = "plaatselijk en kort"


def stacks(directory):
    return {name: (directory / name).read_bytes() for name in STACKS}


@pytest.fixture
def local():
    name = "lokaal"
    if world.run("id", name, check=False).returncode != 0:
        world.run("useradd", "-m", "-s", "/bin/bash", name)
    world.run("chpasswd", stdin=f"{name}:{LOCAL_PASSWORD}\n")
    return name


@pytest.fixture
def traced():
    """Each line of pam_unix leaves a mark when the stack comes by it."""
    mark = pathlib.Path("/run/world-pam-unix-reached")
    mark.unlink(missing_ok=True)
    script = pathlib.Path("/usr/local/sbin/world-trace")
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f'#!/bin/sh\necho "$PAM_TYPE $PAM_USER" >>{mark}\n')
    script.chmod(0o755)
    kept = stacks(PAM)
    for name in STACKS:
        lines = []
        for line in kept[name].decode().splitlines():
            words = line.split()
            # The session's pam_unix is for everybody: it only writes a log.
            if "pam_unix.so" in words and words[0] != "session":
                before = f"{words[0]} optional pam_exec.so quiet {script}"
                # Jumps over pam_unix now have one more line to jump over.
                lines = [more.replace("success=2", "success=3")
                         for more in lines] + [before]
            lines.append(line)
        (PAM / name).write_text("\n".join(lines) + "\n")
    yield lambda: mark.read_text().split("\n") if mark.exists() else []
    for name, content in kept.items():
        (PAM / name).write_bytes(content)


def test_off_is_byte_for_byte_as_before():
    enabled = stacks(PAM)
    assert all(b"pam_cloxxs.so" in text for text in enabled.values())
    try:
        world.pam_auth_update("--disable", "cloxxs", "mkhomedir")
        assert stacks(PAM) == stacks(BEFORE)
        world.pam_auth_update("--enable", "cloxxs")
        assert b"pam_cloxxs.so" in (PAM / "common-auth").read_bytes()
        world.pam_auth_update("--disable", "cloxxs")
        assert stacks(PAM) == stacks(BEFORE)
    finally:
        world.pam_auth_update("--package", "--enable", "cloxxs", "mkhomedir")
    assert stacks(PAM) == enabled


def test_off_by_default():
    for text in stacks(BEFORE).values():
        assert b"cloxxs" not in text


def test_first_in_each_stack():
    for name, text in stacks(PAM).items():
        modules = [line.split() for line in text.decode().splitlines()
                   if line and line[0] not in "#"]
        flat = [" ".join(line) for line in modules]
        ours = next(i for i, line in enumerate(flat) if "pam_cloxxs" in line)
        unix = next(i for i, line in enumerate(flat) if "pam_unix" in line)
        assert ours < unix, name
        assert "default=die" in flat[ours], name


def test_trace_sees_a_local_user(traced, local):
    """The trace of the next tests can fail."""
    assert world.ssh(local, [LOCAL_PASSWORD], "true").status == 0
    assert f"auth {local}" in traced()
    assert f"account {local}" in traced()


def test_pam_unix_never_reached_by_ours(traced, user):
    password = world.user_with_password(user)
    assert world.ssh(user, [password], "true").status == 0
    assert world.ssh(user, ["fout, en nog eens fout"], "true").status == 255
    key = world.make_key(user)
    options = ["IdentityAgent=none", key]
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
    assert world.ssh(user, [], "true", world.KEY, options).status == 0
    world.ssh(user, Typist(password, "weer een heel ander woord", tries=2),
              "passwd", tty=True)
    world.cloxxsctl("user", "lock", user, "--reason", "test")
    assert world.ssh(user, [password], "true").status == 255
    assert world.ssh(user, [], "true", world.KEY, options).status == 255
    with world.cloxxsd.stopped():
        assert world.ssh(user, [password], "true").status == 255
        assert world.ssh(user, [], "true", world.KEY, options).status == 255
    assert [line for line in traced() if user in line] == []


def test_local_user_changes_his_password(local):
    """With our module first, pam_unix is told to use a password that somebody
    before it asked for."""
    world.run("chage", "-m", "0", local)
    seen = world.converse(
        ["runuser", "-u", local, "passwd"],
        Typist(LOCAL_PASSWORD, "iets nieuws 4 mij", tries=2))
    assert seen.status == 0, seen.text
    assert world.ssh(local, ["iets nieuws 4 mij"], "true").status == 0


def test_missing_module_locks_out_nobody_but_ours(user, local):
    password = world.user_with_password(user)
    key = world.make_key(user)
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
    assert world.ssh(user, [], "true", world.KEY, [key]).status == 0
    module = pathlib.Path(world.run("find", "/usr/lib", "-name",
                                    "pam_cloxxs.so").stdout.strip())
    away = module.with_suffix(".away")
    module.rename(away)
    try:
        assert world.ssh(local, [LOCAL_PASSWORD], "true").status == 0
        assert world.ssh(user, [password], "true").status == 255
        assert world.ssh(user, [], "true", world.KEY, [key]).status == 255
    finally:
        away.rename(module)


def test_profile_off_names_served(user):
    """Without the profile there is nobody to judge our users: no way in."""
    password = world.user_with_password(user)
    key = world.make_key(user)
    world.sshd.configure("AuthorizedKeysFile /etc/ssh/authorized_keys/%u\n")
    assert world.ssh(user, [], "true", world.KEY, [key]).status == 0
    world.pam_auth_update("--disable", "cloxxs")
    try:
        assert world.ssh(user, [password], "true").status == 255
        assert world.ssh(user, [], "true", world.KEY, [key]).status == 255
    finally:
        world.pam_auth_update("--package", "--enable", "cloxxs")
