#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done inside the world: services, commands, logins, the journal.

Used by the demo, the system tests and the bench, all of which run inside
(see tests/world/world). Run as a program it starts or stops the services.
Nothing here decides whether what it sees is right.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

import pexpect

SRC = pathlib.Path("/src")
SOCKET = "/run/cloxxs/cloxxsd.sock"
STATE = pathlib.Path("/var/lib/cloxxs")
CONF = pathlib.Path("/etc/cloxxs")
DAEMON_USER = "_cloxxs"
CLOXXSD = "/usr/sbin/cloxxsd"
HOST = "127.0.0.1"
KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts"


class WorldError(Exception):
    """Something that must work for any test to mean anything did not."""


def wait_until(predicate, timeout=10.0, what="condition"):
    """Returns the first true answer of predicate; asks until the deadline."""
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise WorldError(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.02)


def run(*argv, stdin=None, check=True, timeout=60, user=None, env=None):
    """Runs a program to its end; text in, text out."""
    if user:
        argv = ("setpriv", "--reuid", str(user), "--regid", str(user),
                "--init-groups", *argv)
    done = subprocess.run(
        argv, input="" if stdin is None else stdin, text=True,
        capture_output=True, timeout=timeout, env=env, errors="replace")
    if check and done.returncode != 0:
        raise WorldError(f"{' '.join(map(str, argv))}: exit status "
                         f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done


def log_tail():
    """The last words of services that write to the world's own log."""
    return "\n".join(pathlib.Path("/run/world.log").read_text(
        errors="replace").splitlines()[-5:])


# ---- services --------------------------------------------------------------


class Service:
    """A long-running program, known to all processes by its pid file."""

    def __init__(self, name):
        self.name = name
        self.pid_file = pathlib.Path(f"/run/world-{name}.pid")

    def spawn(self):
        raise NotImplementedError

    def pid(self):
        """The pid, or None where it does not run."""
        try:
            pid = int(self.pid_file.read_text())
            status = pathlib.Path(f"/proc/{pid}/stat").read_text()
            # What the first thread held, others hold until they have ended.
            threads = len(os.listdir(f"/proc/{pid}/task"))
        except (OSError, ValueError):
            return None
        ended = status.rpartition(")")[2].split()[0] in "ZX"
        return None if ended and threads <= 1 else pid

    def start(self):
        if not self.pid():
            self.pid_file.write_text(str(self.spawn()))

    def send(self, number):
        pid = self.pid()
        if pid:
            os.kill(pid, number)

    def stop(self, number=signal.SIGTERM, timeout=15):
        self.send(number)
        wait_until(lambda: not self.pid(), timeout, f"{self.name} to end")

    def kill(self):
        self.stop(signal.SIGKILL)

    def freeze(self):
        self.send(signal.SIGSTOP)

    def thaw(self):
        self.send(signal.SIGCONT)

    def restart(self):
        self.stop()
        self.start()

    @contextlib.contextmanager
    def stopped(self):
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def frozen(self):
        self.freeze()
        try:
            yield
        finally:
            self.thaw()


def detached(argv, **options):
    """A child that outlives us: process 1 of the world inherits it."""
    log = open("/run/world.log", "ab")
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, start_new_session=True, **options)
    log.close()
    return child


class Journald(Service):
    """Debian's own systemd-journald, without a systemd."""

    PROGRAM = "/lib/systemd/systemd-journald"
    NATIVE = "/run/systemd/journal/socket"

    def __init__(self):
        super().__init__("journald")

    def spawn(self):
        # As tmpfiles.d makes it: its group reads what is made in it.
        run("install", "-d", "-m", "2755", "-g", "systemd-journal",
            "/run/log/journal")
        child = detached([self.PROGRAM], env={"PATH": os.environ["PATH"]})
        wait_until(lambda: os.path.exists(self.NATIVE)
                   and os.path.exists("/run/systemd/journal/dev-log"),
                   10, "journald's sockets")
        return child.pid


