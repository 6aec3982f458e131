#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl audit, against journals made for it and a scripted daemon.

systemd-journal-remote writes the journals, so that records can carry any field,
also those that only journald writes: what others could send, and what root could
forge. abuse_NN names the case.
"""
import csv
import hashlib
import io
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

REMOTE = next((path for path in ("/usr/lib/systemd/systemd-journal-remote",
                                 "/lib/systemd/systemd-journal-remote")
               if os.access(path, os.X_OK)), None)
if not REMOTE:
    print("SKIP: systemd-journal-remote is missing")
    sys.exit(77)

CTL = os.path.join(os.environ.get("CLOXXS_BUILDDIR", "."),
                   "cloxxsctl", "cloxxsctl")
AUDIT = "nl.cloxxs.Audit."
UID = 990
SECOND = 1000000
BASE = 1795348800 * SECOND  # 2026-11-22T12:00:00Z
INSTALLATION = "0123456789abcdef0123456789abcdef"
ANCHOR = "cloxxs-anchor 1 {} {} 2026-11-22T12:00:00Z {}"


def chain(sequence, salt=""):
    return hashlib.sha256(f"{salt}{sequence}".encode()).hexdigest()


def record(sequence, **more):
    """A record of the ledger."""
    entry = {"sequence": sequence, "at": BASE + sequence * SECOND,
             "event": "login-allowed", "result": "allowed", "reason": "none",
             "user": "anna", "actor": "anna", "service": "sshd",
             "address": "192.0.2.1", "chain": chain(sequence)}
    entry.update(more)
    return {name: value for name, value in entry.items() if value is not None}


FIELDS = {"sequence": "CLOXXS_SEQ", "at": "CLOXXS_AT"}


def export(entry, uid=UID, late=0, **more):
    """It as journald would have it, in the export format."""
    fields = {"__REALTIME_TIMESTAMP": entry["at"] + 500 + late * SECOND,
              "__MONOTONIC_TIMESTAMP": entry["at"] - BASE + late * SECOND,
              "_BOOT_ID": "0" * 31 + "1", "_MACHINE_ID": "0" * 31 + "2",
              "_UID": uid, "_TRANSPORT": "journal",
              "SYSLOG_IDENTIFIER": "cloxxsd",
              "MESSAGE_ID": "465cb9d88df3462996eb1033b1142df4",
              "MESSAGE": f"{entry['event']}: user={entry.get('user')}"}
    for name, value in entry.items():
        if name != "replaced":
            fields[FIELDS.get(name, "CLOXXS_" + name.upper())] = value
    fields.update(more)
    out = b""
    for name, value in fields.items():
        if value is None:
            continue
        value = value if isinstance(value, bytes) else str(value).encode()
        if b"\n" in value or any(byte < 32 for byte in value):
            out += name.encode() + b"\n" + struct.pack("<Q", len(value)) + \
                value + b"\n"
        else:
            out += name.encode() + b"=" + value + b"\n"
    return out + b"\n"


def write(path, *exported):
    subprocess.run([REMOTE, "-o", path, "-"], input=b"".join(exported),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True, timeout=60)
    return path


@pytest.fixture
def directory():
    # A short path: sockets have no room for long ones.
    path = tempfile.mkdtemp(prefix="audit.")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def journal(directory):
    number = 0

    def make(*exported):
        nonlocal number
        number += 1
        return write(f"{directory}/{number}.journal", *exported)
    return make


class Daemon:
    """Answers by method: a function of the parameters gives the replies."""

    def __init__(self, directory, ledger=(), **methods):
        self.path = os.path.join(directory, "sock")
        self.ledger = list(ledger)
        self.methods = {"Search": self.search, "Head": self.head,
                        "TellReading": lambda _: [{"parameters": {}}],
                        "Verify": self.verify, **methods}
        self.calls = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.answer(connection)

    def answer(self, connection):
        data = b""
        while True:
            try:
                piece = connection.recv(65536)
            except ConnectionError:
                return
            if not piece:
                return
            data += piece
            while b"\0" in data:
                message, _, data = data.partition(b"\0")
                call = json.loads(message)
                name = call["method"].rpartition(".")[2]
                self.calls.append((name, call.get("parameters", {})))
                try:
                    for reply in self.methods[name](
                            call.get("parameters", {})):
                        connection.sendall(json.dumps(reply).encode() + b"\0")
                except OSError:  # the client has enough
                    return

    def search(self, asked):
        found = [entry for entry in self.ledger
                 if asked.get("first", 0) <= entry["sequence"]
                 <= asked.get("last", 1 << 62)]
        for entry in found[:asked.get("limit")]:
            yield {"parameters": {"entry": entry}, "continues": True}
        yield {"parameters": {}}

    def head(self, _):
        last = self.ledger[-1]
        return [{"parameters": {"installation": INSTALLATION,
                                "sequence": last["sequence"],
                                "at": last["at"] // SECOND,
                                "chain": last["chain"]}}]

    def proof(self, **more):
        last = self.ledger[-1]
        return {"parameters": {
            "verdict": "proved", "first": self.ledger[0]["sequence"],
            "last": last["sequence"], "chain": last["chain"],
            "checked": len(self.ledger), "total": len(self.ledger), **more}}

    def verify(self, _):
        return [{"parameters": {"checked": 1, "total": 2}, "continues": True},
                self.proof()]

    def called(self, name):
        return [asked for called, asked in self.calls if called == name]

    def close(self):
        self.listener.close()


@pytest.fixture
def daemon(directory):
    started = []

    def start(*arguments, **methods):
        started.append(Daemon(directory, *arguments, **methods))
        return started[-1]
    yield start
    for one in started:
        one.close()


ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
               "TZ": "CET-1CEST,M3.5.0,M10.5.0/3",
               **{name: value for name, value in os.environ.items()
                  if name.endswith("SAN_OPTIONS")}}


def audit(*arguments, socket_path="/nowhere/sock", status=0):
    result = subprocess.run(
        [CTL, "--socket", socket_path, "audit", *arguments],
        capture_output=True, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        timeout=60, check=False)
    assert result.returncode == status, result.stderr
    result.out = result.stdout.decode("ascii")
    result.err = result.stderr.decode("ascii")
    return result


def found(*arguments, verb="search", **more):
    """The records that are found, and what was said besides."""
    result = audit(verb, *arguments, "--format", "json", **more)
    return [json.loads(line) for line in result.out.splitlines()], result.err


def numbers(*arguments, **more):
    return [entry["sequence"] for entry in found(*arguments, **more)[0]]


# Search.

RECORDS = [
    record(1), record(2, user="bas", actor="bas"),
    record(3, event="login-denied", result="denied", reason="wrong-password",
           reference="K7QF-2M9X"),
    record(4, event="user-added", result="done", user="piet", service=None,
           address="2001:db8::7"),
    record(5, event="action", result="done", user="bas", actor="bas",
           service="cloxxs-online", project="budget-2027", action="export",
           object="q1.xlsx", address="198.51.100.9"),
    record(6, user=None, actor=None, service=None, address=None,
           event="daemon-stopped", result="done"),
]


@pytest.fixture
def records(journal):
    return journal(*map(export, RECORDS))


@pytest.mark.parametrize("asked,there", [
    ([], [1, 2, 3, 4, 5, 6]),
    (["--user", "bas"], [2, 5]),
    (["--user", "nobody"], []),
    (["--actor", "anna"], [1, 3, 4]),
    (["--actor", "anna", "--user", "piet"], [4]),
    (["--address", "198.51.100.9"], [5]),
    (["--address", "2001:DB8:0::7"], [4]),
    (["--address", "::ffff:192.0.2.1", "--user", "bas"], [2]),
    (["--network", "192.0.2.0/24"], [1, 2, 3]),
    (["--network", "2001:db8::/32"], [4]),
    (["--network", "203.0.113.0/24"], []),
    (["--project", "budget-2027"], [5]),
    (["--service", "cloxxs-online"], [5]),
    (["--event", "login-denied"], [3]),
    (["--event", "login-denied,user-added", "--actor", "anna"], [3, 4]),
    (["--event", "user-added,action", "--limit", "1", "--reverse"], [5]),
    (["--result", "done"], [4, 5, 6]),
    (["--reverse"], [6, 5, 4, 3, 2, 1]),
    (["--limit", "2"], [1, 2]),
    (["--limit", "2", "--reverse"], [6, 5]),
    (["--user", "bas", "--reverse", "--limit", "1"], [5]),
    (["--since", "2026-11-22T12:00:03Z"], [3, 4, 5, 6]),
    (["--until", "2026-11-22T12:00:03Z"], [1, 2]),
    (["--since", "2026-11-22", "--until", "2026-11-22"], [1, 2, 3, 4, 5, 6]),
    (["--since", "2026-11-23"], []),
    (["--since", "2h"], []),
    (["--since", "20000d"], [1, 2, 3, 4, 5, 6]),
    (["--until", "2026-11-21"], []),
    (["--until", "never"], [1, 2, 3, 4, 5, 6]),
    (["--since", "2026-11-22T12:00:02Z", "--until", "2026-11-22T12:00:05Z",
      "--reverse"], [4, 3, 2]),
    (["--since", "2026-11-22T12:00:02Z", "--user", "anna"], [3]),
])
def test_search(records, asked, there):
    assert numbers("--file", records, *asked) == there


def test_search_forms(records):
    entries, said = found("--file", records, "--user", "bas")
    assert said == ""
    assert entries[1] == {**RECORDS[4], "replaced": False,
                          "time": "2026-11-22T12:00:05.000000Z"}
    result = audit("search", "--file", records, "--user", "bas")
    lines = result.out.splitlines()
    assert lines[0].split() == ["RECORD", "TIME", "EVENT", "USER", "BY",
                                "FROM", "RESULT", "WHAT"]
    # of this place
    assert "2026-11-22 13:00:05 +0100" in lines[2]
    assert lines[2].endswith("budget-2027 export q1.xlsx")
    result = audit("search", "--file", records, "--event", "user-added",
                   "--format", "csv")
    row = next(csv.DictReader(io.StringIO(result.out)))
    assert row["time"] == "2026-11-22T12:00:04.000000Z"
    assert (row["user"], row["actor"], row["service"]) == ("piet", "anna", "")
    assert audit("search", "--file", records, "--user", "x").out == \
        "No record was found.\n"
    assert audit("search", "--file", records, "--event", "login-denied").out \
        .splitlines()[1].split()[-3:] == ["denied", "(wrong-password)", "-"]


@pytest.mark.parametrize("asked,words", [
    (["--network", "192.0.2.1/24"], "has bits set behind its prefix"),
    (["--network", "anna"], "--network"),
    (["--file", "a", "--directory", "b"], "only one of"),
    (["--ledger", "--file", "b"], "only one of"),
    (["--result", "perhaps"], "--result"),
    (["--since", "yesterday"], "--since"),
    (["--limit", "-1"], "--limit"),
    (["--user", "a" * 600], "longer than any"),
    (["--event", "nonsense"],
     '--event: "nonsense" is no event of cloxxs-events(7)'),
    (["--event", "action,nonsense", "--ledger"], '"nonsense" is no event'),
    (["--event", "action,"], '"" is no event'),
    (["--event", ","], '"" is no event'),
])
def test_search_misused(asked, words):
    assert words in audit("search", *asked, status=2).err


def test_search_nothing_there(directory):
    os.mkdir(f"{directory}/empty")
    for place in ("--file", f"{directory}/none"), \
            ("--directory", f"{directory}/empty"), \
            ("--directory", f"{directory}/none"):
        result = audit("search", *place, status=3)
        assert "no journal that can be read" in result.err
        assert result.out == ""


def test_files_of_a_pattern(directory):
    write(f"{directory}/a1.journal", export(record(1)))
    write(f"{directory}/a2.journal", export(record(2)))
    write(f"{directory}/[b].journal", export(record(3)))
    assert numbers("--file", f"{directory}/a*.journal") == [1, 2]
    assert numbers("--file", f"{directory}/[b].journal") == [3]
    with open(f"{directory}/a3.journal", "w", encoding="ascii") as file:
        file.write("none")
    assert f"read in {directory}/a3.journal" in audit(
        "search", "--file", f"{directory}/a*.journal", status=3).err
    assert f"read in {directory}/c*" in audit(
        "search", "--file", f"{directory}/c*", status=3).err


def test_directory_of_namespaces(directory):
    """As /var/log/journal is copied: no namespace is left out."""
    machine = f"{directory}/[a]/{'0' * 31}2"
    for path in machine, machine + ".cloxxs", f"{directory}/[a]/remote":
        os.makedirs(path)
    write(f"{machine}/system.journal", export(record(1)))
    write(f"{machine}.cloxxs/system.journal", export(record(2)))
    write(f"{machine}.cloxxs/system.journal~.journal", export(record(3)))
    os.rename(f"{machine}.cloxxs/system.journal~.journal",
              f"{machine}.cloxxs/system@1.journal~")
    write(f"{directory}/[a]/direct.journal", export(record(4)))
    write(f"{directory}/[a]/remote/other.journal", export(record(9)))
    with open(f"{machine}/damaged.journal", "w", encoding="ascii"):
        pass
    assert numbers("--directory", f"{directory}/[a]") == [1, 2, 3, 4]
    assert numbers("--directory", machine + ".cloxxs") == [2, 3]


# Whose a record is.

def test_forged_by_another_uid(journal):
    """Who is not cloxxsd may send anything, and is heard of nowhere."""
    path = journal(export(record(1)),
                   export(record(2, user="forged"), uid=1000),
                   export(record(3, user="forged"), uid=1000, _UID=UID - 1,
                          SYSLOG_IDENTIFIER="forger"),
                   export(record(4)))
    assert numbers("--file", path, "--uid", str(UID)) == [1, 4]
    assert numbers("--file", path, "--uid", str(UID), "--user", "forged") == []
    result = audit("search", "--file", path, status=1)
    assert "different uids (" in result.err and "1000" in result.err
    assert "the others are of another host, or forged" in result.err
    assert result.out == ""
    assert numbers("--file", path, "--uid", "1000") == [2]


def test_several_machines(directory):
    """Each has numbers of its own: they are not read as one."""
    other = {"_MACHINE_ID": "0" * 31 + "3", "_HOSTNAME": "web2"}
    for uid in UID, UID + 1:
        write(f"{directory}/a{uid}.journal",
              export(record(1), _HOSTNAME="web1"),
              export(record(2, user="bas"), _HOSTNAME="web1\033"))
        write(f"{directory}/b{uid}.journal",
              export(record(1, chain=None), uid, **other))
    for more in [], ["--uid", str(UID)]:
        result = audit("search", "--directory", directory, *more, status=2)
        assert "of 2 machines (web1, web2): name the files of one" in \
            result.err
        assert result.out == ""
    # Of another uid, they are others' in any case.
    both = f"{directory}/a{UID}.journal", f"{directory}/b{UID + 1}.journal"
    assert "of 2 machines" in audit(
        "search", "--file", f"{directory}/?{UID}*.journal", status=2).err
    os.unlink(f"{directory}/b{UID}.journal")
    assert "of 2 machines" in audit("search", "--directory", directory,
                                    status=2).err
    assert numbers("--directory", directory, "--uid", str(UID)) == [1, 2]
    assert numbers("--file", both[0]) == [1, 2]
    assert numbers("--file", both[1]) == [1]


def test_another_machine_without_audit(journal):
    """Who collects logs of many hosts may have one with Cloxxs. A host may be
    renamed."""
    path = journal(export(record(1), _HOSTNAME="old"),
                   export(record(9), uid=1000, CLOXXS_SEQ=None,
                          _MACHINE_ID="0" * 31 + "3"),
                   export(record(2), _HOSTNAME="new"))
    assert numbers("--file", path) == [1, 2]


def test_one_uid_looks_like_ours(journal):
    log = export(record(9), uid=1000, CLOXXS_SEQ=None)
    path = journal(export(record(1)), log, export(record(2), uid=None))
    assert numbers("--file", path) == [1]
    assert "no record of cloxxsd" in audit(
        "search", "--file", journal(log), status=1).err


def test_not_a_record(journal):
    """What cloxxsd logs is no audit, and numbers are numbers."""
    path = journal(export(record(1)), export(record(2), CLOXXS_SEQ="0x2"),
                   export(record(3), CLOXXS_AT=None),
                   export(record(4), CLOXXS_SEQ="9" * 30),
                   export(record(5), CLOXXS_SEQ=""),
                   export(record(6), CLOXXS_SEQ="-6"))
    assert numbers("--file", path) == [1]


# What is missing, and what is there twice.

def test_gaps(journal):
    path = journal(*(export(record(n)) for n in (1, 2, 5, 6, 8, 12)))
    entries, said = found("--file", path)
    assert len(entries) == 6
    assert said == ("cloxxsctl: audit search: records 3-4, 7 and 9-11 are "
                    "not in this journal\n")
    # A filter leaves others out.
    assert found("--file", path, "--user", "anna")[1] == ""
    assert found("--file", path, "--limit", "3")[1] == ""
    assert "record 7 is not in this journal" in found(
        "--file", path, "--since", "2026-11-22T12:00:06Z", "--until",
        "2026-11-22T12:00:08Z")[1]


BEGINS = ("this journal begins with record 4, of 2026-11-22 13:00:04 +0100; "
          "older records: --ledger")


@pytest.mark.parametrize("asked,told", [
    ([], True),
    (["--limit", "1"], True),
    (["--reverse"], True),
    (["--reverse", "--limit", "1"], False),
    (["--since", "2026-11-22T12:00:04Z"], True),
    (["--since", "2026-11-22T12:00:04Z", "--reverse"], True),
    (["--since", "2026-11-22T12:00:05Z"], False),
    (["--since", "2026-11-22T12:00:05Z", "--reverse"], False),
    (["--since", "2026-11-22T12:00:09Z", "--reverse"], False),
    (["--until", "2026-11-22T12:00:02Z"], True),
    (["--until", "2026-11-22T12:00:06Z", "--reverse"], True),
    (["--user", "anna"], False),
    (["--network", "192.0.2.0/24"], False),
])
def test_begins_late(journal, asked, told):
    log = export(record(7), CLOXXS_SEQ=None)
    path = journal(*(export(record(n)) for n in (4, 5, 6)), log,
                   *(export(record(n)) for n in (7, 8, 9)))
    said = found("--file", path, *asked)[1]
    assert said == (f"cloxxsctl: audit search: {BEGINS}\n" if told else "")


def test_begins_late_is_told_of_elsewhere(journal, records):
    path = journal(*(export(record(n)) for n in (4, 5, 6)))
    for verb, more in ("stats", ["--json"]), ("report", ["--json"]), \
            ("export", []):
        result = audit(verb, "--file", path, *more)
        assert BEGINS in result.err and "begins" not in result.out
        assert "begins" not in audit(verb, "--file", records, *more).err
    assert "begins" not in audit("show", "--file", path, "5").err


def test_gap_before_the_period(journal):
    path = journal(*(export(record(n)) for n in (1, 2, 5, 6)))
    assert "records 3-4 are" in found(
        "--file", path, "--since", "2026-11-22T12:00:04Z")[1]
    since = ["--since", "2026-11-22T12:00:05Z"]
    assert "records 3-4 are" in found("--file", path, *since)[1]
    # What was sent again is of before, and so is what is missing behind it.
    path = journal(*(export(record(n)) for n in (1, 4, 5, 6)),
                   export(record(1), late=10))
    assert found("--file", path, *since)[1] == ""


def test_sent_again(journal):
    """Once each, also what came hours after its period."""
    again = record(3)
    path = journal(*(export(record(n)) for n in (1, 2, 4)),
                   export(record(2), late=20),
                   export(record(90)),
                   *(export(record(n)) for n in range(91, 200)),
                   export(again, late=7200))
    assert sorted(numbers("--file", path, "--until",
                          "2026-11-22T12:00:10Z")) == [1, 2, 3, 4]
    assert sorted(numbers("--file", path, "--until", "2026-11-22T12:00:10Z",
                          "--user", "anna")) == [1, 2, 3, 4]
    assert sorted(numbers("--file", path, "--until", "2026-11-22T12:00:10Z",
                          "--reverse")) == [1, 2, 3, 4]
    said = found("--file", path)[1]
    assert "records 5-89 are not in this journal" in said


def test_two_of_one_number(journal):
    path = journal(export(record(1)), export(record(2)),
                   export(record(2, user="eve", chain=chain(2, "forged"))))
    entries, said = found("--file", path, status=1)
    assert [entry["user"] for entry in entries] == ["anna", "anna", "eve"]
    assert "there are different records 2" in said
    # One of before, which had no chain in the journal, is the same.
    path = journal(export(record(1, chain=None)), export(record(1)))
    assert numbers("--file", path) == [1]
    path = journal(export(record(1, chain=None)),
                   export(record(1, user="eve")))
    assert "different records 1" in found("--file", path, status=1)[1]
    # Texts were taken out before it was sent again.
    path = journal(export(record(1)), export(record(1, user="pseudonym-1")))
    assert numbers("--file", path) == [1]


# abuse_94, abuse_101

HOSTILE = [b"a\nCLOXXS_USER=eve", b"\x1b[2J\x1b]8;;http://x\x07",
           "\u202egnp".encode(), b"\xff\xfe\x80", b"a\\x0ab", b"\r\n\t\x00"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_abuse_94_hostile_text(journal, value, form):
    """Escaped already; what is not all the same never gets through."""
    path = journal(export(record(1), CLOXXS_DETAILS=value,
                          CLOXXS_USER=value))
    result = audit("search", "--file", path, "--format", form)
    assert all(" " <= c <= "~" for c in result.out.replace("\n", ""))
    assert len(result.out.splitlines()) == (1 if form == "json" else 2)
    shown = audit("show", "1", "--file", path).out
    assert all(" " <= c <= "~" for c in shown.replace("\n", ""))


@pytest.mark.parametrize("value", ["=cmd|'/c calc'!A0", "+1", "-1", "@SUM(1)",
                                   "=1,2", '="a"'])
def test_abuse_101_csv(journal, value):
    path = journal(export(record(1, details=value, user=value, object=value)))
    out = audit("export", "--file", path, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    for member in "details", "user", "object":
        assert rows[0][member] == "'" + value
    assert numbers("--file", path, "--user", value) == [1]


# Export.

def test_export(records, directory):
    path = f"{directory}/out"
    result = audit("export", "--file", records, "--output", path)
    assert result.out == ""
    with open(path, encoding="ascii") as file:
        assert [json.loads(line)["sequence"] for line in file] == \
            [1, 2, 3, 4, 5, 6]
    assert os.stat(path).st_mode & 0o777 == 0o600
    # Never over anything.
    before = os.stat(path)
    assert path in audit("export", "--file", records, "--output", path,
                         status=6).err
    assert os.stat(path).st_mtime_ns == before.st_mtime_ns
    os.symlink(f"{directory}/target", f"{directory}/link")
    audit("export", "--file", records, "--output", f"{directory}/link",
          status=6)
    assert not os.path.exists(f"{directory}/target")
    # What failed is not there.
    audit("export", "--file", f"{directory}/none", "--output",
          f"{directory}/half", status=3)
    assert not os.path.exists(f"{directory}/half")
    audit("export", "--ledger", "--output", f"{directory}/half", status=5)
    assert not os.path.exists(f"{directory}/half")


def test_export_full_disk(records):
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run(
            [CTL, "audit", "export", "--file", records], stdout=full,
            stderr=subprocess.PIPE, env=ENVIRONMENT, timeout=60, check=False)
    assert result.returncode == 1
    assert b"No space left" in result.stderr


# Follow.

def follow(directory, *arguments):
    return subprocess.Popen(
        [CTL, "audit", "follow", "--directory", directory, "--uid", str(UID),
         "--format", "json", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=ENVIRONMENT)


def test_follow(directory):
    os.mkdir(f"{directory}/j")
    path = write(f"{directory}/j/a.journal", export(record(1)),
                 export(record(2)))
    process = follow(f"{directory}/j", "--since", "2026-11-22T12:00:02Z")
    assert json.loads(process.stdout.readline())["sequence"] == 2
    write(path, export(record(3)), export(record(3), late=1),
          export(record(4), uid=1000), export(record(5, user="bas")))
    assert json.loads(process.stdout.readline())["sequence"] == 3
    assert json.loads(process.stdout.readline())["user"] == "bas"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 0


def test_follow_from_now(directory):
    os.mkdir(f"{directory}/j")
    path = write(f"{directory}/j/a.journal", export(record(1)))
    process = follow(f"{directory}/j", "--user", "bas", "--limit", "1")
    # Nobody tells when it has begun: it is sent until it was seen.
    sequence, line = 1, []
    reader = threading.Thread(
        target=lambda: line.append(process.stdout.readline()))
    reader.start()
    while reader.is_alive() and sequence < 500:
        sequence += 1
        write(path, export(record(sequence)),
              export(record(sequence + 1000, user="bas")))
        reader.join(0.2)
    assert json.loads(line[0])["user"] == "bas"
    assert process.wait(60) == 0


# Show.

def test_show(records):
    shown = audit("show", "5", "--file", records).out
    for words in ("Record        5\n", "2026-11-22 13:00:05 +0100",
                  "Event         action\n", "Meaning ",
                  "Project       budget-2027\n", "Object        q1.xlsx\n",
                  "Chain         " + chain(5)):
        assert words in shown
    one = json.loads(audit("show", "5", "--file", records, "--json").out)
    assert one["object"] == "q1.xlsx"


@pytest.mark.parametrize("code", ["K7QF-2M9X", "k7qf2m9x", "K7 QF 2M 9X"])
def test_show_code(records, code):
    assert "Record        3\n" in audit("show", code, "--file", records).out


@pytest.mark.parametrize("what", ["99", "AAAA-AAAA", "x", "0", "-",
                                  "9" * 40])
def test_show_unknown(records, what):
    assert "no such record" in audit("show", "--file", records, "--", what,
                                     status=3).err


def test_show_from_ledger(daemon):
    server = daemon(RECORDS)
    shown = audit("show", "4", "--ledger", socket_path=server.path).out
    assert "piet" in shown and "see cloxxs-events(7)" in shown
    assert server.called("Search") == [{"first": 4, "last": 4}]


def test_show_code_from_ledger(daemon):
    at = RECORDS[2]["at"] // SECOND
    server = daemon(RECORDS, Explain=lambda _: [{"parameters": {"at": at}}])
    assert "Record        3\n" in audit("show", "k7qf2m9x", "--ledger",
                                        socket_path=server.path).out
    assert server.called("Explain") == [{"reference": "K7QF-2M9X"}]
    assert server.called("Search") == [{"since": at * SECOND,
                                        "until": (at + 1) * SECOND}]


# Stats.

def test_stats(records):
    counts = json.loads(audit("stats", "--file", records, "--json").out)
    assert counts["records"] == 6
    assert counts["events"]["login-allowed"] == 2
    assert counts["results"] == {"allowed": 2, "denied": 1, "done": 3}
    assert counts["users"] == {"anna": 2, "bas": 2, "piet": 1}
    assert counts["days"] == {"2026-11-22": 6}
    assert counts["services"] == {"sshd": 3, "cloxxs-online": 1}
    assert json.loads(audit("stats", "--file", records, "--user", "bas",
                            "--format", "json").out)["records"] == 2
    shown = audit("stats", "--file", records).out
    assert shown.startswith("6 records\n\nDAY ")
    assert "192.0.2.1" in shown


def test_stats_of_many(journal):
    path = journal(*(export(record(n, user=f"user{n}")) for n in range(1, 31)))
    shown = audit("stats", "--file", path).out
    assert "and 10 more\n" in shown
    assert len(json.loads(audit("stats", "--file", path,
                                "--json").out)["users"]) == 30


# The ledger.

def test_ledger(daemon):
    server = daemon(RECORDS)
    server.methods["Search"] = lambda _: [
        {"parameters": {"entry": entry}, "continues": True}
        for entry in RECORDS] + [{"parameters": {}}]
    entries, said = found(
        "--ledger", "--user", "bas", "--address", "::ffff:198.51.100.9",
        "--network", "198.51.100.0/24", "--since", "2026-11-22T12:00:01Z",
        "--until", "2026-11-22", "--reverse", "--limit", "7",
        socket_path=server.path)
    # It is asked for all of it, and not believed.
    assert [entry["sequence"] for entry in entries] == [5]
    assert said == ""
    assert server.calls == [("Search", {
        "user": "bas", "address": "198.51.100.9",
        "network": "198.51.100.0/24", "since": BASE + SECOND,
        "until": 1795388400 * SECOND, "reverse": True, "limit": 7})]


def test_ledger_of_several_events(daemon):
    """The daemon takes one event: more are sifted here, and counted here."""
    server = daemon(RECORDS)
    assert numbers("--ledger", "--event", "login-allowed,action", "--limit",
                   "3", socket_path=server.path) == [1, 2, 5]
    assert numbers("--ledger", "--event", "login-denied",
                   socket_path=server.path) == [3]
    assert server.called("Search") == [{}, {"event": "login-denied"}]


def test_ledger_has_enough(daemon):
    server = daemon([record(n) for n in range(1, 20000)])
    server.methods["Search"] = lambda asked: server.search({})
    assert numbers("--ledger", "--limit", "3",
                   socket_path=server.path) == [1, 2, 3]


def refused(name, **parameters):
    return lambda _: [{"error": name, "parameters": parameters}]


@pytest.mark.parametrize("name,parameters,status,words", [
    ("org.varlink.service.PermissionDenied", {}, 4, "permission denied"),
    (AUDIT + "Invalid", {"parameter": "event", "message": "is none"}, 2,
     "event: is none"),
    (AUDIT + "Unavailable", {"message": "the disk is full"}, 5,
     "the disk is full"),
    ("org.varlink.service.MethodNotFound", {"method": "Search"}, 1,
     "another version"),
])
def test_ledger_refuses(daemon, name, parameters, status, words):
    server = daemon(RECORDS, Search=refused(name, **parameters))
    result = audit("search", "--ledger", socket_path=server.path,
                   status=status)
    assert words in result.err


def test_ledger_breaks_off(daemon):
    server = daemon(RECORDS, Search=lambda _: [
        {"parameters": {"entry": RECORDS[0]}, "continues": True},
        {"error": AUDIT + "Unavailable", "parameters": {"message": "gone"}}])
    audit("search", "--ledger", "--format", "json", socket_path=server.path,
          status=5)


def test_brought_journals_ask_nobody(records, daemon):
    server = daemon(RECORDS)
    found("--file", records, socket_path=server.path)
    audit("stats", "--file", records, socket_path=server.path)
    assert server.calls == []


# Anchor and verify.

def test_anchor(daemon):
    server = daemon(RECORDS)
    assert audit("anchor", socket_path=server.path).out == (
        f"cloxxs-anchor 1 {INSTALLATION} 6 2026-11-22T12:00:06Z "
        f"{chain(6)}\n")


def anchor(sequence, installation=INSTALLATION, salt=""):
    return ANCHOR.format(installation, sequence, chain(sequence, salt))


def verify(server, *arguments, status=0):
    return audit("verify", *arguments, socket_path=server.path, status=status)


def test_verify(daemon):
    server = daemon(RECORDS)
    result = verify(server)
    assert result.out.startswith(
        "Proved: 6 records, from 1 to 6 (2026-11-22 13:00:06 +0100)\n")
    assert chain(6) in result.out
    assert server.called("Verify") == [{}]
    told = json.loads(verify(server, "--json").out)
    assert told["verdict"] == "proved" and told["faults"] == []
    assert told["head"]["installation"] == INSTALLATION
    assert told["journal"] is None


def test_verify_after_retention(daemon):
    server = daemon(RECORDS[2:], Verify=lambda _: [server.proof(
        purged=2, cut_at=BASE, replaced=1)])
    result = verify(server, "--anchor", anchor(5))
    assert "records up to 2 were removed when their time was over (2026-11-22" \
        in result.out
    assert server.called("Verify") == [{"sequence": 5, "chain": chain(5)}]
    # The daemon is given none from before.
    result = verify(server, "--anchor", anchor(1))
    assert "0 held, 1 of records that were removed" in result.out
    assert server.called("Verify")[-1] == {}
    assert "texts of 1 record," in result.out


@pytest.mark.parametrize("fault,words", [
    ("missing", "record 3 is missing"), ("changed", "record 3 was changed"),
    ("out-of-order", "record 3 is out of order"),
    ("foreign", "record 3 is none of the daemon's"),
    ("anchor", "record 3 is not the one of the anchor"),
    ("new-fault", "record 3 is at fault: new-fault"),
])
def test_abuse_98_broken(daemon, fault, words):
    server = daemon(RECORDS, Verify=lambda _: [server.proof(
        verdict="broken", broken=3, fault=fault)])
    result = verify(server, status=1)
    assert words in result.err
    assert "Proved" not in result.out
    told = verify(server, "--json", status=1)
    assert json.loads(told.out)["broken"] == 3


def test_verify_without_a_verdict(daemon):
    server = daemon(RECORDS, Verify=lambda _: [{"parameters": {}}])
    assert "no verdict" in verify(server, status=1).err


def test_abuse_98_anchors(daemon, directory):
    path = f"{directory}/anchors"

    def anchors(*lines):
        with open(path, "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in lines))
        return path

    server = daemon(RECORDS)
    result = verify(server, "--anchor", anchor(4))
    assert "Anchors       1 held\n" in result.out
    assert server.called("Verify") == [{"sequence": 4, "chain": chain(4)}]
    # Of many the daemon is given the newest, in whichever order they stand.
    result = verify(server, "--anchor", anchors(
        "# mailed", anchor(2), "", anchor(6), anchor(1)))
    assert "Anchors       3 held\n" in result.out
    assert server.called("Verify")[-1] == {"sequence": 6, "chain": chain(6)}
    # An older one that is another ledger's.
    result = verify(server, "--anchor",
                    anchors(anchor(6), anchor(2, salt="x"), anchor(3)),
                    status=1)
    assert "the anchor of line 2 of record 2 is not of this ledger" \
        in result.err
    assert "Anchors       2 held\n" in result.out
    result = verify(server, "--anchor", anchors(
        anchor(6), anchor(4, installation="f" * 32)), status=1)
    assert "the anchor of line 2 of record 4 is of another installation" \
        in result.err


@pytest.mark.parametrize("n", [3, 40])
def test_anchors_of_records_without_texts(daemon, directory, n):
    """What is purged within the chain is proved, but not told."""
    server = daemon([record(i) for i in range(1, n + 1) if i != 2])
    path = f"{directory}/anchors"
    with open(path, "w", encoding="ascii") as file:
        for i in range(1, n + 1):
            file.write(anchor(i) + "\n")
    assert f"{n - 1} held, 1 of records that were removed" in verify(
        server, "--anchor", path).out
    # All of many in one reading.
    assert len(server.called("Search")) == (4 if n == 3 else 2)


@pytest.mark.parametrize("n", [3, 40])
def test_abuse_98_anchor_of_a_lost_record(daemon, directory, n):
    """The tail was cut, or the ledger is an older one."""
    server = daemon([record(i) for i in range(1, n)])
    path = f"{directory}/anchors"
    with open(path, "w", encoding="ascii") as file:
        for i in range(1, n + 1):
            file.write(anchor(i) + "\n")
    result = verify(server, "--anchor", path, status=1)
    assert f"the anchor of line {n} of record {n} has lost its record" \
        in result.err
    assert result.err.count("\n") == 1
    assert f"{n - 1} held\n" in result.out


def test_anchors_of_removed_records(daemon, directory):
    server = daemon(RECORDS[3:])
    path = f"{directory}/anchors"
    with open(path, "w", encoding="ascii") as file:
        for i in range(1, 7):
            file.write(anchor(i) + "\n")
    assert "3 held, 3 of records that were removed" in verify(
        server, "--anchor", path).out


@pytest.mark.parametrize("line", [
    "cloxxs-anchor 2 " + anchor(1)[16:], anchor(1)[:-1], anchor(1) + "0",
    anchor(1) + " x", anchor(1).upper(), "cloxxs-anchor ", "anna",
    anchor(1).replace(" 1 2026", " -1 2026"), anchor(0), anchor(1).replace("Z", "X"),
])
def test_anchor_misread(directory, line):
    path = f"{directory}/anchors"
    with open(path, "w", encoding="ascii") as file:
        file.write("# one\n" + line + "\n")
    assert "line 2 is no anchor" in audit("verify", "--anchor", path,
                                          status=2).err
    if line.startswith("cloxxs-anchor "):
        assert "is no anchor" in audit("verify", "--anchor", line,
                                       status=2).err


def test_anchor_files(directory):
    assert audit("verify", "--anchor", f"{directory}/none", status=3)
    path = f"{directory}/anchors"
    with open(path, "w", encoding="ascii") as file:
        file.write("# nothing\n")
    assert "no anchor in it" in audit("verify", "--anchor", path,
                                      status=2).err


# The journal beside the ledger.

def compare(server, path, status=0):
    return verify(server, "--journal", "--file", path, "--uid", str(UID),
                  status=status)


def test_compare(daemon, journal):
    ledger = [record(n) for n in range(1, 40)]
    server = daemon(ledger)
    path = journal(*map(export, ledger))
    assert "Journal       39 records as in the ledger, from 1 on\n" in \
        compare(server, path).out
    # What is no longer kept is not lost; what is sent again is the same.
    path = journal(*map(export, ledger[9:20]), *map(export, ledger[24:]),
                   *(export(entry, late=99) for entry in ledger[18:24]))
    result = compare(server, path)
    assert "from 10 on" in result.out and result.err == ""
    # Of texts that were taken out in the ledger the journal has the old ones.
    server.ledger[30] = record(31, user="pseudonym-1", details="-",
                               replaced=True)
    assert compare(server, path).err == ""


def test_compare_many(daemon, journal):
    """More than waits for the ledger comes before what was sent again."""
    ledger = [record(n) for n in range(1, 6001)]
    path = journal(*map(export, ledger[:100]), *map(export, ledger[105:]),
                   *(export(entry, late=9999) for entry in ledger[100:104]))
    result = compare(daemon(ledger), path, status=1)
    assert "verify: record 105 is in the ledger, and not in the journal\n" \
        in result.err
    assert "5999 records as in the ledger" in result.out


@pytest.mark.parametrize("change,words", [
    ({"user": "eve"}, "record 7 of the journal is not as in the ledger: "
     "another user"),
    ({"chain": chain(7, "x")}, "another chain"),
    ({"at": BASE + 7 * SECOND + 1}, "another at"),
    ({"details": "added"}, "another details"),
    ({"address": None}, "another address"),
])
def test_abuse_98_journal_changed(daemon, journal, change, words):
    ledger = [record(n) for n in range(1, 10)]
    path = journal(*(export({**entry, **change} if entry["sequence"] == 7
                            else entry) for entry in ledger))
    result = compare(daemon(ledger), path, status=1)
    assert words in result.err
    assert "8 records as in the ledger" in result.out


def test_journal_has_more(daemon, journal):
    """Forged as root only can: by the right uid."""
    ledger = [record(n) for n in range(1, 10)]
    path = journal(*map(export, ledger[:4]),
                   export(record(3, user="eve", chain=chain(3, "x")), late=1),
                   export(record(99, user="eve")),
                   *map(export, ledger[4:]),
                   export(record(10 ** 15, user="eve", at=BASE)))
    result = compare(daemon(ledger), path, status=1)
    assert "record 99 of the journal is not in the ledger" in result.err
    assert f"record {10 ** 15} of the journal is not in" in result.err
    assert "record 3 of the journal is not as in the ledger" in result.err
    assert "9 records as in the ledger" in result.out


def test_journal_has_less(daemon, journal):
    ledger = [record(n) for n in range(1, 20)]
    server = daemon(ledger)
    path = journal(*map(export, ledger[4:9] + ledger[11:18]))
    result = compare(server, path, status=1)
    assert "records 10-11 and 19 are in the ledger, and not in the journal" \
        in result.err
    assert "from 5 on" in result.out
    result = compare(server, journal(export(record(50))), status=1)
    assert "no record of the ledger is in the journal" in result.err
    assert "record 50 of the journal is not in the ledger" in result.err


def test_journal_is_older(daemon, journal):
    server = daemon([record(n) for n in range(5, 10)])
    path = journal(*(export(record(n)) for n in range(1, 10)))
    assert "5 records as in the ledger, from 5 on; 4 that the ledger keeps " \
        "no more" in compare(server, path).out
    # Within the chain too.
    del server.ledger[2]
    assert "4 records as in the ledger, from 5 on; 5 that the ledger keeps " \
        "no more" in compare(server, path).out


def test_journal_misused():
    assert "--journal" in audit("verify", "--file", "x", status=2).err


def test_broken_ledger_is_compared_with_nothing(daemon, journal):
    server = daemon(RECORDS, Verify=lambda _: [server.proof(
        verdict="broken", broken=3, fault="changed")])
    result = verify(server, "--journal", "--anchor", anchor(2), status=1)
    assert result.err.count("\n") == 1
    assert server.called("Search") == [{"limit": 1}]


if __name__ == "__main__":
    if not os.access(CTL, os.X_OK):
        sys.exit(f"{CTL} is missing: make it first")
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
