# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of abuse cases share: raw Varlink, raw PAM, cheap users."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import cloxxs_world as world
from cloxxs_world import STRONG

SYSTEM = world.SRC / "tests/system"
SCRATCH = pathlib.Path("/run/abuse")
STORE = world.STATE / "private/store.db"
CONFIG = world.CONF / "cloxxsd.conf"
CHEAP = "[password]\nhash_memory = 19M\nhash_operations = 2\n"
WRONG = "dit is het niet geweest"
OTHER = "een heel ander lang woord"
LOGIN, ADMIN = "nl.cloxxs.Login.", "nl.cloxxs.Admin."
DENIED = "org.varlink.service.PermissionDenied"
PAM_SUCCESS, PAM_NEW_AUTHTOK_REQD = 0, 12
# Uids of nobody, for callers who are not root.
STRANGER, NEIGHBOUR = 4242, 4243


def configure(text=CHEAP):
    """Cheap hashes, so that a login costs the time of everything else."""
    world.CONF.mkdir(mode=0o755, exist_ok=True)
    CONFIG.write_text(text)
    CONFIG.chmod(0o644)
    world.cloxxsd.restart()


# ---- Varlink --------------------------------------------------------------------


class Closed(Exception):
    """The daemon closed the connection."""


class VarlinkError(Exception):
    def __init__(self, name, parameters):
        super().__init__(f"{name} {parameters}")
        self.name, self.parameters = name, parameters


@contextlib.contextmanager
def acting_as(uid):
    """The kernel names the effective uid of the moment of connect()."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class Wire:
    """One connection to the daemon, as whoever uid is."""

    def __init__(self, uid=0, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.pending = b""
        with acting_as(uid) if uid else contextlib.nullcontext():
            self.socket.connect(world.SOCKET)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, method, parameters=None, **members):
        message = {"method": method, "parameters": parameters or {}, **members}
        self.send(json.dumps(message).encode() + b"\0")

    def receive(self):
        """One message; Closed where none comes any more."""
        while b"\0" not in self.pending:
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                raise Closed
            self.pending += more
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def is_closed(self):
        """Waits for the end, whatever is said before it."""
        try:
            while True:
                self.receive()
        except Closed:
            return True
        except TimeoutError:
            return False

    def call(self, method, parameters=None, **members):
        try:
            self.ask(method, parameters, **members)
        except (BrokenPipeError, ConnectionResetError):
            pass
        reply = self.receive()
        while reply.get("continues"):
            reply = self.receive()
        if "error" in reply:
            raise VarlinkError(reply["error"], reply.get("parameters"))
        return reply["parameters"]

    def start(self, user, service="sshd", purpose="login", **more):
        if service == "sshd":
            more.setdefault("address", world.HOST)
        return self.call(LOGIN + "Start", {
            "purpose": purpose, "user": user, "service": service, **more})

    def answer(self, text):
        return self.call(LOGIN + "Answer", {"answer": text})

    def converse(self, user, answers, service="sshd", purpose="login", **more):
        """The last step: done, or the one for which there is no answer."""
        step = self.start(user, service, purpose, **more)
        for text in answers:
            if step["step"] == "done":
                break
            step = self.answer(text)
        return step


def error_of(function, *arguments, **more):
    """The name of the error with which a call is refused, or None."""
    try:
        function(*arguments, **more)
    except VarlinkError as error:
        return error.name
    return None


def login(user, *answers, uid=0, **more):
    with Wire(uid, timeout=60) as wire:
        return wire.converse(user, answers, **more)


def verdict(user, *answers, **more):
    return login(user, *answers, **more).get("verdict")


def admin(method, uid=0, **parameters):
    with Wire(uid) as wire:
        return wire.call(ADMIN + method, parameters)


SERVICES = ["sshd", "sudo", "su", "login", "passwd", "cron", "abuse"]


def temporary_user(name, **more):
    return admin("AddUser", name=name, **{"services": SERVICES, **more})[
        "temporary_password"]


def make_user(name, password=STRONG, **more):
    """A user with a password of his own, without the price of an ssh login."""
    temporary = temporary_user(name, **more)
    service = (more.get("services") or SERVICES)[0]
    step = login(name, temporary, password, password, service=service)
    assert step["verdict"] == "allow", step
    return password


def show(name):
    return admin("GetUser", name=name)["user"]


def at_once(n, function):
    """The answers of n threads that all begin at the same moment."""
    barrier, answers = threading.Barrier(n), [None] * n

    def run(i):
        barrier.wait(30)
        try:
            answers[i] = function(i)
        except Exception as error:  # shown with the others
            answers[i] = error

    threads = [threading.Thread(target=run, args=[i]) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads), "somebody hangs"
    return answers


# ---- PAM ------------------------------------------------------------------------


def built(name, *flags):
    """A program or module of ours, compiled once in this world."""
    SCRATCH.mkdir(exist_ok=True)
    target = SCRATCH / name
    if not target.exists():
        world.run("gcc", "-Wall", "-Wextra", "-O1", "-g", "-o", str(target),
                  *map(str, flags))
    return str(target)


def pam_program():
    return built("abuse_pam", SYSTEM / "abuse_pam.c", "-lpam", "-pthread")


def stack(text, name="abuse"):
    """A PAM service of its own; the default is Debian's common stacks."""
    path = pathlib.Path("/etc/pam.d") / name
    path.write_text(text)
    return name


COMMON = ("@include common-auth\n@include common-account\n"
          "@include common-password\n@include common-session\n")


