# SPDX-License-Identifier: GPL-3.0-or-later
"""Records in a journal of their own, on another host, and at a syslog server:
as cloxxs(7) tells to do it, with the files that are shipped."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pytest

import cloxxs_world as world
import journal_world as jw

SHIPPED = pathlib.Path("/usr/share/cloxxs")
EXAMPLE = pathlib.Path("/usr/share/doc/cloxxs/examples/audit-to-syslog")
NAMESPACE = "cloxxs"
SOCKET = pathlib.Path(f"/run/systemd/journal.{NAMESPACE}/socket")


@pytest.fixture(scope="module", autouse=True)
def configured():
    jw.configure()


# ---- a namespace -----------------------------------------------------------------


class Namespace(world.Service):
    """systemd-journald@cloxxs.service, by the shipped configuration."""

    def __init__(self):
        super().__init__("journald-cloxxs")

    def spawn(self):
        shutil.copy(SHIPPED / "journald@cloxxs.conf", "/etc/systemd/")
        world.run("install", "-d", "-m", "2755", "-g", "systemd-journal",
                  "/var/log/journal")
        child = world.detached([world.journald.PROGRAM, NAMESPACE],
                               env={"PATH": os.environ["PATH"]})
        world.wait_until(SOCKET.exists, 10, "the namespace's socket")
        return child.pid


def namespace_of_the_drop_in():
    lines = (SHIPPED / "journal-namespace.conf").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.fixture
def namespace(monkeypatch):
    """cloxxsd as systemd runs it with the shipped drop-in."""
    assert namespace_of_the_drop_in() == ["[Service]",
                                          f"LogNamespace={NAMESPACE}"]
    service = Namespace()
    service.start()
    command = world.cloxxsd.command

    def inside(listener):
        argv = command(listener)
        at = argv.index("unshare")
        return argv[:at] + [
            "unshare", "--mount", "sh", "-c",
            f'mount --bind {SOCKET.parent} /run/systemd/journal && exec "$@"',
            "sh"] + argv[at:]

    monkeypatch.setattr(world.cloxxsd, "command", inside)
    world.cloxxsd.restart()
    yield service
    monkeypatch.undo()
    world.cloxxsd.restart()
    service.stop()


def test_a_namespace_of_its_own(namespace):
    first, last = jw.record(300)
    jw.handed_over()
    numbers = set(range(first, last + 1))
    assert numbers <= set(jw.in_journal(f"--namespace={NAMESPACE}"))
    assert not numbers & set(jw.in_journal())
    assert jw.confirm() == 0
    assert jw.unseen() is None
    # Killed, it loses what it had not written, and is sent that again.
    namespace.freeze()
    first, last = jw.record(5)
    jw.handed_over()
    namespace.kill()
    namespace.start()
    assert jw.confirm_all(4) == last - first + 1
    assert set(range(first, last + 1)) <= set(
        jw.in_journal(f"--namespace={NAMESPACE}"))


def test_the_namespace_is_kept(namespace):
    """By its own configuration, of which journald knows each line."""
    jw.record(1)
    jw.handed_over()
    kept = list(pathlib.Path("/var/log/journal").glob(f"*.{NAMESPACE}/*.journal"))
    assert kept
    said = pathlib.Path("/run/world.log").read_text(errors="replace") + str(
        world.journal(f"--namespace={NAMESPACE}"))
    assert "journald@cloxxs.conf:" not in said


# ---- another journald ----------------------------------------------------------------


REMOTE = "/lib/systemd/systemd-journal-remote"
UPLOAD = "/lib/systemd/systemd-journal-upload"
RECEIVED = pathlib.Path("/run/received/received.journal")


class Remote(world.Service):
    def __init__(self):
        super().__init__("journal-remote")

    def spawn(self):
        RECEIVED.parent.mkdir(exist_ok=True)
        return world.detached([
            REMOTE, "--listen-http=127.0.0.1:19532", "--split-mode=none",
            f"--output={RECEIVED}"]).pid


class Upload(world.Service):
    """As systemd-journal-upload.service, which is root's here."""

    def __init__(self, *arguments):
        super().__init__("journal-upload")
        self.arguments = arguments

    def spawn(self):
        return world.detached([
            UPLOAD, "--url=http://127.0.0.1:19532",
            "--save-state=/run/upload-state", *self.arguments]).pid


def received():
    if not RECEIVED.exists():
        return []
    return jw.in_journal(f"--file={RECEIVED}")


def wait_received(first, last):
    numbers = set(range(first, last + 1))

    def there():
        # Without its server the client ends; its unit starts it again.
        upload.start()
        return numbers <= set(received())

    upload = wait_received.upload
    world.wait_until(there, 60, "the records at the other journald")