class Cloxxsd(Service):
    """cloxxsd as its unit runs it.

    Its own user, no capability, no network; key as a credential; the socket
    made by root and handed over; readiness by sd_notify; its own limit of open
    files, whatever the caller's is.
    """

    CREDENTIALS = "/run/credentials/cloxxsd.service"
    FILES = 16384

    def __init__(self):
        super().__init__("cloxxsd")
        self.files = self.FILES
        self.environment = {}
        self.arguments = []

    # Tests of where a login comes from set rules of their own; for all others
    # it may come from anywhere, and by these services without an address. All
    # of them come from this host, which would soon have to wait.
    ANYWHERE = """[origin]
local_services = abuse, abuse-renamed, abuse-socket, login, cron, su, su-l, sudo, sudo-i, passwd, systemd-user
[geofence]
countries = any
local = allow
[administrators]
networks = any
[throttle]
exempt = 127.0.0.0/8
"""

    def prepare(self):
        dropin = CONF / "cloxxsd.conf.d/10-world.conf"
        if not dropin.exists():
            dropin.parent.mkdir(parents=True, exist_ok=True)
            dropin.write_text(self.ANYWHERE)
        run("systemd-tmpfiles", "--create", "/usr/lib/tmpfiles.d/cloxxs.conf")
        key = CONF / "cloxxs.key"
        if not key.exists():
            run("cloxxsctl", "key", "create", str(key))
        run("install", "-d", "-o", DAEMON_USER, "-g", DAEMON_USER, "-m",
            "0500", self.CREDENTIALS)
        run("install", "-o", DAEMON_USER, "-g", DAEMON_USER, "-m", "0400",
            str(key), f"{self.CREDENTIALS}/cloxxs.key")

    def listen(self):
        pathlib.Path(SOCKET).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(SOCKET)
        os.chmod(SOCKET, 0o666)
        listener.listen(4096)
        return listener

    # From here to the end it is exec, so that LISTEN_PID stays true.
    HAND_OVER = """
import os, sys
listener = int(sys.argv[1])
os.dup2(listener, 3)
os.set_inheritable(3, True)
if listener != 3:
    os.close(listener)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execvp(sys.argv[2], sys.argv[2:])
"""

    def command(self, listener):
        return [
            "/usr/bin/python3", "-c", self.HAND_OVER, str(listener.fileno()),
            "prlimit", f"--nofile={self.files}", "unshare", "--net",
            "setpriv", "--reuid", DAEMON_USER, "--regid", DAEMON_USER,
            "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
            "--no-new-privs",
            CLOXXSD, *self.arguments]

    def spawn(self):
        self.prepare()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"/run/world-notify-{os.getpid()}"
        notify.bind(path)
        os.chmod(path, 0o666)
        listener = self.listen()
        environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8",
            "NOTIFY_SOCKET": path, "LISTEN_FDS": "1",
            "LISTEN_FDNAMES": "cloxxsd.socket",
            "CREDENTIALS_DIRECTORY": self.CREDENTIALS,
            "STATE_DIRECTORY": str(STATE), **self.environment}
        try:
            child = detached(self.command(listener), env=environment,
                             umask=0o077, pass_fds=[listener.fileno()])
            self.wait_ready(child, notify)
        finally:
            listener.close()
            notify.close()
            os.unlink(path)
        return child.pid

    @staticmethod
    def wait_ready(child, notify, timeout=30):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise WorldError("cloxxsd ended at once, exit status "
                                 f"{child.returncode}:\n"
                                 + log_tail())
            if select.select([notify], [], [], 0.05)[0] \
                    and b"READY=1" in notify.recv(4096).split(b"\n"):
                return
        child.kill()
        raise WorldError("cloxxsd was not ready in time")


class Userdb(Service):
    """What systemd asks about users: as cloxxs-userdb.service starts it."""

    RUNTIME = "/run/cloxxs-userdb"
    USER = "_cloxxs-keys"

    def __init__(self):
        super().__init__("cloxxs-userdb")

    def spawn(self):
        run("install", "-d", "-o", self.USER, "-g", self.USER, "-m", "0755",
            self.RUNTIME)
        door = pathlib.Path(self.RUNTIME) / "nl.cloxxs"
        child = detached([
            "unshare", "--net", "setpriv", "--reuid", self.USER, "--regid",
            self.USER, "--clear-groups", "--bounding-set=-all",
            "--inh-caps=-all", "--no-new-privs",
            "/usr/libexec/cloxxs/cloxxs-userdb", str(door)])
        wait_until(door.is_socket, 30, "cloxxs-userdb to listen")
        return child.pid

    def stop(self, *arguments, **options):
        super().stop(*arguments, **options)
        # Its directory goes with it.
        shutil.rmtree(self.RUNTIME, ignore_errors=True)


