# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at any moment, and who looks for secrets afterwards."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import threading

import pytest

import abuse
import cloxxs_world as world
from abuse import OTHER, WRONG, Closed, VarlinkError, Wire
from cloxxs_world import STRONG, Typist

CANARY = "kanarie die geel en luid zingt"
ROUNDS = 8


@pytest.fixture(scope="module", autouse=True)
def cheap():
    abuse.configure()


# ---- kill -9 ------------------------------------------------------------------------


class Worker(threading.Thread):
    """Does one thing again and again until the daemon is gone, and remembers
    what was acknowledged."""

    def __init__(self, user):
        super().__init__(daemon=True)
        self.user, self.stop, self.failed = user, False, None

    def run(self):
        try:
            while not self.stop:
                self.once()
        except (Closed, OSError):
            pass
        except Exception as error:  # shown by the test
            self.failed = error

    def check(self):
        """After a restart: what was acknowledged holds."""
        raise NotImplementedError


class Changer(Worker):
    """Changes his own password."""

    def __init__(self, user):
        super().__init__(user)
        self.now, self.next = abuse.make_user(user), None

    def once(self):
        # Nothing of the old one, and no neighbouring letters: cracklib
        # refuses more than four such pairs as systematic.
        self.next = "".join("bdfhkmprtwy2468"[byte % 15]
                            for byte in os.urandom(24))
        step = abuse.login(self.user, self.now, self.next, self.next,
                           purpose="change")
        assert step.get("verdict") == "allow", step
        self.now, self.next = self.next, None

    def check(self):
        works = [word for word in (self.now, self.next) if word and
                 abuse.verdict(self.user, word) == "allow"]
        assert len(works) == 1, works
        if not self.next:
            assert works == [self.now]
        self.now, self.next = works[0], None
        assert abuse.show(self.user)["password"] == "chosen"


class Chooser(Worker):
    """Gets temporary passwords and chooses his own."""

    def __init__(self, user):
        super().__init__(user)
        abuse.make_user(user)
        self.temporary = self.chosen = None

    def once(self):
        self.chosen = None
        self.temporary = None
        temporary = abuse.admin("ResetPassword", name=self.user)[
            "temporary_password"]
        self.temporary = temporary
        step = abuse.login(self.user, temporary, STRONG, STRONG)
        assert step.get("verdict") == "allow", step
        self.chosen = STRONG

    def check(self):
        kind = abuse.show(self.user)["password"]
        if self.chosen:
            assert kind == "chosen"
        if kind == "chosen":
            # Changed and the flag cleared, or neither.
            assert abuse.verdict(self.user, STRONG) == "allow"
            if self.temporary:
                assert abuse.verdict(self.user, self.temporary) == "deny"
                assert abuse.verdict(self.user, STRONG) == "allow"
        else:
            assert abuse.verdict(self.user, STRONG) == "deny"
            abuse.admin("UnlockUser", name=self.user, reason="test")
            assert abuse.admin("GetUser", name=self.user)["user"][
                "password"] == "temporary"


class Guesser(Worker):
    """Guesses, and is unlocked again."""

    def __init__(self, user):
        super().__init__(user)
        abuse.make_user(user)
        self.wrong, self.open, self.unlocking = 0, False, False

    def once(self):
        if self.wrong == 3:
            self.unlocking = True
            abuse.admin("UnlockUser", name=self.user, reason="test")
            self.wrong, self.unlocking = 0, False
        self.open = True
        assert abuse.verdict(self.user, WRONG) == "deny"
        self.wrong, self.open = self.wrong + 1, False

    def check(self):
        shown = abuse.show(self.user)
        least, most = self.wrong, self.wrong + self.open
        if self.unlocking:
            assert shown["failures"] in (0, 3)
        else:
            assert least <= shown["failures"] <= most, (least, most, shown)
        assert shown["locked"] == (shown["failures"] == 3)
        if shown["locked"]:
            assert abuse.verdict(self.user, STRONG) == "deny"
        if shown["failures"]:
            abuse.admin("UnlockUser", name=self.user, reason="test")
        self.wrong, self.open, self.unlocking = 0, False, False


class Maker(Worker):
    """Adds and deletes users."""

    def __init__(self, user):
        super().__init__(user)
        self.n, self.added, self.gone = 0, {}, set()
        self.leaving = None

    def once(self):
        self.n += 1
        name = f"{self.user}{self.n}"
        user = abuse.admin("AddUser", name=name)["user"]
        self.added[name] = user["uid"]
        if self.n % 2:
            self.leaving = name
            abuse.admin("DeleteUser", name=name)
            self.leaving = None
            del self.added[name]
            self.gone.add(user["uid"])

    def check(self):
        """What was added is there, also for NSS; ids never come back."""
        there = {name: uid for name, uid in abuse.query(
            "SELECT name, uid FROM user") if name.startswith(self.user)}
        if self.leaving and self.leaving not in there:
            # Deleted, and killed before that was said.
            self.gone.add(self.added.pop(self.leaving))
        self.leaving = None
        for name, uid in self.added.items():
            assert there[name] == uid
            assert world.run("id", "-u", name).stdout.strip() == str(uid)
        assert not self.gone & set(there.values())
        retired = {uid for (uid,) in abuse.query(
            "SELECT uid FROM retired_uid")}
        assert self.gone <= retired
        self.added = there


