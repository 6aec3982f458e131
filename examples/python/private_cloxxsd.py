# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cloxxsd of one's own, for development and for tests, without root.

It has its own socket, state, settings and key below one directory, and is told
what to do by cloxxsctl, as root would. Who is not root becomes root of a user
namespace first (become_root); Debian's package uidmap helps with that.

    private_cloxxsd.become_root()
    with private_cloxxsd.PrivateCloxxsd("/tmp/mine", SETTINGS) as daemon:
        daemon.ctl("user", "add", "anna", "--services", "my-service")
        service = cloxxs.Service("my-service", path=daemon.socket)

Its audit goes to this host's journal, if there is one. Never use it for more
than trying things out: its settings let users in from anywhere.
"""

import ctypes
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import time

import cloxxs

# Debian's user "daemon": no file is his, and no process of ours runs as him.
DAEMON_UID = 1
SETTINGS = """\
[origin]
local_services = login, sudo, su
[geofence]
countries = any
local = allow
[administrators]
networks = any
[throttle]
exempt = 127.0.0.0/8
[password]
hash_memory = 19M
hash_operations = 2
"""


class Missing(Exception):
    """Something is not installed or not allowed here, as a sentence."""


# ---- root, of a namespace ---------------------------------------------------


def _range_of(path, user):
    """The first range of ids that user may map, of /etc/subuid or subgid."""
    try:
        lines = pathlib.Path(path).read_text(encoding="ascii").splitlines()
    except OSError:
        lines = []
    for line in lines:
        name, first, count = (line.split(":") + ["", ""])[:3]
        if name in (user.pw_name, str(user.pw_uid)) and int(count) > 65535:
            return int(first)
    raise Missing(f"{path} gives {user.pw_name} no 65536 ids; root can: "
                  "usermod --add-subuids 100000-165535 --add-subgids "
                  f"100000-165535 {user.pw_name}")


def _map(program, pid, own, first):
    """All ids below 65536 are ours; his own is itself, others are of the
    range."""
    words = []
    if own > 0:
        words += [0, first, min(own, 65536)]
    words += [own, own, 1]
    if own < 65535:
        words += [own + 1, first + own + 1, 65535 - own]
    subprocess.run([program, str(pid), *map(str, words)], check=True)


def become_root():
    """Starts this program again as root of a new user namespace, in which
    the caller keeps his uid; for who is root already it does nothing."""
    if os.geteuid() == 0:
        return
    for program in "newuidmap", "newgidmap":
        if not shutil.which(program):
            raise Missing(f"{program} is missing; Debian has it in uidmap")
    user = pwd.getpwuid(os.getuid())
    uids, gids = (_range_of(path, user)
                  for path in ("/etc/subuid", "/etc/subgid"))
    unshared, mapped = os.pipe(), os.pipe()
    parent, child = os.getpid(), os.fork()
    if child == 0:
        # The one that maps; the program goes on in the pid it had.
        os.close(unshared[1])
        if not os.read(unshared[0], 1):
            os._exit(1)
        try:
            _map("newuidmap", parent, user.pw_uid, uids)
            _map("newgidmap", parent, os.getgid(), gids)
            os.write(mapped[1], b".")
        finally:
            os._exit(0)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER
        raise Missing("this kernel gives users no namespace: "
                      + os.strerror(ctypes.get_errno()))
    os.write(unshared[1], b".")
    os.close(mapped[1])
    if os.read(mapped[0], 1) != b".":
        raise Missing("the ids cannot be mapped")
    os.waitpid(child, 0)
    os.environ["PRIVATE_CLOXXSD_USER"] = user.pw_name
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.execv(sys.executable, [sys.executable, *sys.argv])


def prefix():
    """What stands before a command to run it as that root, from elsewhere."""
    if "PRIVATE_CLOXXSD_USER" not in os.environ:
        return []
    return ["nsenter", "--user", "--target", str(os.getpid())]


def account():
    """The local account for the service: who called become_root(), or, where
    root did, the one of Debian's web servers."""
    return pwd.getpwnam(os.environ.get("PRIVATE_CLOXXSD_USER", "www-data"))


