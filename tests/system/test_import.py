# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of other systems come in: with their old passwords, all or none."""

import pathlib
import random
import re
import shutil
import subprocess
import threading

import pytest

import abuse
import cloxxs_world as world
from cloxxs_world import cloxxsctl, run

FILES = pathlib.Path("/run/import")
# Of "U*U", in the vectors of crypt_blowfish.
BCRYPT = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


@pytest.fixture(autouse=True)
def cheap():
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(mode=0o700)
    if not abuse.CONFIG.exists():
        abuse.configure()


def write(name, text):
    path = FILES / name
    path.write_text(text)
    return str(path)


def line_of(path, name):
    lines = pathlib.Path(path).read_text().splitlines()
    return next(line for line in lines if line.startswith(name + ":")) + "\n"


def local_user(name, password, method):
    """A real account, as Debian makes it."""
    run("useradd", "-m", "-c", "A. Person", "-s", "/bin/bash", name)
    if method == "BCRYPT":
        run("usermod", "-p", BCRYPT, name)
    else:
        run("chpasswd", "-c", method, stdin=f"{name}:{password}\n")


def stored(name):
    [(blob,)] = abuse.query("SELECT password FROM user WHERE name = ?", name)
    return blob


@pytest.mark.parametrize("method, prefix, password", [
    ("YESCRYPT", "$y$j9T$", "oud en vertrouwd"),
    ("SHA512", "$6$", "oud en vertrouwd"),
    ("BCRYPT", "$2b$05$", "U*U"),
])
def test_the_old_password_is_good_once(user, method, prefix, password):
    """Then what stands there is ours, and the password is the same."""
    local_user(user, password, method)
    old_uid = run("id", "-u", user).stdout.strip()
    passwd = write("passwd", line_of("/etc/passwd", user))
    shadow = write("shadow", line_of("/etc/shadow", user))
    assert prefix in pathlib.Path(shadow).read_text()
    arguments = ["user", "import", passwd, "--format", "passwd", "--shadow",
                 shadow, "--services", "sshd"]
    # As long as the local account stands there, its name is not free.
    done = cloxxsctl(*arguments, check=False)
    assert done.returncode == 2
    assert f"{passwd}:1: name: It stands in /etc/" in done.stderr
    run("userdel", user)
    done = cloxxsctl(*arguments, "--dry-run")
    assert "1 to be added" in done.stdout and "Nothing was changed" in \
        done.stdout
    assert abuse.query("SELECT 1 FROM user WHERE name = ?", user) == []
    assert "1 added" in cloxxsctl(*arguments).stdout
    run("chown", "-R", f"{user}:", f"/home/{user}")
    assert run("id", "-u", user).stdout.strip() not in ("", old_uid)
    first = stored(user)
    assert world.ssh(user, ["not this one"], "true").status != 0
    assert stored(user) == first
    assert world.ssh(user, [password], "test -O .").status == 0
    second = stored(user)
    assert second != first
    assert world.ssh(user, [password], "true").status == 0
    # A hash of the configured cost is not made again.
    assert stored(user) == second
    assert abuse.show(user)["password"] == "chosen"
    assert "A. Person" not in cloxxsctl("user", "show", user).stdout
    for secret in prefix, "A. Person":
        assert secret.encode() not in abuse.STORE.read_bytes()


def test_faults_are_told_by_line():
    """abuse_126: every field, exactly as it is, and nothing is changed."""
    before = cloxxsctl("user", "export").stdout
    path = write("users.csv", "\n".join([
        "name,uid,home", "good,,", "'; DROP TABLE user;--,,", "a%,,",
        '"=1+1",,', "root,,", "x,5,", "y,,/home/../etc", "good,,",
        "z,seven,"]) + "\n")
    done = cloxxsctl("user", "import", path, check=False)
    assert done.returncode == 2
    told = dict(re.findall(r":(\d+): (.*)", done.stderr))
    assert sorted(map(int, told)) == list(range(3, 11))
    assert "line 2 already" in told["9"] and "system" in told["6"]
    assert "8 faults; nothing was changed" in done.stderr
    assert cloxxsctl("user", "export").stdout == before