def test_abuse_84_killed_at_any_moment(user):
    """Old or new, never half; nothing acknowledged is forgotten."""
    kinds = [Changer, Chooser, Guesser, Maker]
    workers = [kind(f"{user[:9]}{'abcd'[i]}") for i, kind in enumerate(kinds)]
    chance = random.Random(84)
    done = 0
    for _ in range(ROUNDS):
        before = abuse.admin("Status")["ledger_records"]
        for worker in workers:
            threading.Thread.__init__(worker, daemon=True)
            worker.stop = False
            worker.start()
        # Not a wait: the moment of the kill.
        world.wait_until(lambda n=before: records(n) or not any(
            w.is_alive() for w in workers), 20, "work to begin")
        threading.Event().wait(chance.uniform(0, 0.3))
        world.cloxxsd.kill()
        for worker in workers:
            worker.stop = True
            worker.join(20)
            assert not worker.is_alive() and not worker.failed, worker.failed
        abuse.integrity()
        world.cloxxsd.start()
        done += abuse.admin("Status")["ledger_records"] - before
        for worker in workers:
            worker.check()
        assert abuse.query("SELECT sum(claim) FROM user") == [(0,)]
    assert done > ROUNDS * 10, "hardly anything happened before the kills"


def records(before):
    try:
        return abuse.admin("Status")["ledger_records"] > before + 10
    except (Closed, OSError, VarlinkError):
        return True


def test_abuse_127_killed_while_starting(user):
    """The first moments are no exception."""
    abuse.make_user(user)
    assert abuse.verdict(user, WRONG) == "deny"
    world.cloxxsd.stop()
    chance = random.Random(127)
    for _ in range(10):
        listener = world.cloxxsd.listen()
        child = subprocess.Popen(
            world.cloxxsd.command(listener), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[listener.fileno()], umask=0o077, env={
                "PATH": os.environ["PATH"], "LISTEN_FDS": "1",
                "CREDENTIALS_DIRECTORY": world.cloxxsd.CREDENTIALS,
                "STATE_DIRECTORY": str(world.STATE)})
        listener.close()
        threading.Event().wait(chance.uniform(0, 0.15))
        child.send_signal(signal.SIGKILL)
        child.wait()
    world.cloxxsd.start()
    abuse.integrity()
    assert abuse.show(user)["failures"] == 1
    assert abuse.verdict(user, STRONG) == "allow"
    assert world.run("id", "-un", user).stdout.strip() == user


# ---- secrets in memory and in files --------------------------------------------------


def test_abuse_85_memory_of_the_daemon(user):
    """Neither gcore nor /proc/PID/mem finds a password after a logout."""
    abuse.make_user(user, CANARY)
    for answer in CANARY, CANARY + "!", CANARY:
        abuse.pam(user, f"answer:{answer}", "auth", "account", "open", "close")
    assert abuse.login(user, CANARY, CANARY + " nog",
                       CANARY + " nog", purpose="change")["verdict"] == "allow"
    pid = world.cloxxsd.pid()
    seen = abuse.memory(pid)
    if seen is None and not shutil.which("gcore"):
        pytest.skip("no process may be looked into here, and gdb is missing")
    if seen is None:
        core = abuse.SCRATCH / "core"
        world.run("gcore", "-o", str(core), str(pid), check=False)
        cores = list(abuse.SCRATCH.glob("core.*"))
        seen = b"".join(c.read_bytes() for c in cores)
    assert CANARY[:12].encode() not in seen