# ---- the daemon -------------------------------------------------------------


def find_program(name, variable):
    """By the environment, else where it is installed."""
    path = os.environ.get(variable) or shutil.which(
        name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not path or not os.access(path, os.X_OK):
        raise Missing(f"{name} is not installed, and {variable} does not name "
                      "it")
    return path


class PrivateCloxxsd:
    """cloxxsd below a directory, which is made where it is missing and has to
    be one that every user may enter."""

    def __init__(self, directory, settings=SETTINGS):
        self.directory = pathlib.Path(directory).absolute()
        self.socket = str(self.directory / "run" / "cloxxsd.sock")
        self.state = self.directory / "state"
        self.settings = self.directory / "cloxxsd.conf"
        self.key = self.directory / "cloxxs.key"
        self.program = find_program("cloxxsd", "CLOXXSD")
        self.tool = find_program("cloxxsctl", "CLOXXSCTL")
        self.process = None
        self._prepare(settings)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def _prepare(self, settings):
        for path in self.directory, self.state, self.directory / "run":
            path.mkdir(mode=0o755, exist_ok=True)
            path.chmod(0o755)
        for path in self.state, self.directory / "run":
            os.chown(path, DAEMON_UID, DAEMON_UID)
        self.configure(settings)
        if not self.key.exists():
            self.ctl("key", "create", str(self.key))
            os.chown(self.key, DAEMON_UID, DAEMON_UID)

    def configure(self, settings):
        """The next start reads them."""
        self.settings.write_text(settings, encoding="utf-8")
        self.settings.chmod(0o644)

    def start(self, seconds=60):
        # By its descriptor: its user may not enter where a build tree lies.
        program = os.open(self.program, os.O_RDONLY)
        arguments = ["cloxxsd", "--config", str(self.settings), "--socket",
                     self.socket, "--state-directory", str(self.state),
                     "--key", str(self.key)]
        process = os.fork()
        if process == 0:
            self._become_daemon(program, arguments)
        os.close(program)
        self.process = process
        deadline = time.monotonic() + seconds
        while not self._answers():
            if os.waitpid(process, os.WNOHANG)[0]:
                self.process = None
                raise Missing("cloxxsd ended at once; it said why")
            if time.monotonic() > deadline:
                self.stop()
                raise Missing("cloxxsd was not ready in time")
            time.sleep(0.02)

    @staticmethod
    def _become_daemon(program, arguments):
        """A child's whole life."""
        try:
            os.setsid()
            os.setgroups([])
            os.setresgid(DAEMON_UID, DAEMON_UID, DAEMON_UID)
            os.setresuid(DAEMON_UID, DAEMON_UID, DAEMON_UID)
            os.execve(program, arguments, {
                name: value for name, value in os.environ.items()
                if name in ("PATH", "LANG") or name.endswith("SAN_OPTIONS")})
        except OSError as error:
            print(f"cloxxsd: {error.strerror}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)

    def _answers(self):
        try:
            with cloxxs.Connection(self.socket, 2) as connection:
                connection.call("org.varlink.service.GetInfo")
        except (OSError, cloxxs.Error):
            return False
        return True

    def stop(self, number=15):
        if self.process:
            os.kill(self.process, number)
            os.waitpid(self.process, 0)
            self.process = None

    def ctl(self, *arguments, stdin=""):
        """What cloxxsctl prints; it runs as root."""
        done = subprocess.run(
            [self.tool, "--socket", self.socket, *arguments], input=stdin,
            capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"cloxxsctl {' '.join(arguments)}: "
                               f"{done.stderr}{done.stdout}")
        return done.stdout

    def ctl_json(self, *arguments):
        return json.loads(self.ctl(*arguments, "--json"))
