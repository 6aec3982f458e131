# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl setup: from installed programs to a guarded login, and back."""

import hashlib
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import cloxxs_world as world
from cloxxs_world import Typist

RECORD = pathlib.Path("/var/lib/cloxxs-setup")
SYSTEMCTL = pathlib.Path("/usr/bin/systemctl")
HERE = pathlib.Path("/src/tests/system")
SNIPPET = pathlib.Path("/etc/ssh/sshd_config.d/10-cloxxs.conf")
KEY = world.CONF / "cloxxs.key"
RECOVERY = world.CONF / "recovery.pub"
# Of a setup that was undone these stay, and pam-auth-update and passwd keep
# copies of their own.
STAYS = ("/etc/cloxxs", "/etc/.pwd.lock")


def tree():
    """Every file below /etc: content, mode and owner."""
    found = {}
    for directory, _, names in os.walk("/etc"):
        for name in names:
            path = os.path.join(directory, name)
            if path.startswith(STAYS):
                continue
            status = os.lstat(path)
            content = (os.readlink(path) if os.path.islink(path) else
                       hashlib.sha256(pathlib.Path(path).read_bytes())
                       .hexdigest())
            found[path] = (content, status.st_mode, status.st_uid,
                           status.st_gid)
    return found


def clear(directory):
    """Empties the daemon's own directory, by names that it gives."""
    for pattern in ("private/*", "access/*", "identity.map*"):
        for path in directory.glob(pattern):
            path.unlink()


@pytest.fixture(scope="module", autouse=True)
def bare():
    """A world as it is after the packages were installed: nothing is on."""
    for service in world.sshd, world.cloxxsd:
        service.stop()
    world.pam_auth_update("--disable", "cloxxs", "mkhomedir")
    SNIPPET.unlink()
    switch = pathlib.Path("/etc/nsswitch.conf")
    switch.write_text("# local\npasswd:         files systemd\n"
                      "group:          files [SUCCESS=merge] systemd # both\n"
                      "shadow:         files\nhosts:\tfiles dns\n")
    world.run("chpasswd", stdin="root:alleen op de console\n")
    SYSTEMCTL.unlink(missing_ok=True)
    shutil.copy(HERE / "setup_systemctl", SYSTEMCTL)
    pathlib.Path("/run/systemd/system").mkdir(parents=True, exist_ok=True)


@pytest.fixture
def fresh(bare):
    """Nothing set up, no store and no key; sshd runs."""
    if RECORD.exists():
        setup("undo", "--yes")
    world.cloxxsd.stop()
    KEY.unlink(missing_ok=True)
    RECOVERY.unlink(missing_ok=True)
    shutil.rmtree(world.cloxxsd.CREDENTIALS, ignore_errors=True)
    clear(world.STATE)
    world.sshd.start()
    yield tree()
    if RECORD.exists():
        done = setup("undo", "--yes")
        assert done.returncode == 0, done.stderr


@pytest.fixture(autouse=True)
def services_run():
    """Here the services are setup's to start."""
    world.journald.start()


@pytest.fixture(scope="module")
def killer(tmp_path_factory):
    library = tmp_path_factory.mktemp("kill") / "setup_kill.so"
    subprocess.run(["gcc", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library,
                    HERE / "setup_kill.c", "-ldl"], check=True)
    return library


def setup(*arguments, killer=None, kill=0):
    environment = dict(os.environ)
    if killer:
        environment |= {"LD_PRELOAD": str(killer), "SETUP_KILL": str(kill)}
    return world.run("cloxxsctl", "setup", *arguments, check=False,
                     timeout=120, env=environment)


def password_in(text):
    return re.search(r"Temporary password: +([a-z0-9-]+)", text).group(1)


def local_user():
    if world.run("id", "lokaal", check=False).returncode != 0:
        world.run("useradd", "-m", "-s", "/bin/bash", "lokaal")
    world.run("chpasswd", stdin="lokaal:plaatselijk\n")