class Pam:
    """What a PAM transaction gave: the code of each phase, and the texts."""

    def __init__(self, done):
        self.text = done.stdout + done.stderr
        self.codes, self.asked, self.shown = [], [], []
        for line in done.stdout.splitlines():
            word, _, rest = line.partition(" ")
            if word in ("ASK", "ASK-ECHO"):
                self.asked.append(rest)
            elif word in ("INFO", "ERROR"):
                self.shown.append(rest)
            elif rest.lstrip("-").isdigit():
                self.codes.append(int(rest))
        self.status = done.returncode


def pam(user, *operations, service=None, **options):
    service = service or stack(COMMON)
    return Pam(world.run(pam_program(), service, user, *operations,
                         check=False, **options))


def said(since, word, of="cloxxs"):
    """Whether a line of the log since then has word in it."""
    return any(word in str(r.get("MESSAGE", "")) for r in world.journal(*since)
               if of in str(r))


def events(since, **fields):
    """Records of the audit since then, with these fields (user="piet")."""
    # The journal has them soon after the answer, not before it.
    world.wait_until(lambda: admin("Status")["unpublished"] == 0, 20,
                     "the records to be published")
    return [r for r in world.journal(*since) if "CLOXXS_EVENT" in r
            and all(r.get("CLOXXS_" + key.upper()) == value
                    for key, value in fields.items())]


# ---- codes ------------------------------------------------------------------------


def totp(seed, steps=0):
    """What the app of that seed shows, so many steps of 30 s from now."""
    # A code that is one step off must not become one that is two.
    world.wait_until(lambda: time.time() % 30 < 20, 15, "a young time step")
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC",
                       time.gmtime(time.time() + 30 * steps))
    done = subprocess.run(["oathtool", "--totp", "-b", "-N", at, "-"],
                          input=seed, capture_output=True, text=True,
                          check=True)
    return done.stdout.strip()


# ---- the store --------------------------------------------------------------------


def store_copy():
    """The store as a kill at this moment would leave it; the daemon holds
    the real one alone."""
    with world.cloxxsd.frozen():
        return frozen_copy()


def frozen_copy():
    copy = SCRATCH / "copy" / "store.db"
    shutil.rmtree(copy.parent, ignore_errors=True)
    copy.parent.mkdir(parents=True)
    shutil.copyfile(STORE, copy)
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(f"{STORE}-wal", f"{copy}-wal")
    return copy


def query(sql, *arguments, store=None):
    connection = sqlite3.connect(store or store_copy())
    try:
        return connection.execute(sql, arguments).fetchall()
    finally:
        connection.close()


def integrity():
    """Whole, and no record of the ledger missing; returns what was looked at.
    """
    copy = store_copy()
    assert query("PRAGMA integrity_check", store=copy) == [("ok",)]
    assert query("PRAGMA foreign_key_check", store=copy) == []
    seqs = [seq for (seq,) in query("SELECT seq FROM ledger ORDER BY seq",
                                    store=copy)]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    return copy


# ---- impostors ----------------------------------------------------------------------


@contextlib.contextmanager
def instead_of_daemon(serve, uid=0, backlog=64):
    """Somebody else's socket at the daemon's place; serve(connection)."""
    world.cloxxsd.stop()
    path = pathlib.Path(world.SOCKET)
    path.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        serve_for_ever(path, serve, uid, backlog)
    world.wait_until(path.exists, 10, "the impostor's socket")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        path.unlink(missing_ok=True)
        world.cloxxsd.start()


def serve_for_ever(path, serve, uid, backlog):
    """A child's whole life."""
    try:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made = path.with_name("made")
        listener.bind(str(made))
        os.chmod(made, 0o666)
        if uid:
            os.setegid(uid)
            os.seteuid(uid)
        listener.listen(backlog)
        if uid:
            os.seteuid(0)
            os.setegid(0)
        made.rename(path)
        if uid:
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        while serve:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=[connection],
                             daemon=True).start()
        signal.pause()
    finally:
        os._exit(1)


@contextlib.contextmanager
def clock_ahead(seconds):
    """The daemon's wall clock, that many seconds ahead."""
    library = built("clock.so", SYSTEM / "abuse_clock.c", "-fPIC", "-shared")
    world.cloxxsd.environment = {"LD_PRELOAD": library,
                                 "ABUSE_AHEAD": str(seconds)}
    try:
        world.cloxxsd.restart()
        assert admin("Status")["started"] > time.time() + seconds - 60
        yield
    finally:
        world.cloxxsd.environment = {}
        world.cloxxsd.restart()


def elapsed(function, *arguments, **more):
    began = time.monotonic()
    answer = function(*arguments, **more)
    return time.monotonic() - began, answer


# ---- where secrets could be ---------------------------------------------------------


def memory(pid):
    """All that a process has in memory that it may write; None: refused."""
    found = []
    try:
        with open(f"/proc/{pid}/maps") as maps, \
                open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
            for line in maps:
                span, access = line.split()[:2]
                if "w" not in access or "[v" in line:
                    continue
                start, end = (int(part, 16) for part in span.split("-"))
                try:
                    mem.seek(start)
                    found.append(mem.read(end - start))
                except (OSError, ValueError):
                    continue
    except PermissionError:
        return None
    return b"".join(part for part in found if part)


def files_with(word):
    """Files below the places where anything of ours is written."""
    found = []
    for top in ("/var/lib/cloxxs", "/run/cloxxs", "/run/log", "/var/log",
                "/run/world.log", "/var/cache", "/var/tmp", "/etc/cloxxs",
                "/var/backups"):
        done = world.run("grep", "-rlaF", "--", word, top, check=False)
        found += done.stdout.splitlines()
    return found
