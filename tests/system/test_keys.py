# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys change while people log in, and none of them is found anywhere."""

import base64
import pathlib
import re
import stat
import threading

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import STRONG

KEY = world.CONF / "cloxxs.key"
PUBLIC = world.CONF / "recovery.pub"
N_LOGINS = 50


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


def keys():
    return world.cloxxsctl_json("key", "list")


def wait_until_resealed():
    world.wait_until(lambda: not keys()["resealing"], 30, "resealing")


def files_with(content):
    """Files of ours that hold these bytes, or their hexadecimal or base64."""
    forms = {content, content.hex().encode(), base64.b64encode(content)[:40]}
    found = []
    for top in ("/var/lib/cloxxs", "/run/cloxxs", "/run/log", "/var/log",
                "/var/tmp", "/var/backups"):
        for path in pathlib.Path(top).rglob("*"):
            if path.is_file() and any(form in path.read_bytes()
                                      for form in forms):
                found.append(path)
    return found


def test_abuse_85_rotate_while_logins_run(user):
    """50 logins during a rotation: all allowed; afterwards, and after a
    restart, the old hashes verify, and no key stands anywhere in clear."""
    abuse.make_user(user)
    before, old = keys(), KEY.read_bytes()
    verdicts = []

    def logins():
        for _ in range(N_LOGINS // 5):
            verdicts.append(abuse.verdict(user, STRONG))

    threads = [threading.Thread(target=logins) for _ in range(5)]
    for thread in threads:
        thread.start()
    answer = world.cloxxsctl_json("key", "rotate")
    for thread in threads:
        thread.join(60)
    assert len(verdicts) == N_LOGINS and set(verdicts) == {"allow"}
    wait_until_resealed()
    after, new = keys(), KEY.read_bytes()
    assert new[32:] == old and len(new) == len(old) + 32
    assert stat.S_IMODE(KEY.stat().st_mode) == 0o600
    assert not pathlib.Path(f"{KEY}.new").exists()
    assert [r["id"] for r in after["roots"] if r["in_force"]] == \
        [answer["root"]] == [after["roots"][0]["id"]]
    assert len(after["keys"]) == len(before["keys"]) + 2
    for key in after["keys"][:-2]:
        assert key["retired"] and not key["values"], key
    assert after["keys"][-2]["values"] > 0
    world.cloxxsd.restart()
    assert keys()["roots"] == after["roots"]
    assert abuse.verdict(user, STRONG) == "allow"
    world.run("journalctl", "--sync", check=False)
    listing = world.cloxxsctl("key", "list").stdout.encode()
    for root in new[:32], old[:32]:
        assert files_with(root) == []
        assert root.hex().encode() not in listing
        assert base64.b64encode(root)[:40] not in listing


def test_wrong_key(user):
    """It says by id what it needs; with the right file nothing was lost."""
    abuse.make_user(user)
    right, force = KEY.read_bytes(), keys()["roots"][0]["id"]
    world.cloxxsd.stop()
    try:
        KEY.write_bytes(bytes(range(32)))
        with pytest.raises(world.WorldError) as error:
            world.cloxxsd.start()
        assert force in str(error.value)
    finally:
        world.cloxxsd.stop()
        KEY.write_bytes(right)
    world.cloxxsd.start()
    assert abuse.verdict(user, STRONG) == "allow"


def test_rotate_by_the_file(user):
    """As a rotation that was killed behind its rename leaves it."""
    abuse.make_user(user)
    world.cloxxsd.stop()
    KEY.write_bytes(bytes(range(100, 132)) + KEY.read_bytes())
    world.cloxxsd.start()
    wait_until_resealed()
    assert keys()["roots"][0]["in_force"]
    assert abuse.verdict(user, STRONG) == "allow"


def test_rotate_only_the_right_file(tmp_path):
    other = tmp_path / "other.key"
    world.cloxxsctl("key", "create", str(other))
    content, before = other.read_bytes(), keys()
    done = world.cloxxsctl("key", "rotate", str(other), check=False)
    assert done.returncode == 6 and "in force" in done.stderr
    assert other.read_bytes() == content and keys() == before


def test_rotate_is_for_root(user):
    assert abuse.error_of(abuse.admin, "RotateKey", uid=abuse.STRANGER,
                          key="AAAA") == abuse.DENIED
    assert abuse.error_of(abuse.admin, "SetRecoveryKey", uid=abuse.STRANGER,
                          public_key="x") == abuse.DENIED


def test_abuse_109_recovery_key(tmp_path):
    """Shown once, to the file alone, and found nowhere afterwards."""
    identity = tmp_path / "identity"
    done = world.cloxxsctl("key", "recovery", "--identity", str(identity))
    text = identity.read_text()
    lines = text.splitlines()
    assert stat.S_IMODE(identity.stat().st_mode) == 0o600
    assert len(lines) == 5 and lines[0].startswith("cloxxs-identity-1 ")
    name = lines[0].split()[1]
    assert keys()["recovery_key"] == name
    assert re.fullmatch(f"cloxxs-recovery-1 [A-Za-z0-9+/]+=* {name}\n",
                        PUBLIC.read_text())
    for line in lines[1:]:
        secret = line.split(": ")[1]
        assert secret not in done.stdout + done.stderr
        assert files_with(secret.encode()) == []
    # Not written over, not replaced without being told to.
    again = world.cloxxsctl("key", "recovery", "--identity", str(identity),
                            "--yes", check=False)
    assert again.returncode == 6 and identity.read_text() == text
    other = tmp_path / "other"
    again = world.cloxxsctl("key", "recovery", "--identity", str(other),
                            check=False)
    assert again.returncode == 6 and not other.exists()
    assert keys()["recovery_key"] == name
    world.cloxxsctl("key", "recovery", "--identity", str(other), "--yes")
    assert keys()["recovery_key"] != name


def test_recovery_key_on_a_terminal():
    seen = world.converse(["cloxxsctl", "key", "recovery", "--yes"], [])
    assert seen.status == 0, seen.text
    assert len(re.findall(r"^[1-4]: (?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\r?$",
                          seen.text, re.M)) == 4
    # stdout may be a log: it goes to the terminal, or nowhere.
    done = world.run("setsid", "cloxxsctl", "key", "recovery", "--yes",
                     check=False)
    assert done.returncode == 2 and "no terminal" in done.stderr
    assert not re.search(r"^[1-4]: ", done.stdout, re.M)
