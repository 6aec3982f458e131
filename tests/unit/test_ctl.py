#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloxxsctl end to end, against a scripted Varlink server.

Each test says what the server answers and looks at what came back: exit
status, both streams, and the calls that were made. abuse_NN names the case.
"""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

try:
    import pytest
except ImportError:
    print("SKIP: python3-pytest is missing")
    sys.exit(77)

CTL = os.path.join(os.environ.get("CLOXXS_BUILDDIR", "."),
                   "cloxxsctl", "cloxxsctl")
SOURCE = os.environ.get("CLOXXS_SRCDIR", ".")
CANARY = "apt-kite-42-moss"
ADMIN = "nl.cloxxs.Admin."

ANNA = {
    "name": "anna", "uid": 66000, "role": "user", "enabled": True,
    "services": ["sshd"], "shell": "/bin/bash", "home": "/home/anna",
    "language": None, "password": "chosen", "temporary_until": None,
    "password_changed": 1795326790, "locked": False, "locked_at": None,
    "locked_because": None, "disabled_at": None,
    "disabled_because": None, "failures": 0, "last_login": None,
    "last_login_service": None, "last_login_address": None,
    "created": 1795326730,
}
ADDED = {"user": ANNA, "temporary_password": CANARY,
         "temporary_until": 1795499530}


NEXT = ...


class Server:
    """Answers a call with the rows of its script, then hangs up.

    A row is a dict (the whole reply), bytes (sent as they are), NEXT: another
    call is waited for, or None: the connection is closed without an answer.
    """

    def __init__(self, directory, script):
        self.path = os.path.join(directory, "sock")
        self.script = list(script)
        # What is answered to who comes behind, one call a connection.
        self.later = []
        self.calls = []
        self.introduced = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        with connection:
            for row in (NEXT, *self.script):
                if row is NEXT and not self.take_call(connection):
                    return
                if row is None:
                    return
                if row is NEXT:
                    continue
                if isinstance(row, dict):
                    row = json.dumps(row).encode() + b"\0"
                connection.sendall(row)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
        # Who comes after that is nobody's friend.
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                if self.later and self.take_call(connection):
                    for row in self.later.pop(0):
                        connection.sendall(json.dumps(row).encode() + b"\0")
                    connection.recv(1)

    def take_call(self, connection):
        data = b""
        while b"\0" not in data:
            piece = connection.recv(65536)
            if not piece:
                return False
            data += piece
        call = json.loads(data[:data.index(b"\0")])
        if self.is_introduced(connection, call):
            return self.take_call(connection)
        self.calls.append(call)
        return True

    def is_introduced(self, connection, call):
        """Root says first in which login he is, where he is in one."""
        if call["method"] != "nl.cloxxs.Admin.Introduce":
            return False
        self.introduced.append(call["parameters"])
        connection.sendall(b'{"parameters":{}}\0')
        return True

    def close(self):
        # The thread must have gone before its descriptor is another's.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(60)
        self.listener.close()


@pytest.fixture
def directory():
    # A short path: sockets have no room for long ones.
    path = tempfile.mkdtemp(prefix="ctl.")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def serve(directory):
    servers = []

    def start(*script):
        servers.append(Server(directory, script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ctl(server, *arguments, **options):
    path = server if isinstance(server, str) else server.path
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
                   "TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}
    environment.update(options.pop("env", {}))
    for name, value in os.environ.items():
        if name.endswith("SAN_OPTIONS"):
            environment[name] = value
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(
        [CTL, "--socket", path, *arguments], stderr=subprocess.PIPE, env=environment, timeout=60, **options)


def reply(parameters, **more):
    return {"parameters": parameters, **more}


def error(name, /, **parameters):
    return {"error": name, "parameters": parameters}


def one_line(result):
    """The failure: one line of printable ASCII."""
    text = result.stderr.decode("ascii")
    assert re.fullmatch(r"cloxxsctl: [ -~]+\n", text), text
    return text


# Exit statuses.

STATUSES = [
    (error(ADMIN + "NotFound", name="anna"), 3, "there is no user of this "
     "name; see \"cloxxsctl user list\""),
    (error(ADMIN + "AlreadyExists", name="anna", where="/etc/passwd"), 6,
     "\"anna\" exists already in /etc/passwd; choose another name"),
    (error(ADMIN + "Invalid", parameter="name", message="is too long."), 2,
     "name: is too long; nothing was changed"),
    (error(ADMIN + "Conflict", message="the range is full"), 6,
     "the range is full; nothing was changed"),
    (error(ADMIN + "Unavailable", message="the disk is full"), 5,
     "the disk is full; nothing was changed"),
    (error("org.varlink.service.PermissionDenied"), 4, "permission denied; "
     "be root, or an administrator who is not locked and has chosen"),
    (error("org.varlink.service.InvalidParameter", parameter="x"), 2,
     "the daemon refuses x"),
    (error("org.varlink.service.MethodNotFound", method="Y"), 1,
     "is the daemon of another version?"),
    (error("com.example.New"), 1, "the daemon refuses: com.example.New"),
    (reply({"user": ANNA, "failed": []}), 0, ""),
]


@pytest.mark.parametrize("answer,status,words", STATUSES)
def test_abuse_123_status(serve, answer, status, words):
    result = ctl(serve(answer), "user", "show", "anna")
    assert result.returncode == status
    assert words in result.stderr.decode()
    if status:
        assert one_line(result).startswith("cloxxsctl: user show anna: ")
        assert result.stdout == b""


def test_explain_unknown(serve):
    server = serve(error(ADMIN + "NotFound", name="K7QF"))
    result = ctl(server, "explain", "K7QF")
    assert result.returncode == 3
    assert "there is no refusal with this code" in one_line(result)
    assert server.calls == [{"method": ADMIN + "Explain",
                             "parameters": {"reference": "K7QF"}}]


def decision(verdict):
    return {"verdict": verdict, "reason": "locked", "text": "Locked.",
            "rules": [], "advice": None}


def explained(login, account="allow", code_due=False):
    return reply({"at": 1795413130, "user": "anna", "known": True,
                  "service": "sshd", "address": None, "terminal": None,
                  "login": decision(login), "account": decision(account),
                  "code_due": code_due})


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("verdict,status", [
    ("allow", 0), ("change", 0), ("notice", 0), ("ask", 0), ("deny", 10),
    ("perhaps", 10)])
def test_explain_login_status(serve, verdict, status, form):
    result = ctl(serve(explained(verdict)), "explain", "--user", "anna",
                 "--service", "sshd", *form)
    assert result.returncode == status
    assert result.stderr == b""
    if form:
        assert json.loads(result.stdout) == explained(verdict)["parameters"]


@pytest.mark.parametrize("verdict,words", [
    ("allow", b"let in once he gives a code too"),
    ("change", b"a password and a code, and must change the password first"),
    ("notice", b"a password and a code, and must accept the notice first")])
def test_explain_login_with_a_code(serve, verdict, words):
    """A code that is still to be typed is no denial; a key alone is."""
    result = ctl(serve(explained(verdict, "deny", True)), "explain", "--user",
                 "anna", "--service", "sshd")
    assert result.returncode == 0
    assert words in result.stdout
    assert b"the right ones (taken so)" in result.stdout


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("account,status", [("allow", 0), ("deny", 10)])
def test_login_test_with_a_code(serve, account, status, form):
    end = {"step": "done", "login": decision("allow"),
           "account": decision(account), "code_due": True}
    result = ctl(serve(reply(end)), "login", "test", "anna", "--stdin", *form)
    assert result.returncode == status
    if form:
        assert json.loads(result.stdout)["code_due"] is True
        return
    assert b"allow: would be let in once he gives a code\n" in result.stdout
    assert b"None was sent" in result.stdout


def test_explain_login_asks(serve):
    server = serve(explained("allow"))
    result = ctl(server, "explain", "--user", "anna", "--service", "sshd",
                 "--from", "192.0.2.7", "--at", "2026-12-24 08:30",
                 "--terminal", "ssh", "--system-uid", "5")
    assert result.returncode == 0
    assert server.calls == [{"method": ADMIN + "ExplainLogin", "parameters": {
        "user": "anna", "service": "sshd", "address": "192.0.2.7",
        "at": 1798097400, "terminal": "ssh", "system_uid": 5}}]


@pytest.mark.parametrize("more,taken", [([], True),
                                        (["--system-uid", "5"], False)])
def test_explain_login_says_what_is_taken(serve, more, taken):
    result = ctl(serve(explained("allow")), "explain", "--user", "anna",
                 "--service", "sshd", *more)
    assert b"the right one (taken so)" in result.stdout
    assert (b"see --system-uid" in result.stdout) == taken


def test_explain_login_of_another_version(serve):
    result = ctl(serve(reply({})), "explain", "--user", "a", "--service", "b")
    assert result.returncode == 1
    assert "lacks something" in one_line(result)


@pytest.mark.parametrize("arguments", [
    [], ["--user", "anna"], ["--service", "sshd"],
    ["K7QF", "--user", "anna"], ["K7QF", "--from", "192.0.2.7"],
    ["K7QF", "--project", "a"]])
def test_explain_one_form_only(serve, arguments):
    server = serve(explained("allow"))
    result = ctl(server, "explain", *arguments)
    assert result.returncode == 2
    assert "CODE" in one_line(result)
    assert server.calls == []


RIGHT = ["explain", "--user", "anna", "--project", "b", "--right", "write"]


def right_reply(allowed, reason="no-grant"):
    return reply({"allowed": allowed, "reason": reason, "text": "Said.",
                  "rules": []})


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("answer, status", [
    (right_reply(True, "allowed"), 0), (right_reply(False), 10),
    (reply({}), 1), (reply({"allowed": "yes"}), 1),
    (error("nl.cloxxs.Access.Unavailable", message="No map."), 5),
    (error("nl.cloxxs.Access.Invalid", parameter="right", message="No."), 2)])
def test_explain_right_status(serve, answer, status, form):
    """What is not a clear yes is none."""
    server = serve(answer)
    result = ctl(server, *RIGHT, "--service", "s", *form)
    assert result.returncode == status
    assert server.calls == [{"method": "nl.cloxxs.Access.Explain",
                             "parameters": {
                                 "user": "anna", "project": "b",
                                 "right": "write", "service": "s"}}]
    if form and status in (0, 10):
        assert json.loads(result.stdout) == answer["parameters"]


def test_explain_right_of_no_project(serve):
    server = serve(error(ADMIN + "NotFound", name="b\x0b"))
    result = ctl(server, *RIGHT)
    assert result.returncode == 3
    assert 'there is no project "b\\x0b"' in one_line(result)
    assert server.calls == [{"method": ADMIN + "GetProject",
                             "parameters": {"name": "b"}}]


@pytest.mark.parametrize("arguments", [
    ["--user", "anna", "--project", "b"], ["--user", "anna", "--right", "read"],
    ["--project", "b", "--right", "read"],
    [*RIGHT[1:], "--from", "192.0.2.7"], [*RIGHT[1:], "--at", "2027-01-01"]])
def test_explain_right_names_all_of_it(serve, arguments):
    server = serve(right_reply(True))
    result = ctl(server, "explain", *arguments)
    assert result.returncode == 2
    assert "--project" in one_line(result)
    assert server.calls == []


# What a user was given.

@pytest.mark.parametrize("given, told", [
    ({"groups": ["g\x1b", "h"], "grants": 1, "group_grants": 2,
      "ssh_keys": 3}, ["Groups        @g\\x1b, @h", "Keys          3",
                       "Grants        1, and 2 of his groups"]),
    ({"groups": [], "grants": 0, "group_grants": 0, "ssh_keys": 0},
     ["Groups        none", "Keys          0", "Grants        0"]),
    ({}, [])])
def test_what_a_user_was_given(serve, given, told):
    result = ctl(serve(reply({"user": ANNA, "failed": [], **given})), "user",
                 "show", "anna")
    assert result.returncode == 0
    lines = result.stdout.decode().splitlines()
    assert sorted(line for line in lines if line.startswith(
        ("Groups", "Keys", "Grants"))) == sorted(told)


# A list of services that takes the place of another.

@pytest.mark.parametrize("before, told", [
    (["sshd", "sudo"], " services: sshd,sudo -> sshd"),
    ([], " services: none -> sshd"), (["a\x1b"], " services: a\\x1b -> sshd"),
    (None, ""), ("sshd", "")])
def test_replaced_services_are_told(serve, before, told):
    answer = {"user": ANNA, "services_before": before}
    words = ["user", "set", "anna", "--services", "sshd"]
    result = ctl(serve(reply(answer)), *words)
    assert result.returncode == 0
    assert result.stdout.decode() == f"User anna: changed.{told}\n"


def test_replaced_services_in_json(serve):
    answer = {"user": ANNA, "services_before": ["sudo"]}
    result = ctl(serve(reply(answer)), "user", "set", "anna", "--services",
                 "sshd", "--json")
    assert json.loads(result.stdout) == answer


# Projects, groups, grants: what comes in a stream.

GRANT = {"holder": "@g", "project": "a", "service": "s", "right": "read",
         "until": None, "granted_at": 1795326730, "granted_by": "root"}


def one_of(member, *entries):
    return [reply({member: entry}, continues=True) for entry in entries] + [
        reply({})]


@pytest.mark.parametrize("words, method, parameters, member", [
    (["project", "list", "--service", "s"], "ListProjects", {"service": "s"},
     "project"),
    (["group", "list"], "ListGroups", {}, "group"),
    (["grant", "list", "--user", "@g", "--project", "a"], "ListGrants",
     {"holder": "@g", "project": "a"}, "grant"),
    (["project", "who", "a"], "ListRights", {"project": "a"}, None),
    (["user", "projects", "anna"], "ListRights", {"user": "anna"}, None)])
@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.parametrize("n", [0, 2])
def test_lists(serve, words, method, parameters, member, n, form):
    entry = {"name": "x\x0by", "project": "p\x1b", "user": "anna\x0b",
             "holder": "h\x0b", "read": True, "write": False, "grants": "r"}
    server = serve(*[reply({member: entry} if member else entry,
                           continues=True) for _ in range(n)], reply({}))
    result = ctl(server, *words, *form)
    assert result.returncode == 0, result.stderr
    if form:
        assert json.loads(result.stdout) == [entry] * n
    else:
        # Heads, or that there are none.
        assert result.stdout.count(b"\n") == n + 1
        assert b"\x0b" not in result.stdout and b"\x1b" not in result.stdout
    assert server.calls == [{"method": ADMIN + method, "more": True,
                             "parameters": parameters}]


@pytest.mark.parametrize("more", [[], ["--json"], ["--service", "s"]])
@pytest.mark.parametrize("own, of_groups", [(1, 0), (0, 2), (0, 0)])
def test_empty_list_of_a_user_who_holds_grants(serve, own, of_groups, more):
    server = serve(reply({}))
    server.later = [[reply({"user": ANNA, "failed": [], "grants": own,
                            "group_grants": of_groups})]]
    result = ctl(server, "user", "projects", "anna", *more)
    assert (result.returncode, result.stderr) == (0, b"")
    hint = (b'"cloxxsctl explain --user anna --project NAME --right read"'
            in result.stdout)
    assert hint == (own + of_groups > 0 and not more)


@pytest.mark.parametrize("grants", [[], [GRANT]])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_empty_list_of_a_project_with_grants(serve, grants, form):
    server = serve(reply({}))
    server.later = [[reply({"project": {"name": "a", "service": "s"}})],
                    one_of("grant", *grants), one_of("grant")]
    result = ctl(server, "project", "who", "a", *form)
    assert (result.returncode, result.stderr) == (0, b"")
    assert (b'"cloxxsctl project show a"' in result.stdout) == bool(
        grants and not form)
    if not form:
        assert [call["parameters"] for call in server.calls[2:]] == [
            {"project": "a"}, {"project": "every-project", "service": "s"}]


@pytest.mark.parametrize("words", [
    ["access", "review", "--user", "@g\x1b"],
    ["access", "review", "--user", "@g\x1b", "--json"],
    ["user", "projects", "@g\x1b"],
    ["explain", "--user", "@g\x1b", "--project", "a", "--right", "read"]])
def test_group_where_a_user_is_asked_for(serve, words):
    server = serve(reply({}))
    result = ctl(server, *words)
    assert result.returncode == 2 and result.stdout == b""
    assert ('a user is asked for, and @g\\x1b is none; what it holds tells '
            '"cloxxsctl grant list --user @g\\x1b"' in one_line(result))
    assert server.calls == []


@pytest.mark.parametrize("words, lacks, told", [
    (["anna", "a", "write"], ["s"], 'the service s, so it gives nothing yet; '
     'see "cloxxsctl explain --user anna --project a --right write"'),
    (["anna", "a", "read"], ["s"], "--right read"),
    (["anna", "a", "write-only"], ["s"], "--right write"),
    (["anna", "every-project", "read"], ["s"], 'see "cloxxsctl user show'),
    (["anna", "a", "deny"], ["s"], None), (["anna", "a", "read"], [], None),
    (["@g", "a", "read"], None, None)])
def test_grant_that_gives_nothing(serve, words, lacks, told):
    answer = {"grant": GRANT}
    if lacks is not None:
        answer["lacks_services"] = lacks
    result = ctl(serve(reply(answer)), "grant", "add", *words)
    assert result.returncode == 0 and b"holds" in result.stdout
    if told:
        assert "anna may not use" in one_line(result)
        assert told in one_line(result)
    else:
        assert result.stderr == b""


@pytest.mark.parametrize("lacks", [["s", "t\x1b"], [], None])
def test_member_whom_the_grants_give_nothing(serve, lacks):
    answer = {"group": {"name": "g", "members": 1}, "lacks_services": lacks}
    result = ctl(serve(reply(answer)), "group", "add-member", "@g", "anna")
    assert result.returncode == 0
    if lacks:
        assert ("anna may not use the service s, t\\x1b, so the grants of the"
                ' group give nothing there yet; see "cloxxsctl group show g"'
                in one_line(result))
    else:
        assert result.stderr == b""


@pytest.mark.parametrize("words", [["grant", "list"], ["access", "review"],
                                   ["project", "list"]])
def test_a_list_that_breaks_off_is_not_whole(serve, words):
    entry = {"grant": GRANT, "project": {"name": "a"}}
    result = ctl(serve(reply(entry, continues=True), None), *words, "--json")
    assert result.returncode == 5
    with pytest.raises(ValueError):
        json.loads(result.stdout)


def test_export_of_grants_is_no_formula(serve):
    """abuse_101; and what has ended is not exported."""
    grants = [GRANT, {**GRANT, "holder": "anna", "until": 1000},
              {**GRANT, "holder": "=1+1", "project": 'a"b,c',
               "until": 4102444800}]
    result = ctl(serve(*one_of("grant", *grants)), "grant", "export",
                 "--format", "csv")
    assert result.returncode == 0
    assert result.stdout.decode() == (
        "holder,project,right,service,until\n'@g,a,read,s,\n"
        "'=1+1,\"a\"\"b,c\",read,s,2100-01-01T00:00:00Z\n")


def import_grants(server, text, *more, directory="/nowhere"):
    path = os.path.join(directory, "grants.csv")
    with open(path, "w") as file:
        file.write(text)
    return ctl(server, "grant", "import", path, *more), path


COUNTS = {"n_faults": 0, "faults": [], "added": 1, "changed": 0,
          "unchanged": 0}


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_import_of_grants(serve, directory, more):
    server = serve(reply({}), NEXT, reply({"n_faults": 0, "faults": []}), NEXT,
                   reply(COUNTS))
    result, _ = import_grants(server, "holder,project,right\n'@g,a,read\n",
                              *more, directory=directory)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"1 to be added" if more else b"1 added")
    assert [call["method"] for call in server.calls] == [
        ADMIN + name for name in ("GrantsBegin", "GrantsPut", "GrantsCommit")]
    assert server.calls[1]["parameters"] == {"grants": [
        {"line": 2, "holder": "@g", "project": "a", "right": "read"}]}
    assert server.calls[2]["parameters"] == {"dry_run": bool(more)}


CHANGES = [
    {"line": 2, "holder": "@g", "project": "a", "service": "s",
     "right_before": "write", "until_before": 1830294000, "right": "read",
     "until": None},
    {"line": 3, "holder": "anna\x1b", "project": "b", "service": "s",
     "right_before": "read", "until_before": None, "right": "deny",
     "until": 1830294000}]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_dry_run_of_grants_names_what_would_change(serve, directory, form):
    counts = {**COUNTS, "changed": 2}
    server = serve(reply({}), NEXT, reply({"n_faults": 0, "faults": []}), NEXT,
                   *one_of("change", *CHANGES)[:-1], reply(counts))
    result, path = import_grants(server, "holder,project,right\n@g,a,read\n",
                                 "--dry-run", *form, directory=directory)
    assert (result.returncode, result.stderr) == (0, b"")
    if form:
        assert json.loads(result.stdout) == {**counts, "changes": CHANGES}
        return
    assert result.stdout.decode("ascii").splitlines() == [
        f"{path}:2: @g a: write until 2028-01-01 00:00:00 +0100 -> read",
        f"{path}:3: anna\\x1b b: read -> deny until 2028-01-01 00:00:00 +0100",
        "1 to be added, 2 to be changed, 0 as they are already. Nothing was "
        "changed."]
    assert server.calls[2]["more"] is True


def test_dry_run_of_grants_that_breaks_off(serve, directory):
    server = serve(reply({}), NEXT, reply({"n_faults": 0, "faults": []}), NEXT,
                   *one_of("change", *CHANGES)[:-1], None)
    result, _ = import_grants(server, "holder,project,right\n@g,a,read\n",
                              "--dry-run", "--json", directory=directory)
    assert result.returncode == 5 and result.stdout == b""


def test_import_of_grants_with_faults_of_both(serve, directory):
    """By line, whoever found them; what was found here is not committed."""
    server = serve(
        reply({}), NEXT,
        reply({"n_faults": 1, "faults": [
            {"line": 2, "message": "there is no project \x1b[2J"}]}), NEXT,
        reply({"n_faults": 2, "faults": [{"line": 4, "message": "twice"}]}))
    result, path = import_grants(
        server, "holder,project,right\na,b,read\na,b\na,b,read\n",
        directory=directory)
    assert result.returncode == 2 and result.stdout == b""
    assert result.stderr.decode("ascii").splitlines() == [
        f"{path}:2: there is no project \\x1b[2J",
        f"{path}:3: it has another number of fields than the header",
        f"{path}:4: twice",
        f"cloxxsctl: grant import {path}: 3 faults; nothing was changed: mend "
        "the file and import it again"]
    assert server.calls[2]["parameters"] == {"dry_run": True}


def test_import_of_grants_that_does_not_say_it_was_done(serve, directory):
    server = serve(reply({}), NEXT, reply({"n_faults": 0, "faults": []}), NEXT,
                   reply({"n_faults": 0, "faults": []}))
    result, _ = import_grants(server, "holder,project,right\na,b,read\n",
                              directory=directory)
    assert result.returncode == 1 and result.stdout == b""
    assert "does not say that it was done" in one_line(result)


# The daemon: down, broken, somebody else.

def test_abuse_123_daemon_down(directory):
    result = ctl(directory + "/none", "status")
    assert result.returncode == 5
    assert "does not answer; nothing was asked" in one_line(result)


@pytest.mark.parametrize("script", [
    [None], [b"{"], [b"\0"], [b"[]\0"], [b"not json\0"], [b"{\"a\":\xff}\0"],
    [b"[" * 100000 + b"\0"], [{"parameters": 5}],
])
def test_broken_answer(serve, script):
    result = ctl(serve(*script), "user", "add", "anna")
    assert result.returncode in (1, 5)
    assert result.stdout == b""
    assert one_line(result)


def test_unknown_outcome_is_said(serve):
    result = ctl(serve(None), "user", "add", "anna")
    assert result.returncode == 5
    assert "whether it did what was asked is not known" in one_line(result)


@pytest.mark.parametrize("words", [["status"], ["user", "list"],
                                   ["user", "show", "anna"]])
def test_reading_has_no_outcome(serve, words):
    result = ctl(serve(None), *words)
    assert result.returncode == 5
    assert "nothing was to be changed" in one_line(result)
    assert "not known" not in one_line(result)


UNLOCK_ALL = ["user", "unlock-all", "--reason", "x"]


def test_unlocking_many_says_how_far_it_came(serve, directory):
    result = ctl(os.path.join(directory, "none"), *UNLOCK_ALL)
    assert b"nothing was asked" in result.stderr
    result = ctl(serve(None), *UNLOCK_ALL)
    assert b"nothing was to be changed" in result.stderr


def test_unlocking_many_broken_off(serve):
    locked = {**ANNA, "locked": True, "locked_at": 1795326790,
              "locked_because": "too-many-failures"}
    server = serve({"parameters": {"user": locked}})

    result = ctl(server, *UNLOCK_ALL)
    assert result.returncode == 1
    assert b"whether it did what was asked is not known" in result.stderr


def test_unknown_service_is_warned_of(serve):
    """Exit status and output are those without the warning."""
    result = ctl(serve(reply(ADDED)), "user", "add", "anna", "--services",
                 "no-such-service,nor-this")
    assert result.returncode == 0
    assert result.stdout.startswith(b"User anna: added.\n")
    lines = result.stderr.decode("ascii").splitlines()
    assert [line.partition(";")[0] for line in lines] == [
        "cloxxsctl: user add anna: warning: there is no /etc/pam.d/"
        + service + " on this host"
        for service in ("no-such-service", "nor-this")]


APPLICATIONS = {"applications": [
    {"service": "no-such-app", "account": "app", "uid": 990, "proxies": "x",
     "fault": None},
    {"service": "no-such-lost", "account": "a\x1b", "uid": None,
     "proxies": "x", "fault": "does not stand in /etc/passwd"}]}


def test_service_of_an_application_is_known(serve, directory):
    """The daemon says which they are, on a connection of its own."""
    server = serve(reply({"user": ANNA}))
    server.later = [[reply(APPLICATIONS)]]
    result = ctl(server, "user", "set", "anna", "--services",
                 "no-such-app,no-such-lost,no-such")
    assert result.returncode == 0
    before = "cloxxsctl: user set anna: warning: "
    assert result.stderr.decode("ascii").splitlines() == [
        before + 'nobody speaks for the service "no-such-lost" yet: account '
        "a\\x1b does not stand in /etc/passwd",
        before + "there is no /etc/pam.d/no-such on this host, and no account "
        'that speaks for it; is "no-such" the service that was meant?']
    assert [call["method"] for call in server.calls] == [
        ADMIN + "SetUser", ADMIN + "Status"]


@pytest.mark.parametrize("bound", [True, False, None])
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_project_that_nobody_asks_about(serve, bound, form):
    answer = {"project": {"name": "a", "service": "s"}}
    if bound is not None:
        answer["bound"] = bound
    result = ctl(serve(reply(answer)), "project", "add", "a", "--service",
                 "s", *form)
    assert result.returncode == 0
    if form:
        assert json.loads(result.stdout) == answer
    else:
        assert result.stdout == b"Project a: added.\n"
    if bound is False:
        assert "no account speaks for the service s yet" in one_line(result)
    else:
        assert result.stderr == b""


def test_unknown_service_of_a_refused_command(serve):
    result = ctl(serve(error(ADMIN + "Conflict", message="no")),
                 "user", "set", "anna", "--services", "no-such-service")
    assert result.returncode == 6
    assert "warning" not in one_line(result)


def test_known_service_is_not_warned_of(serve):
    known = [f for f in sorted(os.listdir("/etc/pam.d"))
             if f.isascii() and f.replace("-", "").isalnum()
             and f[0].isalnum()] \
        if os.path.isdir("/etc/pam.d") else []
    if not known:
        pytest.skip("no /etc/pam.d")
    result = ctl(serve(reply(ADDED)), "user", "add", "anna", "--services",
                 known[0])
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize("how", ["link", "mode"])
def test_abuse_35_impostor(serve, directory, how):
    server = serve(reply(ADDED))
    path = server.path
    if how == "link":
        path = directory + "/link"
        os.symlink(server.path, path)
    else:
        os.chmod(directory, 0o777)
    result = ctl(path, "user", "add", "anna")
    assert result.returncode == 5
    assert "is not the daemon's" in one_line(result)
    assert server.calls == []


def test_answer_lacks_the_password(serve):
    result = ctl(serve(reply({"user": ANNA})), "user", "add", "anna")
    assert result.returncode == 1
    assert "lacks something" in one_line(result)


# What is sent.

CALLS = [
    (["user", "add", "anna"], "AddUser", {"name": "anna"}),
    (["user", "add", "anna", "--services", "sshd,sudo", "--role",
      "administrator", "--shell", "/bin/sh", "--home", "/h", "--language",
      "nl", "--uid", "66001"], "AddUser",
     {"name": "anna", "services": ["sshd", "sudo"], "role": "administrator",
      "shell": "/bin/sh", "home": "/h", "language": "nl", "uid": 66001}),
    (["user", "set", "anna", "--services="], "SetUser",
     {"name": "anna", "services": []}),
    (["user", "enable", "anna"], "EnableUser", {"name": "anna"}),
    (["user", "disable", "anna", "--reason", "on leave"], "DisableUser",
     {"name": "anna", "reason": "on leave"}),
    (["user", "delete", "anna", "--yes"], "DeleteUser", {"name": "anna"}),
    (["user", "lock", "anna", "--reason", "é"], "LockUser",
     {"name": "anna", "reason": "é"}),
    (["user", "unlock", "anna", "--reason", "x"], "UnlockUser",
     {"name": "anna", "reason": "x"}),
    (["user", "unlock", "anna", "--reason", "x", "--reset-password"],
     "UnlockUser", {"name": "anna", "reason": "x", "reset_password": True}),
    (["user", "reset-password", "anna"], "ResetPassword", {"name": "anna"}),
    (["project", "add", "b", "--service", "s", "--unix-groups", "yes"],
     "AddProject", {"name": "b", "service": "s", "unix_groups": True}),
    (["project", "rename", "a", "b"], "SetProject",
     {"name": "a", "new_name": "b"}),
    (["project", "set", "a", "--unix-groups", "no"], "SetProject",
     {"name": "a", "unix_groups": False}),
    (["project", "archive", "a", "--reason", "x"], "ArchiveProject",
     {"name": "a", "reason": "x"}),
    (["project", "reopen", "a", "--reason", "x"], "ReopenProject",
     {"name": "a", "reason": "x"}),
    (["project", "delete", "a", "--yes"], "DeleteProject", {"name": "a"}),
    (["group", "add", "g"], "AddGroup", {"name": "g"}),
    (["group", "delete", "g", "--yes"], "DeleteGroup", {"name": "g"}),
    (["group", "add-member", "g", "anna"], "AddMember",
     {"name": "g", "user": "anna"}),
    (["group", "remove-member", "@g", "anna"], "RemoveMember",
     {"name": "@g", "user": "anna"}),
    (["grant", "add", "anna", "a", "write"], "AddGrant",
     {"holder": "anna", "project": "a", "right": "write"}),
    (["grant", "add", "@g", "every-project", "read", "--service", "s",
      "--until", "2027-12-31"], "AddGrant",
     {"holder": "@g", "project": "every-project", "right": "read",
      "service": "s", "until": 1830294000}),
    (["grant", "add", "anna", "a", "read", "--until", "never"], "AddGrant",
     {"holder": "anna", "project": "a", "right": "read", "until": 0}),
    (["grant", "remove", "anna", "a"], "RemoveGrant",
     {"holder": "anna", "project": "a"}),
    # abuse_124
    (["user", "lock", "--reason", "'; DROP", "--", "-rf"], "LockUser",
     {"name": "-rf", "reason": "'; DROP"}),
    (["user", "enable", "$(id)"], "EnableUser", {"name": "$(id)"}),
    (["user", "enable", "%n%s"], "EnableUser", {"name": "%n%s"}),
]


@pytest.mark.parametrize("arguments,method,parameters", CALLS)
def test_call(serve, arguments, method, parameters):
    server = serve(reply(ADDED))
    result = ctl(server, *arguments)
    assert result.returncode == 0, result.stderr
    assert server.calls == [{"method": ADMIN + method,
                             "parameters": parameters}]


def test_abuse_124_not_utf8(serve):
    server = serve(reply(ADDED))
    result = ctl(server, "user", "show", b"\xff\xfe")
    assert result.returncode == 2
    assert "\\xff\\xfe" in one_line(result)
    assert server.calls == []


def test_abuse_86_no_password_by_argument(serve):
    grammar = json.loads(ctl("/x", "help", "--json").stdout)
    for option in grammar["options"]:
        if "password" in option["name"]:
            assert option["value"] is None
    for verb in grammar["verbs"]:
        assert "PASSWORD" not in (verb["operands"] or "").upper()


# What is shown.

def test_password_once(serve):
    result = ctl(serve(reply(ADDED)), "user", "add", "anna")
    text = result.stdout.decode()
    assert text.startswith("User anna: added.\n")
    assert text.count(CANARY) == 1
    assert "2026-11-24 06:52:10 +0100" in text
    assert "\033" not in text
    assert result.stderr == b""


def test_abuse_123_json_is_stable(serve):
    result = ctl(serve(reply({"user": ANNA, "failed": []})), "user", "show",
                 "anna", "--json")
    assert result.stdout.decode() == """{
  "failed": [],
  "user": {
    "created": 1795326730,
    "disabled_at": null,
    "disabled_because": null,
    "enabled": true,
    "failures": 0,
    "home": "/home/anna",
    "language": null,
    "last_login": null,
    "last_login_address": null,
    "last_login_service": null,
    "locked": false,
    "locked_at": null,
    "locked_because": null,
    "name": "anna",
    "password": "chosen",
    "password_changed": 1795326790,
    "role": "user",
    "services": [
      "sshd"
    ],
    "shell": "/bin/bash",
    "temporary_until": null,
    "uid": 66000
  }
}
"""


def test_list(serve):
    users = [dict(ANNA, name=f"u{i}") for i in range(600)]
    script = [reply({"user": user}, continues=True) for user in users]
    script[-1]["continues"] = False
    server = serve(*script)
    result = ctl(server, "user", "list", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout) == users
    assert server.calls[0]["more"] is True


def test_list_table(serve):
    result = ctl(serve(reply({"user": ANNA})), "user", "list")
    assert result.stdout.decode() == (
        "NAME  UID    ROLE  STATE    SERVICES  PASSWORD  LAST LOGIN\n"
        "anna  66000  user  enabled  sshd      chosen    never\n")


@pytest.mark.parametrize("verb,said", [
    (["user", "list"], "There are no users."),
    (["factor", "missing"], "Nobody is asked for a code who cannot give one."),
    (["break-glass", "list"], "There are no accounts for emergencies.")])
def test_list_of_nobody(serve, directory, verb, said):
    server = serve(reply({}))
    result = ctl(server, *verb)
    assert result.stdout.decode() == said + "\n"
    os.unlink(server.path)
    result = ctl(serve(reply({})), *verb, "--json")
    assert json.loads(result.stdout) == []


KEY = {"fingerprint": "SHA256:abc", "type": "ssh-ed25519", "bits": 256,
       "key": "ssh-ed25519 AAAA", "comment": "anna\x1b[2J",
       "added_at": 1795000000, "added_by": "root"}


@pytest.mark.parametrize("arguments", [["FILE"], ["-"], []])
def test_key_add(serve, directory, arguments):
    path = os.path.join(directory, "id.pub")
    with open(path, "w") as file:
        file.write("ssh-ed25519 AAAA anna\n")
    server = serve(reply({"ssh_key": KEY}))
    with open(path) as file:
        result = ctl(server, "user", "key", "add", "anna",
                     *[path if word == "FILE" else word
                       for word in arguments], stdin=file)
    assert result.stdout == b"User anna: key SHA256:abc added.\n"
    assert server.calls == [{
        "method": ADMIN + "AddSshKey",
        "parameters": {"name": "anna", "key": "ssh-ed25519 AAAA anna\n"}}]


@pytest.mark.parametrize("content", [b"A" * 20000, b"\xff", None])
def test_key_add_what_is_no_file_of_a_key(serve, directory, content):
    path = os.path.join(directory, "id.pub")
    if content is not None:
        with open(path, "wb") as file:
            file.write(content)
    server = serve()
    result = ctl(server, "user", "key", "add", "anna", path)
    assert result.returncode != 0 and one_line(result)
    assert server.calls == []


def test_key_add_tells_what_is_wrong(serve):
    server = serve(error(ADMIN + "Invalid", parameter="key",
                         message="This is a PRIVATE key."))
    result = ctl(server, "user", "key", "add", "anna", "-")
    assert result.returncode == 2
    assert "PRIVATE" in one_line(result)


def test_key_remove(serve):
    server = serve(reply({"ssh_key": KEY}))
    result = ctl(server, "user", "key", "remove", "anna", "SHA256:abc")
    assert result.stdout == b"User anna: key SHA256:abc removed.\n"
    assert server.calls == [{
        "method": ADMIN + "RemoveSshKey",
        "parameters": {"name": "anna", "fingerprint": "SHA256:abc"}}]
    result = ctl(serve_again(server, serve, reply({"ssh_key": KEY})),
                 "user", "key", "remove", "anna", "SHA256:abc", "--json")
    assert json.loads(result.stdout) == {"ssh_key": KEY}


def begin_login():
    pathlib.Path("/proc/self/loginuid").write_text("66000")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone begins a login")
def test_root_says_in_which_login_he_is(serve):
    server = serve(reply({"user": ANNA}))
    try:
        result = ctl(server, "user", "show", "anna", preexec_fn=begin_login)
    except subprocess.SubprocessError:
        pytest.skip("the kernel lets nobody begin a login")
    assert result.returncode == 0
    number = server.introduced[0]["audit_session"]
    assert len(server.introduced) == 1 and 0 < number < 2 ** 32 - 1
    assert [call["method"] for call in server.calls] == [
        "nl.cloxxs.Admin.GetUser"]


def serve_again(server, serve, *script):
    os.unlink(server.path)
    return serve(*script)


def test_key_list(serve):
    script = [reply({"ssh_key": KEY}, continues=True),
              reply({"ssh_key": dict(KEY, comment=None)}, continues=True),
              reply({})]
    server = serve(*script)
    result = ctl(server, "user", "key", "list", "anna")
    assert result.returncode == 0
    rows = result.stdout.decode().splitlines()
    assert rows[0].split() == ["FINGERPRINT", "TYPE", "BITS", "COMMENT",
                               "ADDED", "BY"]
    assert len(rows) == 3 and "\x1b" not in result.stdout.decode()
    assert server.calls[0]["more"] is True
    result = ctl(serve_again(server, serve, *script),
                 "user", "key", "list", "anna", "--json")
    assert [one["comment"] for one in json.loads(result.stdout)] \
        == [KEY["comment"], None]


def test_key_list_of_none(serve):
    result = ctl(serve(reply({})), "user", "key", "list", "anna")
    assert result.stdout == b"There are no keys.\n"


@pytest.mark.parametrize("words, told", [
    (["user", "key"], "user: \"key\" is no verb"),
    (["user", "key", "nonsense"], "user: \"key\" is no verb"),
    (["user", "key", "add"], "user key add: NAME [FILE|-] is missing"),
    (["user", "key", "remove", "anna"],
     "user key remove: NAME FINGERPRINT is missing"),
    (["user", "key", "list", "anna", "x"],
     "user key list: \"x\" is one word too many"),
    (["user", "key add", "anna"], "user: \"key add\" is no verb"),
])
def test_key_used_wrongly(words, told):
    result = ctl("/x", *words)
    assert result.returncode == 2
    assert told in one_line(result)


@pytest.mark.parametrize("end", [None, error(ADMIN + "Unavailable",
                                             message="gone")])
def test_abuse_123_list_breaks_off(serve, end):
    result = ctl(serve(reply({"user": ANNA}, continues=True), end), "user",
                 "list", "--json")
    assert result.returncode == 5
    one_line(result)
    with pytest.raises(ValueError):
        json.loads(result.stdout)


HOSTILE = "\033]8;;x\007\u202e\n\\%n"


@pytest.mark.parametrize("arguments", [["user", "show", "anna"],
                                       ["user", "list"]])
def test_abuse_122_foreign_text(serve, arguments):
    user = dict(ANNA, name=HOSTILE, locked=True, locked_because=HOSTILE,
                services=[HOSTILE], password=HOSTILE, role=HOSTILE)
    failure = dict.fromkeys(["service", "address", "reason", "reference"],
                            HOSTILE)
    result = ctl(serve(reply({"user": user, "failed": [failure]})),
                 *arguments)
    assert result.returncode == 0
    text = result.stdout.decode()
    assert "\\x1b]8;;x\\x07\\xe2\\x80\\xae\\x0a\\%n" in text
    assert re.fullmatch(r"[ -~\n✗✓]+", text)


def test_abuse_122_foreign_error(serve):
    result = ctl(serve(error(ADMIN + "Conflict", message=HOSTILE)), "user",
                 "enable", "anna")
    assert result.returncode == 6
    assert "\\x1b]8;;x" in one_line(result)


def test_abuse_122_json_is_utf8(serve):
    user = dict(ANNA, name=HOSTILE)
    result = ctl(serve(reply({"user": user, "failed": []})), "user", "show",
                 "anna", "--json")
    assert json.loads(result.stdout.decode("utf-8"))["user"] == user
    assert b"\033" not in result.stdout


def test_ascii_locale(serve):
    result = ctl(serve(reply(ADDED)), "user", "add", "anna",
                 env={"LC_ALL": "C"})
    assert result.stdout.isascii()


# The change was made, but could not be shown.

def test_lost_password_is_said(serve):
    with open("/dev/full", "w") as full:
        result = ctl(serve(reply(ADDED)), "user", "add", "anna", stdout=full)
    assert result.returncode == 1
    assert "the temporary password was not shown" in one_line(result)
    assert CANARY.encode() not in result.stderr


def test_lost_password_in_a_pipe(serve):
    ours, theirs = os.pipe()
    os.close(ours)
    with open(theirs, "w") as pipe:
        result = ctl(serve(reply(ADDED)), "user", "add", "anna", stdout=pipe)
    assert result.returncode == 1
    assert "the temporary password was not shown" in one_line(result)


# Surroundings.

def test_abuse_125_environment(serve):
    hostile = {"CLOXXS_SOCKET": "/x", "CLOXXS_RUNDIR": "/x", "USER": "root",
               "LOGNAME": "root", "SUDO_UID": "0", "HOME": "/x",
               "PATH": "/x", "LANG": "x", "LANGUAGE": "x", "IFS": "/"}
    server = serve(reply({"user": ANNA, "failed": []}))
    result = ctl(server, "user", "show", "anna", env=hostile)
    assert result.returncode == 0
    # No word about who we are: the kernel says that.
    assert server.calls == [{"method": ADMIN + "GetUser",
                             "parameters": {"name": "anna"}}]


def test_abuse_85_no_core(directory):
    path = os.path.join(directory, "silent")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        with subprocess.Popen([CTL, "user", "list", "--socket", path],
                              stderr=subprocess.DEVNULL) as process:
            with listener.accept()[0] as connection:
                assert connection.recv(1)
                with open(f"/proc/{process.pid}/limits",
                          encoding="ascii") as limits:
                    core = re.search(r"core file size +(\S+) +(\S+)",
                                     limits.read())
            process.wait(60)
    assert core.groups() == ("0", "0")


def test_closed_streams(serve):
    server = serve(reply(ADDED))
    result = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", CTL, "--socket",
         server.path, "user", "add", "anna"], timeout=60)
    assert result.returncode == 1
    assert len(server.calls) == 1


# Deleting asks.

def test_delete_needs_a_terminal(serve):
    server = serve(reply({}))
    result = ctl(server, "user", "delete", "anna")
    assert result.returncode == 2
    assert "say --yes" in one_line(result)
    assert server.calls == []


def on_terminal(arguments, typed, env):
    """Runs arguments on a terminal of their own; (status, what it showed)."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execve(arguments[0], arguments, env)
        finally:
            os._exit(127)
    shown = b""
    while True:
        try:
            if typed and shown.endswith(b": "):
                os.write(terminal, typed)
                typed = None
            assert select.select([terminal], [], [], 60)[0]
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


