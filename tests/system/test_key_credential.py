# SPDX-License-Identifier: GPL-3.0-or-later
"""The key file encrypted by the system's own systemd-creds."""

import contextlib
import pathlib
import stat
import subprocess

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG

KEY = world.CONF / "cloxxs.key"
CRED = world.CONF / "cloxxs.key.cred"
DROPIN = pathlib.Path("/etc/systemd/system/cloxxsd.service.d/key.conf")
SECRET = pathlib.Path("/var/lib/systemd/credential.secret")
HANDED_OVER = pathlib.Path(world.cloxxsd.CREDENTIALS) / "cloxxs.key"


def decrypted():
    done = subprocess.run(
        ["systemd-creds", "decrypt", "--name=cloxxs.key", str(CRED), "-"],
        capture_output=True, timeout=60, check=True)
    return done.stdout


def hand_over():
    """What systemd does for LoadCredentialEncrypted=."""
    HANDED_OVER.unlink(missing_ok=True)
    HANDED_OVER.write_bytes(decrypted())
    HANDED_OVER.chmod(0o400)
    world.run("chown", world.DAEMON_USER, str(HANDED_OVER))


@pytest.fixture(scope="module", autouse=True)
def encrypted():
    """A host whose plain key was encrypted, and went."""
    abuse.configure()
    plain = KEY.read_bytes()
    DROPIN.parent.parent.mkdir(parents=True, exist_ok=True)
    done = world.cloxxsctl("key", "create", str(CRED), "--with-key", "host",
                           "--yes")
    assert f"shred -u {KEY}" in done.stdout
    assert stat.S_IMODE(CRED.stat().st_mode) == 0o600
    assert decrypted() == plain and plain not in CRED.read_bytes()
    world.cloxxsd.stop()
    world.run("shred", "-u", str(KEY))
    world.cloxxsd.prepare = hand_over
    world.cloxxsd.start()
    yield
    world.cloxxsd.stop()
    KEY.write_bytes(decrypted())
    KEY.chmod(0o600)
    for path in CRED, DROPIN:
        path.unlink()
    del world.cloxxsd.prepare
    world.cloxxsd.start()


@contextlib.contextmanager
def without_host_key():
    """The host's key exchanged for another one."""
    kept = SECRET.read_bytes()
    SECRET.unlink()
    world.run("systemd-creds", "setup")
    try:
        yield
    finally:
        SECRET.unlink()
        SECRET.write_bytes(kept)
        SECRET.chmod(0o400)


def test_drop_in():
    assert DROPIN.read_text() == (
        "[Service]\nLoadCredential=\n"
        f"LoadCredentialEncrypted=cloxxs.key:{CRED}\n")
    assert stat.S_IMODE(DROPIN.stat().st_mode) == 0o644


def test_never_written_over():
    before = CRED.read_bytes()
    again = world.cloxxsctl("key", "create", str(CRED), "--with-key", "host",
                            check=False)
    assert again.returncode == 6 and CRED.read_bytes() == before
    # A drop-in that is there is somebody's.
    text = DROPIN.read_text()
    other = world.CONF / "other.cred"
    try:
        done = world.cloxxsctl("key", "create", str(other), "--with-key",
                               "host", "--yes", check=False)
        assert done.returncode == 6 and str(DROPIN) in done.stderr
        assert DROPIN.read_text() == text
    finally:
        other.unlink()
    for words in ([str(other), "--yes"], ["here.cred", "--with-key", "host"],
                  ["/etc/a b", "--with-key", "host"]):
        done = world.cloxxsctl("key", "create", *words, check=False)
        assert done.returncode == 2, words


def test_rotate(user):
    abuse.make_user(user)
    before, old = CRED.read_bytes(), decrypted()
    done = world.cloxxsctl("key", "rotate")
    assert "--with-key host" in done.stdout
    new = decrypted()
    assert CRED.read_bytes() != before
    assert new[32:] == old and len(new) == len(old) + 32
    assert stat.S_IMODE(CRED.stat().st_mode) == 0o600
    assert not KEY.exists() and not pathlib.Path(f"{CRED}.new").exists()
    world.wait_until(
        lambda: not world.cloxxsctl_json("key", "list")["resealing"], 30,
        "resealing")
    world.cloxxsd.restart()
    roots = world.cloxxsctl_json("key", "list")["roots"]
    assert roots[0]["in_force"] and len(roots) == len(new) // 32
    assert abuse.verdict(user, STRONG) == "allow"


def test_recover(user):
    """cloxxs-offline has the key by a descriptor."""
    abuse.make_user(user)
    with world.cloxxsd.stopped():
        assert world.cloxxsctl_json("recover", "check")["sound"] is True
        temporary = world.temporary_password(
            "recover", "reset-password", user, "--reason", "test")
        assert temporary
    assert abuse.verdict(user, STRONG) != "allow"
    assert not KEY.exists()


def test_wrong_host_key():
    """It says so, and nothing is changed."""
    before = CRED.read_bytes()
    with without_host_key():
        done = world.cloxxsctl("key", "rotate", check=False)
        assert done.returncode == 1
        assert "another host" in done.stderr
        world.cloxxsd.stop()
        done = world.cloxxsctl("recover", "check", check=False)
        assert done.returncode == 1 and "another host" in done.stderr
        assert str(CRED) in done.stderr
    world.cloxxsd.start()
    assert CRED.read_bytes() == before and not KEY.exists()


def test_tpm():
    if world.run("systemd-creds", "has-tpm2", "--quiet",
                 check=False).returncode != 0:
        done = world.cloxxsctl("key", "create", "/etc/cloxxs/t.cred",
                               "--with-key", "tpm2", check=False)
        assert done.returncode == 1 and "nothing was made" in done.stderr
        assert not pathlib.Path("/etc/cloxxs/t.cred").exists()
        pytest.skip("no TPM here; ./check --boot makes one of software")
    place = world.CONF / "t.cred"
    world.cloxxsctl("key", "create", str(place), "--with-key", "tpm2")
    place.unlink()


def test_plain_file_is_told():
    """One that lies beside it again is a warning of the doctor's."""
    KEY.write_bytes(decrypted())
    KEY.chmod(0o600)
    try:
        done = world.cloxxsctl("doctor", check=False)
        assert "lies in clear" in done.stdout
        assert f"shred -u {KEY}" in done.stdout
        # The encrypted one is still the one that is rotated.
        assert "is encrypted anew" in world.cloxxsctl("key", "rotate").stdout
    finally:
        KEY.unlink()
    assert "lies in clear" not in world.cloxxsctl("doctor",
                                                  check=False).stdout