def test_formats_are_not_guessed():
    path = write("users", "name\nanna\n")
    done = cloxxsctl("user", "import", path, check=False)
    assert done.returncode == 2 and "--format" in done.stderr
    done = cloxxsctl("user", "import", "/nowhere.csv", check=False)
    assert done.returncode == 3
    done = cloxxsctl("user", "import", path, "--format", "csv", "--shadow",
                     path, check=False)
    assert done.returncode == 2


def empty_store():
    world.cloxxsd.stop()
    shutil.rmtree(abuse.STORE.parent)
    world.cloxxsd.start()


@pytest.mark.parametrize("form", ["csv", "json"])
def test_export_comes_in_again(user, form):
    """Into the same store it changes nothing; into an empty one it is all."""
    name = user[:20]
    uid = {"csv": 70123, "json": 71123}[form]
    path = write("users.json", f"""[
        {{"name": "{name}a", "role": "administrator", "language": "nl"}},
        {{"name": "{name}b", "enabled": false, "uid": {uid},
          "services": ["sshd", "sudo"], "home": "/srv/b"}}]""")
    cloxxsctl("user", "import", path)
    cloxxsctl("user", "add", f"{name}c", "--services", "sshd")
    before = cloxxsctl("user", "export", "--format", form).stdout
    assert f"{name}b" in before and str(uid) in before
    records = abuse.query("SELECT count(*) FROM ledger")
    again = cloxxsctl("user", "import", "-", "--format", form, "--dry-run",
                      stdin=before).stdout
    assert again.startswith("0 to be added, 0 to be changed, ")
    cloxxsctl("user", "import", "-", "--format", form, stdin=before)
    assert cloxxsctl("user", "export", "--format", form).stdout == before
    assert abuse.query(
        "SELECT count(*) FROM ledger WHERE event IN ('user-added',"
        " 'user-changed')")[0][0] <= records[0][0]
    empty_store()
    assert name not in cloxxsctl("user", "export").stdout
    cloxxsctl("user", "import", "-", "--format", form, stdin=before)
    assert cloxxsctl("user", "export", "--format", form).stdout == before
    # A spreadsheet finds no formula in it.
    assert not re.search(r'(?m)(^|,)"?[=+\-@\t\r]', before)


def test_update(user):
    world.user_add(user, "sshd")
    path = write("users.csv", f"name,services\n{user},\"sshd,sudo\"\n")
    done = cloxxsctl("user", "import", path, check=False)
    assert done.returncode == 2 and "differs (services" in done.stderr
    assert "1 changed" in cloxxsctl("user", "import", path, "--update").stdout
    assert abuse.show(user)["services"] == ["sshd", "sudo"]


MANY = 3000


def test_abuse_127_killed_in_the_middle():
    """All of them or none; and each has his record in the end."""
    empty_store()
    path = write("users.csv", "name,services\n" + "".join(
        f"many{n},sshd\n" for n in range(MANY)))
    chance = random.Random(127)
    for turn in range(12):
        child = subprocess.Popen(
            ["cloxxsctl", "user", "import", path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # Not a wait: the moment of the kill.
        threading.Event().wait(chance.uniform(0, 0.15 * (turn + 1)))
        world.cloxxsd.kill()
        output = child.communicate(timeout=60)[0]
        abuse.integrity()
        world.cloxxsd.start()
        [(n,)] = abuse.query("SELECT count(*) FROM user")
        assert n in (0, MANY), output
        assert child.returncode != 0 or n == MANY
        assert abuse.query("SELECT count(*) FROM import_record") == [(0,)]
        [(added,)] = abuse.query(
            "SELECT count(*) FROM ledger WHERE event = 'user-added'")
        assert added == n
        if n:
            break
    cloxxsctl("user", "import", path, timeout=120)
    assert abuse.query("SELECT count(*) FROM user") == [(MANY,)]
    assert run("id", "-u", f"many{MANY - 1}").stdout.strip()