class Courier(Service):
    """cloxxs-courier as its units run it: its own user, in the network of the
    world, secrets as credentials; the socket is for cloxxsd and root. No other
    test than those of it has it run."""

    USER = "_cloxxs-courier"
    RUNTIME = pathlib.Path("/run/cloxxs-courier")
    CREDENTIALS = pathlib.Path("/run/credentials/cloxxs-courier.service")
    STATE = pathlib.Path("/var/lib/cloxxs-courier")

    def __init__(self):
        super().__init__("cloxxs-courier")
        self.secrets = {}
        self.environment = {}

    def prepare(self):
        run("systemd-sysusers", "/usr/lib/sysusers.d/cloxxs-courier.conf")
        run("systemd-tmpfiles", "--create",
            "/usr/lib/tmpfiles.d/cloxxs-courier.conf")
        run("install", "-d", "-m", "0755", str(self.RUNTIME))
        run("install", "-d", "-o", self.USER, "-m", "0500",
            str(self.CREDENTIALS))
        run("install", "-d", "-o", self.USER, "-m", "0711", str(self.STATE))
        for name, secret in self.secrets.items():
            path = self.CREDENTIALS / name
            path.write_text(secret)
            shutil.chown(path, self.USER)
            path.chmod(0o400)

    def listen(self):
        path = self.RUNTIME / "courier.sock"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        shutil.chown(path, DAEMON_USER, "root")
        path.chmod(0o660)
        listener.listen(4096)
        return listener

    def spawn(self):
        self.prepare()
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = f"/run/world-notify-courier-{os.getpid()}"
        notify.bind(path)
        os.chmod(path, 0o666)
        listener = self.listen()
        try:
            child = detached([
                "/usr/bin/python3", "-c", Cloxxsd.HAND_OVER,
                str(listener.fileno()), "setpriv", "--reuid", self.USER,
                "--regid", self.USER, "--clear-groups", "--bounding-set=-all",
                "--inh-caps=-all", "--no-new-privs",
                "/usr/libexec/cloxxs/cloxxs-courier"],
                env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                     "NOTIFY_SOCKET": path, "LISTEN_FDS": "1",
                     "CREDENTIALS_DIRECTORY": str(self.CREDENTIALS),
                     "STATE_DIRECTORY": str(self.STATE),
                     **self.environment},
                umask=0o077, pass_fds=[listener.fileno()])
            Cloxxsd.wait_ready(child, notify)
        finally:
            listener.close()
            notify.close()
            os.unlink(path)
        return child.pid


class Sshd(Service):
    """Debian's sshd on port 22 of the world's own network."""

    def __init__(self):
        super().__init__("sshd")

    # From OpenSSH 9.8 on, sshd itself hangs up on an address after failures;
    # what is looked at here is what Cloxxs does.
    PENALTIES = "PerSourcePenalties no\n"

    def spawn(self):
        world_conf = pathlib.Path("/etc/ssh/sshd_config.d/01-world.conf")
        world_conf.write_text(self.PENALTIES)
        if run("/usr/sbin/sshd", "-t", check=False).returncode != 0:
            world_conf.unlink()
        run("/usr/sbin/sshd", "-t")
        pathlib.Path(KNOWN_HOSTS).write_text("".join(
            f"* {key.read_text()}"
            for key in pathlib.Path("/etc/ssh").glob("ssh_host_*_key.pub")))
        ready = pathlib.Path("/run/sshd.pid")
        ready.unlink(missing_ok=True)
        child = detached(["/usr/sbin/sshd", "-D"])
        wait_until(ready.exists, 10, "sshd to listen")
        return child.pid

    def configure(self, text):
        """Lines that stand before all others; empties the last ones."""
        pathlib.Path("/etc/ssh/sshd_config.d/00-test.conf").write_text(text)
        self.restart()


def audit_confirm(check=True, user="_cloxxs-journal"):
    """Looks for records in the journal, as cloxxs-audit-confirm.service."""
    return run("unshare", "--net", "setpriv", "--reuid", user, "--regid", user,
               "--groups", "systemd-journal", "--bounding-set=-all",
               "--inh-caps=-all", "--no-new-privs",
               "/usr/libexec/cloxxs/cloxxs-audit-confirm", check=check)


journald = Journald()
cloxxsd = Cloxxsd()
userdb = Userdb()
courier = Courier()
sshd = Sshd()


def installed():
    return os.path.exists(CLOXXSD)