def open_session():
    """A session of the local user that runs on; what it is told, it says."""
    option = world.make_key("lokaal")
    directory = pathlib.Path("/home/lokaal/.ssh")
    directory.mkdir(mode=0o700, exist_ok=True)
    keys = directory / "authorized_keys"
    shutil.copy("/etc/ssh/authorized_keys/lokaal", keys)
    shutil.rmtree("/etc/ssh/authorized_keys")
    shutil.chown(directory, "lokaal", "lokaal")
    shutil.chown(keys, "lokaal", "lokaal")
    session = subprocess.Popen(
        world.ssh_argv("lokaal", "cat", world.KEY, [option]), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    session.stdin.write("hallo\n")
    session.stdin.flush()
    assert session.stdout.readline() == "hallo\n"
    return session


def assert_local_gets_in(when):
    """By the one mode that sshd takes now, or the other."""
    # An sshd that reloads does not listen for a moment.
    seen = [world.ssh("lokaal", ["plaatselijk"], "true", mode,
                      options=["ConnectionAttempts=5"])
            for mode in (world.KBD, world.PASSWORD)]
    assert any(s.status == 0 for s in seen), (when, seen)


def assert_guarded(name, temporary):
    seen = world.ssh(name, Typist(temporary, world.STRONG), "id -un")
    assert seen.status == 0 and name in seen.text, seen.text
    assert world.ssh(name, ["helemaal fout"], "true").status == 255


def test_bare_to_guarded_and_back(fresh):
    began = time.monotonic()
    done = setup("--yes", "--administrator", "anna")
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - began < 60
    assert "0 errors" in done.stdout
    assert re.search(r"    ssh anna@", done.stdout)
    assert_guarded("anna", password_in(done.stdout))
    assert world.find_key(world.cloxxsctl_json("user", "show", "anna"),
                          "role") == "administrator"
    assert RECORD.stat().st_mode & 0o7777 == 0o700
    # Again: nothing is left to do.
    again = setup("--yes")
    assert again.returncode == 0, again.stderr
    assert "nothing left to do" in again.stdout
    # And back, byte for byte.
    undone = setup("undo", "--yes")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert tree() == fresh
    assert not RECORD.exists()
    assert not world.cloxxsd.pid()
    assert world.sshd.pid()
    assert KEY.exists()
    assert setup("undo", "--yes").returncode == 3


def test_switch_is_edited_and_nothing_else(fresh):
    assert setup("--yes", "--administrator", "anna").returncode == 0
    assert pathlib.Path("/etc/nsswitch.conf").read_text() == (
        "# local\npasswd:         files cloxxs systemd\n"
        "group:          files [SUCCESS=merge] cloxxs systemd # both\n"
        "shadow:         files\nhosts:\tfiles dns\n")


def test_local_user_and_session_stay(fresh):
    """Who logged in before logs in after, and stays in meanwhile."""
    local_user()
    before = tree()
    assert world.ssh("lokaal", ["plaatselijk"], "true",
                     world.PASSWORD).status == 0
    session = open_session()
    pids = world.sshd.pid()
    assert setup("--yes", "--administrator", "anna").returncode == 0
    assert world.sshd.pid() == pids, "sshd was restarted, not reloaded"
    session.stdin.write("nog steeds\n")
    session.stdin.flush()
    assert session.stdout.readline() == "nog steeds\n"
    session.stdin.close()
    assert session.wait(10) == 0
    assert world.ssh("lokaal", ["plaatselijk"], "true").status == 0
    assert setup("undo", "--yes").returncode == 0
    assert world.ssh("lokaal", ["plaatselijk"], "true",
                     world.PASSWORD).status == 0
    assert tree() == before


def test_dry_run_changes_nothing(fresh):
    done = setup("--dry-run", "--administrator", "anna")
    assert done.returncode == 0, done.stderr
    assert tree() == fresh
    assert not KEY.exists() and not RECORD.exists()
    assert "+passwd:         files cloxxs systemd" in done.stdout
    assert "-passwd:         files systemd" in done.stdout
    assert "--- /dev/null\n+++ /etc/ssh/sshd_config.d/10-cloxxs.conf" \
        in done.stdout
    assert "would run: pam-auth-update --enable cloxxs mkhomedir" \
        in done.stdout
    assert "would run: systemctl enable --now cloxxsd.socket" in done.stdout
    assert "would run: cloxxsctl user add anna --role administrator" \
        in done.stdout


def test_another_command_for_keys_is_left(fresh):
    """sshd has one: whoever came in by it before, still does."""
    theirs = pathlib.Path("/etc/ssh/sshd_config.d/50-theirs.conf")
    theirs.write_text("AuthorizedKeysCommand /usr/bin/true %u\n"
                      "AuthorizedKeysCommandUser nobody\n")
    try:
        done = setup("--yes", "--administrator", "anna")
        assert done.returncode == 0, done.stderr
        assert "AuthorizedKeysCommand already" in done.stderr
        said = world.run("/usr/sbin/sshd", "-T").stdout
        assert "\nauthorizedkeyscommand /usr/bin/true %u\n" in said
        assert "\nauthorizedkeyscommanduser nobody\n" in said
    finally:
        theirs.unlink()


def test_killed_anywhere_then_undone(fresh, killer):
    """At every write: what is there can be taken back, and root, local users
    and sshd are never harmed."""
    local_user()
    before = tree()
    # The even ones are the next test's.
    for kill in itertools.count(1, 2):
        done = setup("--yes", "--administrator", "anna", killer=killer,
                     kill=kill)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        world.run("/usr/sbin/sshd", "-t")
        if kill % 5 == 0:
            assert_local_gets_in(kill)
        if RECORD.exists():
            undone = setup("undo", "--yes")
            assert undone.returncode == 0, (kill, undone.stderr)
        assert tree() == before, kill
    assert kill > 10
    assert setup("undo", "--yes").returncode == 0
    assert tree() == before


def test_killed_anywhere_then_finished(fresh, killer):
    """The same again and again, each time one step further, to its end."""
    for kill in range(2, 80, 4):
        done = setup("--yes", "--administrator", "anna", killer=killer,
                     kill=kill)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    done = setup("--yes", "--administrator", "anna")
    assert done.returncode == 0, done.stderr
    temporary = world.temporary_password("user", "reset-password", "anna")
    assert_guarded("anna", temporary)
    assert setup("undo", "--yes").returncode == 0
    assert tree() == fresh


def test_undo_killed_and_undone(fresh, killer):
    assert setup("--yes", "--administrator", "anna").returncode == 0
    for kill in range(1, 60):
        done = setup("undo", "--yes", killer=killer, kill=kill)
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
    assert tree() == fresh
    assert not RECORD.exists()


def test_changed_since_is_left(fresh):
    assert setup("--yes", "--administrator", "anna").returncode == 0
    switch = pathlib.Path("/etc/nsswitch.conf")
    ours = switch.read_text()
    switch.write_text(ours + "# by hand\n")
    done = setup("undo", "--yes")
    assert done.returncode == 6
    assert "/etc/nsswitch.conf: was changed since and is left" in done.stderr
    assert switch.read_text() == ours + "# by hand\n"
    assert RECORD.exists()
    switch.write_text(ours)
    assert setup("undo", "--yes").returncode == 0
    assert tree() == fresh


def test_no_way_in_refused(fresh):
    world.run("usermod", "-p", "*", "root")
    try:
        before = tree()
        done = setup("--yes", "--administrator", "anna")
        assert done.returncode == 6
        assert "neither password nor key" in done.stderr
        assert tree() == before and not RECORD.exists()
    finally:
        world.run("chpasswd", stdin="root:alleen op de console\n")


@pytest.mark.parametrize("arguments, status, said", [
    (["--yes"], 2, "--administrator NAME is missing"),
    (["--yes", "--administrator", "root"], 2, "root's or opens doors"),
    (["--yes", "--administrator", "../../etc"], 2, "a name is made of"),
    (["--yes", "--administrator", "anna", "--services", "ssh d"], 2,
     "names of files in /etc/pam.d"),
    (["--yes", "--administrator", "anna", "--services", "sshd,"], 2, ""),
    (["--yes", "--administrator", "anna", "--country-database", "/nowhere"],
     3, "/nowhere"),
    (["ondo", "--yes"], 2, "undo"),
    ([], 2, "no terminal"),
    (["undo", "--yes"], 3, "nothing to undo"),
])
def test_bad_answers(fresh, arguments, status, said):
    done = setup(*arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert tree() == fresh and not RECORD.exists() and not KEY.exists()


def test_not_root(fresh):
    local_user()
    done = world.run("cloxxsctl", "setup", "--yes", "--administrator", "anna",
                     check=False, user="lokaal")
    assert done.returncode == 4


def test_sshd_refuses_snippet(fresh):
    """Settings that sshd would not take are gone again before any reload."""
    odd = pathlib.Path("/etc/ssh/sshd_config.d/50-odd.conf")
    odd.write_text("AuthenticationMethods password\n")
    try:
        done = setup("--yes", "--administrator", "anna")
        assert done.returncode == 1, done.stdout
        assert "stopped at \"sshd\"" in done.stderr
        assert not SNIPPET.exists()
        world.run("/usr/sbin/sshd", "-t")
    finally:
        odd.unlink()
    done = setup("--yes", "--administrator", "anna")
    assert done.returncode == 0, done.stderr
    assert "An earlier setup was interrupted" in done.stdout


def test_store_without_key_refused(fresh):
    assert setup("--yes", "--administrator", "anna").returncode == 0
    assert setup("undo", "--yes").returncode == 0
    kept = KEY.read_bytes()
    KEY.unlink()
    try:
        done = setup("--yes")
        assert done.returncode == 6
        assert "bring back" in done.stderr
        assert not KEY.exists()
    finally:
        KEY.write_bytes(kept)
        KEY.chmod(0o600)


def test_two_at_once(fresh):
    RECORD.mkdir(0o700)
    holder = subprocess.Popen(["flock", str(RECORD), "sleep", "30"])
    try:
        world.wait_until(lambda: world.run(
            "flock", "-n", str(RECORD), "true", check=False).returncode != 0,
            5, "the lock")
        done = setup("--yes", "--administrator", "anna")
        assert done.returncode == 6
        assert "another setup is under way" in done.stderr
    finally:
        holder.kill()
        holder.wait()
        RECORD.rmdir()


def test_record_of_another_refused(fresh):
    RECORD.mkdir(0o777)
    RECORD.chmod(0o777)
    try:
        assert setup("--yes", "--administrator", "anna").returncode == 6
        assert tree() == fresh
    finally:
        RECORD.rmdir()


def test_asked_on_a_terminal(fresh):
    """Questions, one refused answer, and a yes."""
    seen = world.converse(["cloxxsctl", "setup"],
                          ["Root!", "anna", "none", "yes", "none", "yes"],
                          timeout=60)
    assert seen.status == 0, seen.text
    assert "The identity of the recovery key." in seen.text
    assert RECOVERY.exists()
    assert "a name is made of" in seen.text
    assert_guarded("anna", password_in(seen.text))


def test_recovery_key_without_a_question(fresh, tmp_path):
    identity = tmp_path / "identity"
    done = setup("--yes", "--administrator", "anna", "--identity",
                 str(identity))
    assert done.returncode == 0, done.stderr
    assert identity.stat().st_mode & 0o7777 == 0o600
    assert RECOVERY.exists()
    assert identity.read_text().splitlines()[0] not in done.stdout
    assert pathlib.Path("/run/world-enabled/cloxxs-backup.timer").exists()
    assert "recovery-key: there is no" not in done.stdout


def test_country_database(fresh, tmp_path):
    """One that is refused stops it before anybody is made; a good one does
    not."""
    database = tmp_path / "countries.mmdb"
    database.write_text("not one")
    arguments = ("--yes", "--administrator", "anna", "--country-database",
                 str(database))
    done = setup(*arguments)
    assert done.returncode == 2, done.stderr
    assert "is no country database" in done.stderr
    assert 'stopped at "countries"' in done.stderr
    world.run("/src/tests/world/country_database", database,
              "145.97.0.0/16=NL")
    done = setup(*arguments)
    assert done.returncode == 0, done.stderr
    assert_guarded("anna", password_in(done.stdout))
    assert world.cloxxsctl_json("geoip", "status")["geoip"]["state"] == "ok"


def test_no_is_no(fresh):
    seen = world.converse(["cloxxsctl", "setup"], ["anna", "none", "no", "none", "y"],
                          timeout=60)
    assert seen.status == 1, seen.text
    assert tree() == fresh and not RECORD.exists()