@pytest.fixture
def remote():
    for program in REMOTE, UPLOAD:
        if not os.path.exists(program):
            pytest.skip("systemd-journal-remote is missing")
    service, upload = Remote(), Upload()
    wait_received.upload = upload
    service.start()
    world.wait_until(lambda: not socket.socket().connect_ex(
        ("127.0.0.1", 19532)), 10, "journal-remote to listen")
    yield service
    upload.stop()
    service.stop()


def test_to_another_journald(remote):
    first, last = jw.record(300)
    wait_received(first, last)
    # Its own state says where to go on.
    wait_received.upload.stop()
    third = jw.record(50)
    wait_received(*third)
    assert set(received()) == set(jw.in_journal())
    # The client sends the last one again where it began anew.
    assert len(received()) <= len(jw.in_journal()) + 1
    # The receiver is away for a while.
    remote.stop()
    fourth = jw.record(50)
    jw.handed_over()
    remote.start()
    wait_received(*fourth)
    # As journald wrote it there: it is known who sent it.
    entries = world.journal(f"--file={RECEIVED}", f"CLOXXS_SEQ={fourth[1]}")
    assert entries[0]["_UID"] == str(jw.uid())
    assert entries[0]["CLOXXS_EVENT"] == "action"


# ---- a syslog server ---------------------------------------------------------------


class Server:
    """Takes lines over TCP, as a security centre does."""

    def __init__(self, port=0):
        self.lines, self.threads = [], []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                thread = threading.Thread(target=self.read, daemon=True,
                                          args=[connection])
                thread.start()
                self.threads.append(thread)

    def read(self, connection):
        with connection, connection.makefile("rb") as stream:
            for line in stream:
                self.lines.append(line.decode())

    def close(self):
        self.listener.close()
        # The last address that it answered at is free at once.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()

    def wait(self, first, last):
        """Until these have come; all that have."""
        wanted = set(range(first, last + 1))
        world.wait_until(lambda: wanted <= set(self.numbers()), 10,
                         "the records at the syslog server")
        for thread in self.threads:
            thread.join(10)
        return self.numbers()

    def numbers(self):
        found = []
        for line in list(self.lines):
            assert " cloxxs " in line, line
            entry = json.loads(line[line.index("{"):])
            if "CLOXXS_SEQ" in entry:
                found.append(int(entry["CLOXXS_SEQ"]))
        return found


STATE = pathlib.Path("/run/audit-to-syslog")


def send(port):
    """As the shipped unit: an account of its own that reads the journal."""
    world.run("install", "-d", "-o", "daemon", "-g", "daemon", str(STATE))
    return subprocess.run(
        ["setpriv", "--reuid", "daemon", "--regid", "daemon", "--groups",
         "systemd-journal", EXAMPLE / "audit-to-syslog"],
        env={"PATH": os.environ["PATH"], "STATE_DIRECTORY": str(STATE),
             "SYSLOG_SERVER": "127.0.0.1", "SYSLOG_PORT": str(port)},
        capture_output=True, text=True, timeout=60)


def test_to_a_syslog_server():
    server = Server()
    first, last = jw.record(300)
    jw.handed_over()
    done = send(server.port)
    assert done.returncode == 0, done.stderr
    sent = server.wait(first, last)
    assert sorted(sent) == sorted(jw.in_journal("--namespace=*"))
    # Nothing new, nothing sent.
    assert send(server.port).returncode == 0
    assert server.numbers() == sent
    # It is away for a while, and for more than one try.
    server.close()
    first, last = jw.record(40)
    jw.handed_over()
    for _ in range(2):
        done = send(server.port)
        assert done.returncode != 0
        assert done.stderr
    again = Server(server.port)
    assert send(again.port).returncode == 0
    assert again.wait(first, last) == list(range(first, last + 1))
    again.close()


def test_killed_on_its_way():
    """What is not known to have gone goes once more."""
    server = Server()
    assert send(server.port).returncode == 0
    first, last = jw.record(40)
    jw.handed_over()
    before = (STATE / "cursor").read_text()
    assert send(server.port).returncode == 0
    server.wait(first, last)
    (STATE / "cursor").write_text(before)
    (STATE / "next").write_text("half a curs")
    shutil.chown(STATE / "next", "daemon")
    assert send(server.port).returncode == 0
    world.wait_until(lambda: [server.numbers().count(number) for number in
                              range(first, last + 1)] == [2] * 40, 10,
                     "all of them once more")
    server.close()


def test_the_unit_of_the_example():
    unit = (EXAMPLE / "cloxxs-audit-to-syslog.service").read_text()
    assert "SupplementaryGroups=systemd-journal\n" in unit
    assert "StateDirectory=" in unit
    assert (EXAMPLE / "cloxxs-audit-to-syslog.timer").exists()