TERMINAL = {"LC_ALL": "C.UTF-8", "TERM": "xterm", "TZ": "UTC0"}


@pytest.mark.parametrize("typed,status", [
    (b"yes\n", 0), (b"y\n", 1), (b"\n", 1), (b"\x04", 1), (b"yes please\n", 1),
])
def test_delete_asks(serve, typed, status):
    server = serve(reply({}))
    result, shown = on_terminal(
        [CTL, "--socket", server.path, "user", "delete", "anna"], typed,
        TERMINAL)
    assert result == status
    assert "Delete user anna for good?" in shown
    assert len(server.calls) == (status == 0)


@pytest.mark.parametrize("env,colour", [
    ({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
    ({"TERM": "dumb"}, False),
])
def test_colour(serve, env, colour):
    server = serve(reply({"user": ANNA}))
    status, shown = on_terminal(
        [CTL, "--socket", server.path, "user", "list"], None,
        {**TERMINAL, **env})
    assert status == 0
    assert ("\033[32menabled" in shown) == colour
    assert "\033[2J" not in shown


def test_no_colour_in_a_pipe(serve):
    result = ctl(serve(reply({"user": ANNA})), "user", "list",
                 env={"TERM": "xterm"})
    assert b"\033" not in result.stdout


def progress(phase, percent, **more):
    return reply({"phase": phase, "percent": percent, "done": False,
                  "dry_run": False, "added": 0, "changed": 0, "unchanged": 0,
                  "n_faults": 0, "faults": [], **more})


IMPORTING = (
    reply({}), NEXT, reply({"n_faults": 0, "faults": []}), NEXT,
    {**progress("look", 40), "continues": True},
    {**progress("record", 7), "continues": True},
    progress("done", 100, done=True, added=2))


def users_file(directory):
    path = os.path.join(directory, "users.csv")
    with open(path, "w", encoding="ascii") as file:
        file.write("name\nanna\nben\n")
    return path


def test_import_shows_how_far_it_is(serve, directory):
    server = serve(*IMPORTING)
    status, shown = on_terminal(
        [CTL, "--socket", server.path, "user", "import",
         users_file(directory)], None, TERMINAL)
    assert status == 0
    assert shown == (
        "\033[KHanding over: 2 users\r\033[KLooking at the users: 40 %\r"
        "\033[KRecording: 7 %\r\033[K"
        "2 added, 0 changed, 0 as they were already.\r\n")


def test_import_in_a_pipe(serve, directory):
    result = ctl(serve(*IMPORTING), "user", "import", users_file(directory))
    assert result.returncode == 0
    assert result.stdout == b"2 added, 0 changed, 0 as they were already.\n"
    assert result.stderr == b""


def test_import_that_fails_writes_over_it(serve, directory):
    server = serve(*IMPORTING[:5],
                   error(ADMIN + "Unavailable", message="No room."))
    status, shown = on_terminal(
        [CTL, "--socket", server.path, "user", "import",
         users_file(directory)], None, TERMINAL)
    assert status == 5
    assert "Looking at the users: 40 %\rcloxxsctl: user import " in shown


def test_backup_shows_how_far_it_is(serve):
    server = serve({**reply({"phase": "prove", "percent": 3, "backup": None}),
                    "continues": True},
                   error(ADMIN + "Unavailable", message="No room."))
    status, shown = on_terminal(
        [CTL, "--socket", server.path, "backup", "create"], None, TERMINAL)
    assert status == 5
    assert shown.startswith(
        "\033[KProving the copy: 3 %\rcloxxsctl: backup create: ")


def test_a_file_is_named_once(directory):
    for words in (["user", "import", "/nowhere.csv"],
                  ["key", "create", "/nowhere/key"]):
        line = one_line(ctl(directory + "/sock", *words))
        assert line.count("/nowhere") == 1
        assert line.endswith(": No such file or directory\n")


def test_key_list_fits_a_terminal(serve):
    key = {"id": "0123456789abcdef", "use": "ledger", "created": 1795326730,
           "retired": 1795326790, "values": None, "from_record": 1234567}
    result = ctl(serve(reply({"roots": [], "source": "credential",
                              "recovery_key": None, "resealing": False,
                              "keys": [key]})), "key", "list")
    assert result.returncode == 0
    lines = result.stdout.decode().splitlines()
    assert "2026-11-22" in lines[-1]
    assert max(map(len, lines)) <= 80


# A test of a login.

STEP = reply({"step": "password", "prompt": "Password: ", "echo": False})
SEEN = [STEP["parameters"]]


def the_end(login, account="allow"):
    if login == "deny":
        return {"step": "done", "message": "Access denied. Reference X.",
                "reference": "X", "login": decision(login)}
    return {"step": "done", "login": decision(login),
            "account": decision(account)}


class Conversation(Server):
    """Answers call after call on one connection, and keeps all of them."""

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            for row in self.script:
                if not self.take_call(connection):
                    return
                connection.sendall(json.dumps(row).encode() + b"\0")
            connection.recv(1)


@pytest.fixture
def converse(directory):
    servers = []

    def start(*script):
        servers.append(Conversation(directory, script))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def feed(server, typed, *arguments):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [CTL, "--socket", server.path, *arguments],
        input=typed, capture_output=True, env=environment, timeout=60)


def try_login(server, typed, *arguments):
    return feed(server, typed, "login", "test", "anna", *arguments)


@pytest.mark.parametrize("end,status", [
    (the_end("allow"), 0), (the_end("change", "change"), 0),
    (the_end("allow", "deny"), 10), (the_end("deny"), 10)])
def test_login_test(converse, end, status):
    server = converse(STEP, reply(end))
    result = try_login(server, CANARY.encode() + b"\n", "--stdin")
    assert result.returncode == status
    assert result.stderr == b""
    assert CANARY.encode() not in result.stdout
    assert b"What the user would see:\n  Password: \n" in result.stdout
    assert (b"Access denied" in result.stdout) == ("message" in end)
    assert (b"\nAccount " in result.stdout) == ("account" in end)
    assert server.calls == [
        {"method": ADMIN + "TestLogin",
         "parameters": {"user": "anna", "service": "sshd"}},
        {"method": ADMIN + "TestAnswer", "parameters": {"answer": CANARY}}]


def test_login_test_in_json(converse):
    server = converse(STEP, reply(the_end("deny")))
    result = try_login(server, b"x", "--stdin", "--json", "--service",
                       "sudo", "--from", "192.0.2.7")
    assert result.returncode == 10
    assert json.loads(result.stdout) == {**the_end("deny"), "steps": SEEN}
    assert server.calls[0]["parameters"] == {
        "user": "anna", "service": "sudo", "address": "192.0.2.7"}


@pytest.mark.parametrize("typed,status,words", [
    (b"", 1, "no answer came"),
    (b"x" * 1025 + b"\n", 2, "longer than 1,024 bytes"),
    (b"a\0b\n", 2, "a NUL in it"),
    (b"\xff\n", 2, "not valid UTF-8"),
])
def test_login_test_without_an_answer(converse, typed, status, words):
    server = converse(STEP, reply(the_end("allow")))
    result = try_login(server, typed, "--stdin")
    assert result.returncode == status
    assert words in one_line(result)
    assert len(server.calls) == 1


def test_login_test_of_another_version(converse):
    for script in [[reply({})], [reply({"step": "done"})]]:
        server = converse(*script)
        result = try_login(server, b"x\n", "--stdin")
        assert result.returncode == 1
        assert "lacks something" in one_line(result)
        os.unlink(server.path)


def test_login_test_asks_on_a_terminal_only(serve):
    server = serve(STEP)
    result = ctl(server, "login", "test", "anna")
    assert result.returncode == 2
    assert "say --stdin" in one_line(result)
    assert server.calls == []


@pytest.mark.parametrize("typed,status", [
    (CANARY.encode() + b"\n", 0), (CANARY.encode() + b"\x03", 1)])
def test_abuse_86_login_test_on_a_terminal(converse, typed, status):
    server = converse(STEP, reply(the_end("allow")))
    result, shown = on_terminal(
        [CTL, "--socket", server.path, "login", "test", "anna"], typed,
        TERMINAL)
    assert result == status
    assert shown.startswith("Password: \r\n")
    assert CANARY not in shown
    assert len(server.calls) == (2 if status == 0 else 1)


# A password is judged.


@pytest.mark.parametrize("verdict,status", [("allow", 0), ("deny", 10)])
def test_password_check(serve, verdict, status):
    server = serve(reply({"verdict": verdict, "rules": []}))
    result = feed(server, CANARY.encode() + b"\nmore\n", "password", "check")
    assert result.returncode == status
    assert result.stderr == b""
    assert CANARY.encode() not in result.stdout
    assert server.calls == [{"method": ADMIN + "CheckPassword",
                             "parameters": {"password": CANARY}}]


@pytest.mark.parametrize("typed,status,words", [
    (b"", 1, "there is no password to judge"),
    (b"x" * 1025 + b"\n", 2, "longer than 1,024 bytes"),
    (b"a\0b\n", 2, "a NUL in it"),
    (b"\xff\n", 2, "no UTF-8"),
])
def test_password_check_without_one(serve, typed, status, words):
    server = serve(reply({"verdict": "allow", "rules": []}))
    result = feed(server, typed, "password", "check")
    assert result.returncode == status
    assert words in one_line(result)
    assert server.calls == []


# Local verbs.

def test_key_create(directory):
    path = directory + "/key"
    assert ctl("/x", "key", "create", path).returncode == 0
    assert os.stat(path).st_mode & 0o7777 == 0o600
    with open(path, "rb") as file:
        before = file.read()
    assert len(before) == 32
    result = ctl("/x", "key", "create", path)
    assert result.returncode == 6
    assert "never written over" in one_line(result)
    with open(path, "rb") as file:
        assert file.read() == before


def test_config_of_a_missing_file(directory):
    result = ctl("/x", "config", "check", directory + "/none")
    assert result.returncode == 3
    assert "No such file" in one_line(result)


def test_version():
    result = ctl("/x", "version", "--json")
    version = json.loads(result.stdout)["version"]
    assert ctl("/x", "--version").stdout.decode() == f"cloxxsctl {version}\n"


def test_help_at_each_level():
    grammar = json.loads(ctl("/x", "help", "--json").stdout)
    assert "Example:" in ctl("/x", "--help").stdout.decode()
    for verb in grammar["verbs"]:
        words = [verb["noun"], *(verb["verb"] or "").split()]
        for arguments in words[:1], words:
            result = ctl("/x", *arguments, "--help")
            assert result.returncode == 0
            assert "Example:\n  cloxxsctl " in result.stdout.decode()
        text = result.stdout.decode()
        assert verb["summary"] in text and verb["example"] in text
        for option in verb["options"]:
            assert f"--{option}" in text


@pytest.mark.parametrize("noun,first,verbs", [
    ("audit", "hold", ["add", "list", "release"]),
    ("user", "key", ["add", "list", "remove"]),
])
def test_help_of_verbs_of_two_words(noun, first, verbs):
    for arguments in ["help", noun, first], [noun, first, "--help"]:
        result = ctl("/x", *arguments)
        assert result.returncode == 0
        lines = result.stdout.decode().splitlines()
        assert lines[0] == \
            f"Usage: cloxxsctl {noun} {first} VERB [OPERAND] [OPTION...]"
        told = [line.split()[:3] for line in lines[2:2 + len(verbs)]]
        assert sorted(told) == sorted([noun, first, verb] for verb in verbs)
        assert lines[2 + len(verbs)] == ""
        assert lines[-1].startswith(f"More: cloxxsctl help {noun} {first} VERB")
    for wrong in ["help", noun, "ho"], ["help", noun, first, "nonsense"]:
        result = ctl("/x", *wrong)
        assert result.returncode == 2 and result.stdout == b""


def test_help_fits_a_screen():
    for line in ctl("/x", "help").stdout.decode().splitlines():
        assert len(line) <= 80, line


def manual():
    path = os.path.join(SOURCE, "man", "cloxxsctl.8")
    if not os.path.exists(path):
        pytest.skip("man/cloxxsctl.8 is missing")
    with open(path) as file:
        return file.read()


def test_manual_is_whole():
    text = manual().replace("\\-", "-")
    grammar = json.loads(ctl("/x", "help", "--json").stdout)
    for verb in grammar["verbs"]:
        assert re.search(rf"\b{verb['noun']}\b", text), verb
        if verb["verb"]:
            assert re.search(rf"\b{verb['noun']}\s+(Cm )?{verb['verb']}\b",
                             text), verb
    for option in grammar["options"]:
        assert re.search(rf"(Fl (Fl |-)|--){option['name']}\b", text), option


if __name__ == "__main__":
    if not os.access(CTL, os.X_OK):
        sys.exit(f"{CTL} is missing: make it first")
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider"]))