def test_abuse_85_the_search_can_find():
    """In a process that forgot to wipe."""
    sloppy = subprocess.Popen(
        ["python3", "-c", "import sys; x = sys.stdin.readline(); print('ok',"
         " flush=True); sys.stdin.readline()"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    try:
        sloppy.stdin.write(CANARY.encode() + b"\n")
        sloppy.stdin.flush()
        assert sloppy.stdout.readline() == b"ok\n"
        seen = abuse.memory(sloppy.pid)
        if seen is None:
            pytest.skip("no process may be looked into here")
        assert CANARY[:12].encode() in seen
    finally:
        sloppy.kill()
        sloppy.wait()


def test_abuse_85_no_core_of_the_daemon():
    limits = pathlib.Path(f"/proc/{world.cloxxsd.pid()}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits)
    status = world.run("setpriv", "--reuid", world.DAEMON_USER, "--clear-groups",
                       "head", "-c1", f"/proc/{world.cloxxsd.pid()}/environ",
                       check=False)
    assert status.returncode != 0, "it is dumpable to its own account"


def test_abuse_85_memory_of_sshd(user):
    """While the session runs, and its parents live."""
    abuse.make_user(user, CANARY)
    session = threading.Thread(target=lambda: world.ssh(
        user, [CANARY], "touch /tmp/here; exec sleep 30", timeout=30),
        daemon=True)
    here = pathlib.Path("/tmp/here")
    here.unlink(missing_ok=True)
    session.start()
    world.wait_until(here.exists, 20, "the session")
    seen = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text().strip()
        except OSError:
            continue
        if name in ("sshd", "sshd-session", "sleep"):
            seen[f"{name} {process.name}"] = abuse.memory(process.name)
        if name == "sleep":
            os.kill(int(process.name), signal.SIGTERM)
    session.join(30)
    assert len(seen) > 2
    for name, content in seen.items():
        # libpam's own copy, in the one that keeps the PAM handle.
        assert (content or b"").count(CANARY.encode()) <= 1, name


def test_abuse_85_files(user):
    """Store, log of the store, map, journal: no password, no key."""
    # Not that of the tests above: journald keeps command lines, theirs too.
    canary = "papegaai op een stokje"
    temporary = abuse.temporary_user(user)
    assert world.ssh(user, Typist(temporary, canary), "true").status == 0
    world.ssh(user, [canary + " mis"], "true")
    abuse.login(user, canary, canary + " nieuw", canary + " nieuw",
                purpose="change")
    world.run("journalctl", "--sync", check=False)
    for word in temporary, canary[:12], canary[-12:]:
        assert abuse.files_with(word) == []
    assert abuse.files_with(user), "the search can find"
    key = pathlib.Path("/etc/cloxxs/cloxxs.key").read_bytes()
    for path in [abuse.STORE, pathlib.Path(f"{abuse.STORE}-wal"),
                 world.STATE / "identity.map"]:
        content = path.read_bytes()
        for form in key, key.hex().encode(), b"$argon2":
            assert form not in content, path
    world.cloxxsd.restart()
    assert abuse.files_with(canary[:12]) == []


def test_abuse_85_files_are_for_nobody_else():
    for path in abuse.STORE, pathlib.Path(f"{abuse.STORE}-wal"), \
            world.CONF / "cloxxs.key", abuse.STORE.parent:
        assert path.stat().st_mode & 0o077 == 0, path
    for program in [["cat", str(abuse.STORE)],
                    ["ls", str(abuse.STORE.parent)],
                    ["cat", str(world.CONF / "cloxxs.key")]]:
        assert world.run("setpriv", "--reuid", "4242", "--regid", "4242",
                         "--clear-groups", *program,
                         check=False).returncode != 0


# ---- command lines ---------------------------------------------------------------------


class Watch(threading.Thread):
    """Reads every command line and environment there is, all the time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.stop, self.seen = threading.Event(), set()

    def run(self):
        while not self.stop.is_set():
            for path in pathlib.Path("/proc").glob("[0-9]*"):
                for name in "cmdline", "environ":
                    try:
                        self.seen.add((path / name).read_bytes())
                    except OSError:
                        continue

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join(10)

    def has(self, word):
        return any(word.encode() in line for line in self.seen)


def test_abuse_86_command_lines(user):
    """Nothing secret stands where ps looks, at no moment."""
    pathlib.Path("/etc/sudoers.d/abuse").write_text("ALL ALL=(ALL) ALL\n")
    with Watch() as watch:
        temporary = world.user_add(user)
        assert world.ssh(user, Typist(temporary, CANARY), "true").status == 0
        again = world.temporary_password("user", "reset-password", user)
        assert world.ssh(user, Typist(again, STRONG), "true").status == 0
        seen = world.ssh(user, Typist(STRONG, OTHER, tries=2), "passwd",
                         tty=True)
        assert seen.status == 0, seen.text
        world.converse(["setpriv", "--reuid", user, "--regid", user,
                        "--init-groups", "sudo", "-k", "true"], [OTHER])
    assert watch.has("cloxxsctl") and watch.has("passwd")
    for secret in temporary, again, CANARY, STRONG, OTHER:
        assert not watch.has(secret), secret
    assert not watch.has("CLOXXS_PASS"), "no pass in an environment"


def test_abuse_86_no_way_to_give_one(user):
    """Neither an option nor an operand takes a password."""
    for arguments in (["user", "add", user, "--password", CANARY],
                      ["user", "add", user, CANARY],
                      ["user", "reset-password", user, CANARY],
                      ["user", "set", user, "--password=" + CANARY]):
        done = world.cloxxsctl(*arguments, check=False)
        assert done.returncode == 2, done.stderr
    grammar = world.cloxxsctl("help", "--json").stdout
    options = set(re.findall(r'"--?([a-z-]+)', grammar))
    assert not {o for o in options if "password" in o} - {"reset-password"}
    assert abuse.error_of(abuse.admin, "AddUser", name=user,
                          password=CANARY) == \
        "org.varlink.service.InvalidParameter"