def pam_auth_update(*arguments):
    return run("pam-auth-update", *arguments,
               env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def enable():
    """What a sysadmin does to have logins guarded."""
    examples = pathlib.Path("/usr/share/doc/cloxxs/examples")
    pam_auth_update("--package", "--enable", "cloxxs", "mkhomedir")
    run("install", "-m", "0644", str(examples / "10-cloxxs.conf"),
        "/etc/ssh/sshd_config.d/")
    switch = pathlib.Path("/etc/nsswitch.conf")
    ours = [line for line in (examples / "nsswitch.example").read_text()
            .splitlines() if not line.startswith("#")]
    names = {line.split(":")[0] for line in ours}
    theirs = [line for line in switch.read_text().splitlines()
              if line.split(":")[0] not in names]
    switch.write_text("\n".join(ours + theirs).replace(" systemd", "") + "\n")


def start():
    run("cp", "-a", "/etc/pam.d", "/run/world-pam.d-before")
    journald.start()
    if installed():
        cloxxsd.start()
        userdb.start()
        enable()
    sshd.start()


def stop():
    for service in sshd, userdb, cloxxsd, journald:
        service.stop()


# ---- cloxxsctl ---------------------------------------------------------------


def cloxxsctl(*arguments, check=True, **options):
    return run("cloxxsctl", *arguments, check=check, **options)


def cloxxsctl_json(*arguments):
    return json.loads(cloxxsctl(*arguments, "--json").stdout)


def find_key(answer, key):
    """The first value of key anywhere in a decoded JSON answer."""
    if isinstance(answer, dict):
        if answer.get(key) is not None:
            return answer[key]
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            found = find_key(part, key)
            if found is not None:
                return found
    return None


def temporary_password(*arguments):
    """Runs a verb that hands out a temporary password; returns that."""
    found = find_key(cloxxsctl_json(*arguments), "temporary_password")
    if not found:
        raise WorldError(f"no temporary password from {arguments}")
    return found


SERVICES = "sshd,sudo,su,login,passwd,cron"


def user_add(name, services=SERVICES, *more):
    return temporary_password("user", "add", name, "--services", services,
                              *more)


STRONG = "correct horse kwispel zadel"


def user_with_password(name, password=STRONG, services=SERVICES, more=()):
    """A user who has already chosen his password, through a real login."""
    temporary = user_add(name, services, *more)
    seen = ssh(name, Typist(temporary, password), "true")
    if seen.status != 0:
        raise WorldError(f"{name} cannot choose a password:\n{seen.text}")
    return password


# ---- conversations -----------------------------------------------------------


@dataclasses.dataclass
class Seen:
    """What a conversation looked like from the user's chair."""

    text: str            # all that the terminal showed
    status: int          # the program's exit status; 255 is ssh's own
    asked: list          # the questions, as shown
    seconds: float
    stuck: bool = False  # it asked on, or waited, when we had no answer left

    def reference(self):
        """The reference code of a refusal."""
        found = REFERENCE.search(self.text)
        return found.group(1) if found else None


class Typist:
    """Somebody who reads the question before he answers.

    current: his password; new: what he tries for a new one, one after another;
    tries: how often he gives the current one.
    """

    AGAIN = re.compile(r"(?i)again|retype|repeat|once more|opnieuw|nogmaals")
    NEW = re.compile(r"(?i)new|choose|nieuw")

    def __init__(self, current, *new, tries=1):
        self.current, self.new, self.tries = current, list(new), tries
        self.last = None

    def __call__(self, question):
        if self.AGAIN.search(question):
            return self.last
        if self.NEW.search(question):
            self.last = self.new.pop(0) if self.new else None
            return self.last
        self.tries -= 1
        return self.current if self.tries >= 0 else None


REFERENCE = re.compile(
    r"(?i)refer(?:ence|entie)(?: code)?:? +([A-Z0-9][A-Z0-9-]{3,})")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# A question is the unfinished last line that ends in a colon or question mark.
QUESTION = re.compile(r"[^\r\n]*[:?][ ]?$")
QUESTION_OR_SHELL = re.compile(r"[^\r\n]*[:?$#][ ]?$")


def converse(argv, answers, timeout=20, env=None, cwd="/",
             question=QUESTION):
    """Starts argv on a terminal and gives one answer a question.

    answers is a list of lines, or a callable that is given the question and
    returns the line (see Typist). When a question comes and there is no answer
    (the list is empty, the callable says None), the terminal is hung up.
    """
    began = time.monotonic()
    terminal = pexpect.spawn(
        argv[0], list(argv[1:]), timeout=timeout, encoding="utf-8",
        codec_errors="replace", env=env, cwd=cwd, dimensions=(50, 160))
    terminal.delaybeforesend = 0.02
    if not callable(answers):
        answers = iter(answers)
        answers = lambda _, lines=answers: next(lines, None)
    asked, text, stuck = [], "", False
    while True:
        got = terminal.expect([question, pexpect.EOF, pexpect.TIMEOUT])
        if got == 0:
            text += terminal.before + terminal.after
            # More of the same line may be on its way: it is no question yet.
            more = read_some(terminal, 0.05)
            if more:
                text += more
                if not question.search(more):
                    continue
            asked.append(text.splitlines()[-1].strip())
            answer = answers(asked[-1])
            if answer is None:
                stuck = True
                break
            terminal.sendline(answer)
            continue
        text += terminal.before
        stuck = got == 2
        break
    terminal.close(force=True)
    status = terminal.exitstatus
    if status is None:
        status = 128 + (terminal.signalstatus or 0)
    text = ESCAPES.sub("", text).replace("\r", "")
    return Seen(text, status, asked,
                time.monotonic() - began, stuck)


def read_some(terminal, seconds):
    text = ""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            text += terminal.read_nonblocking(4096, deadline - time.monotonic())
        except (pexpect.TIMEOUT, pexpect.EOF):
            break
    return text


KBD, PASSWORD, KEY = "keyboard-interactive", "password", "publickey"


def ssh_argv(user, command=None, mode=KBD, options=(), program="ssh",
             host=HOST, tty=False):
    argv = [program, "-F", "/dev/null",
            "-o", f"GlobalKnownHostsFile={KNOWN_HOSTS}",
            "-o", "UserKnownHostsFile=/dev/null",
            "-o", "CheckHostIP=no",
            "-o", f"PreferredAuthentications={mode}",
            "-o", f"PubkeyAuthentication={'yes' if mode == KEY else 'no'}",
            "-o", "IdentitiesOnly=yes",
            "-o", "NumberOfPasswordPrompts=1"]
    for option in options:
        argv += ["-o", option]
    if program == "ssh":
        tty = tty or command is None
        argv += ["-t" if tty else "-T", "-l", user, host]
        if command is not None:
            argv.append(command)
    else:
        argv.append(f"{user}@{host}")
    return argv


def ssh(user, answers, command=None, mode=KBD, options=(), program="ssh",
        timeout=20, host=HOST, tty=False):
    """One real login. status 255: sshd refused it."""
    return converse(ssh_argv(user, command, mode, options, program, host, tty),
                    answers, timeout)


def make_key(user):
    """An SSH key that opens user's account, as an sshd option for clients."""
    key = pathlib.Path(f"/run/world-key-{user}")
    if not key.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    directory = pathlib.Path("/etc/ssh/authorized_keys")
    directory.mkdir(exist_ok=True)
    (directory / user).write_text(key.with_suffix(".pub").read_text())
    return f"IdentityFile={key}"


# ---- the journal ---------------------------------------------------------------


def journal(*matches):
    """Records of the journal, oldest first; matches as journalctl takes them."""
    run("journalctl", "--sync", check=False)
    out = run("journalctl", "-o", "json", "--all", "--no-pager", "-q",
              *matches, check=False).stdout
    return [json.loads(line) for line in out.splitlines() if line]


def journal_has_all():
    """Whether journald has the ledger's last record, as far as one can ask."""
    status = cloxxsctl("status", "--json", check=False)
    if status.returncode != 0:
        return True
    numbers = [int(r["CLOXXS_SEQ"]) for r in journal("-n", "40", "_COMM=cloxxsd")
               if "CLOXXS_SEQ" in r]
    return max(numbers, default=0) >= json.loads(
        status.stdout)["ledger_records"]


def cursor():
    """The journal's end, to read on from with journal('--after-cursor=…').

    Records reach the journal soon after the answer, not before it: those of
    what was done until now are waited for.
    """
    if cloxxsd.pid() and journald.pid():
        with contextlib.suppress(WorldError):
            wait_until(journal_has_all, 5, "the records of before")
    records = journal("-n", "1")
    return [f"--after-cursor={records[0]['__CURSOR']}"] if records else []


def main(arguments):
    if arguments == ["start"]:
        start()
    elif arguments == ["stop"]:
        stop()
    else:
        print("usage: cloxxs_world.py start|stop", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
