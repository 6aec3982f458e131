# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights in projects, from the administrator's verbs to what applications are
answered: by cloxxsctl, by Varlink, and in the process of the application."""

import ctypes
import csv
import io
import itertools
import json
import pathlib
import pwd
import random
import time

import pytest

import abuse
import cloxxs_world as world
from abuse import ADMIN, DENIED, STRANGER, Wire, error_of

ACCESS = "nl.cloxxs.Access."
ONLINE, OTHER = "online", "other"
# Accounts that Debian has, as those of two applications.
ACCOUNTS = {ONLINE: "www-data", OTHER: "games"}
CONFIG = abuse.CHEAP + "".join(
    f"[service {service}]\naccount = {account}\n"
    for service, account in ACCOUNTS.items())
DAY = 86400
FILES = pathlib.Path("/run/projects")


@pytest.fixture(autouse=True)
def configured():
    FILES.mkdir(exist_ok=True)
    if not abuse.CONFIG.exists() or abuse.CONFIG.read_text() != CONFIG:
        abuse.configure(CONFIG)
    yield
    # What one test gave to everyone is not the next one's.
    for project in stream(ADMIN + "ListProjects"):
        abuse.admin("DeleteProject", name=project["project"]["name"])
    for group in stream(ADMIN + "ListGroups"):
        abuse.admin("DeleteGroup", name=group["group"]["name"])
    for left in stream(ADMIN + "ListGrants"):
        abuse.admin("RemoveGrant", **{
            key: left["grant"][key] for key in ("holder", "project",
                                                "service")})


@pytest.fixture
def n(request):
    """Names of this test: n("a") is a user, a project or a group."""
    mark = f"{abs(hash(request.node.nodeid)) % 10**7}"
    return lambda name: f"{name}{mark}"


def ctl(*words, **options):
    return world.cloxxsctl(*words, **options)


def refused(status, said, *words, **options):
    """One line of printable ASCII, and the status as documented."""
    done = ctl(*words, check=False, **options)
    assert done.returncode == status, done
    assert done.stdout == ""
    line = done.stderr.splitlines()[-1]
    assert line.startswith("cloxxsctl: ") and line.isascii()
    assert line.isprintable() and said in line, line
    return done.stderr


def add_user(name, services=ONLINE):
    ctl("user", "add", name, "--services", services)


def add_project(name, service=ONLINE):
    ctl("project", "add", name, "--service", service)


def grant(holder, project, right, *more):
    ctl("grant", "add", holder, project, right, *more)


def as_application(service):
    return pwd.getpwnam(ACCOUNTS[service]).pw_uid


def ask(method, uid=0, **parameters):
    with Wire(uid) as wire:
        return wire.call(ACCESS + method, parameters)


def stream(method, uid=0, **parameters):
    """All replies but those without a member."""
    with Wire(uid) as wire:
        wire.ask(method, parameters, more=True)
        replies = []
        while True:
            reply = wire.receive()
            if "error" in reply:
                raise abuse.VarlinkError(reply["error"],
                                         reply.get("parameters"))
            if reply.get("parameters"):
                replies.append(reply["parameters"])
            if not reply.get("continues"):
                return replies


def grants():
    return world.cloxxsctl_json("grant", "list")


def everything():
    """All that a refused call must leave as it is."""
    return (ctl("grant", "export").stdout, ctl("project", "list").stdout,
            world.cloxxsctl_json("group", "list"),
            abuse.query("SELECT count(*) FROM ledger WHERE event LIKE"
                        " 'grant%' OR event LIKE 'project%' OR event LIKE"
                        " 'group%' OR event LIKE 'member%'"))


# ---- what everybody who is asked says ------------------------------------------


class Library:
    """The check in the process of an application; None where there is none."""

    def __init__(self, service):
        self.handle = None
        try:
            self.calls = ctypes.CDLL("libcloxxs.so.0")
            self.calls.cloxxs_access_new
        except (OSError, AttributeError):
            return
        handle = ctypes.c_void_p()
        assert self.calls.cloxxs_access_new(service.encode(),
                                            ctypes.byref(handle)) == 0
        self.handle = handle

    def may(self, user, project, right):
        if not self.handle:
            return None
        return self.calls.cloxxs_access_check(
            self.handle, user.encode(), project.encode(),
            {"read": 1, "write": 2}[right]) == 0


def may(user, project, right, service=ONLINE):
    """Whether he may; all who can be asked agree."""
    checked = ask("Check", service=service, user=user, project=project,
                  right=right)
    explained = ask("Explain", service=service, user=user, project=project,
                    right=right)
    assert (explained["allowed"], explained["reason"]) == (
        checked["allowed"], checked["reason"])
    assert ask("Check", as_application(service), user=user, project=project,
               right=right) == checked
    done = ctl("explain", "--user", user, "--project", project, "--right",
               right, "--service", service, check=False)
    assert done.returncode == (0 if checked["allowed"] else 10), done
    assert f": {checked['reason']}\n" in done.stdout
    if checked["reason"] != "unknown-project":
        who = world.cloxxsctl_json("project", "who", project)
        told = any(one[right] for one in who if one["user"] == user)
        assert told == checked["allowed"], (who, checked)
    assert any(one[right] for one in stream(
        ACCESS + "ListProjects", service=service, user=user)
        if one["project"] == project) == checked["allowed"]
    assert any(one[right] for one in stream(
        ACCESS + "ListUsers", service=service, project=project)
        if one["user"] == user) == checked["allowed"]
    in_process = Library(service).may(user, project, right)
    assert in_process in (None, checked["allowed"])
    return checked["allowed"]


def why(user, project, right, service=ONLINE):
    return ask("Check", service=service, user=user, project=project,
               right=right)["reason"]


def rights(user, project):
    return [right for right in ("read", "write") if may(user, project, right)]


# ---- the whole life --------------------------------------------------------------


def test_life_of_a_project(n):
    user, project, new = n("u"), n("budget-"), n("plan-")
    add_user(user)
    behind = world.cursor()
    assert "added" in ctl("project", "add", project, "--service",
                          ONLINE).stdout
    shown = world.cloxxsctl_json("project", "show", project)
    assert shown["project"]["service"] == ONLINE and shown["grants"] == []
    assert rights(user, project) == []
    grant(user, project, "write")
    assert rights(user, project) == ["read", "write"]
    page = ctl("project", "show", project).stdout
    assert user in page and "open" in page and ONLINE in page
    # Archived: all read who could, and nobody writes.
    ctl("project", "archive", project, "--reason", "year closed")
    assert rights(user, project) == ["read"]
    assert why(user, project, "write") == "archived"
    assert "year closed" in ctl("project", "show", project).stdout
    refused(6, "archived already", "project", "archive", project, "--reason",
            "x")
    told = ctl("explain", "--user", user, "--project", project, "--right",
               "write", check=False)
    assert f"cloxxsctl project reopen {project}" in told.stdout
    told = ctl("explain", "--user", user, "--project", project, "--right",
               "read").stdout
    assert "can still be read" in told and "decided" not in told
    ctl("project", "reopen", project, "--reason", "an entry was missing")
    refused(6, "not archived", "project", "reopen", project, "--reason", "x")
    assert rights(user, project) == ["read", "write"]
    # Another name is the same project.
    ctl("project", "rename", project, new)
    assert rights(user, new) == ["read", "write"]
    assert why(user, project, "read") == "unknown-project"
    refused(3, "no project of this name", "project", "show", project)
    refused(2, "no terminal to ask on", "project", "delete", new)
    ctl("project", "delete", new, "--yes")
    assert why(user, new, "read") == "unknown-project"
    assert [g for g in grants() if g["holder"] == user] == []
    names = [record["CLOXXS_EVENT"] for record in abuse.events(behind)
             if record["CLOXXS_EVENT"].startswith(("project", "grant"))]
    assert names == ["project-added", "grant-set", "project-archived",
                     "project-reopened", "project-changed",
                     "project-deleted"]


def test_groups_hold_grants(n):
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    grant(f"@{group}", project, "read")
    assert rights(user, project) == []
    ctl("group", "add-member", group, user)
    assert rights(user, project) == ["read"]
    shown = world.cloxxsctl_json("group", "show", f"@{group}")
    assert shown["members"] == [user] and shown["name"] == group
    assert [g["project"] for g in shown["grants"]] == [project]
    assert world.cloxxsctl_json("group", "list")[0]["members"] >= 1
    refused(6, "already", "group", "add-member", group, user)
    ctl("group", "remove-member", group, user)
    assert rights(user, project) == []
    refused(6, "none of its members", "group", "remove-member", group, user)
    ctl("group", "add-member", group, user)
    refused(2, "no terminal", "group", "delete", group)
    ctl("group", "delete", group, "--yes")
    assert rights(user, project) == []
    # One of that name made later is another one.
    ctl("group", "add", group)
    ctl("group", "add-member", group, user)
    assert rights(user, project) == []


def test_words_of_rights(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    for word, had in (("read", ["read"]), ("write", ["read", "write"]),
                      ("write-only", ["write"]), ("deny", [])):
        grant(user, project, word)
        assert rights(user, project) == had
        # In the place of the one before.
        assert [g["right"] for g in world.cloxxsctl_json(
            "grant", "list", "--project", project)] == [word]
    assert why(user, project, "read") == "denied"
    refused(2, "right: ", "grant", "add", user, project, "all")
    ctl("grant", "remove", user, project)
    assert why(user, project, "read") == "no-grant"
    refused(6, "holds no grant", "grant", "remove", user, project)


def test_lists_of_grants(n):
    """Those that were asked for, and no others."""
    user, group, one, two = n("u"), n("g"), n("p1-"), n("p2-")
    add_user(user, f"{ONLINE},{OTHER}")
    ctl("group", "add", group)
    add_project(one)
    add_project(two, OTHER)
    for holder in (user, f"@{group}", "@everyone"):
        grant(holder, one, "read")
        grant(holder, two, "write")
    grant(f"@{group}", "every-project", "read", "--service", ONLINE)

    def listed(*options):
        return sorted((g["holder"], g["project"]) for g in
                      world.cloxxsctl_json("grant", "list", *options)
                      if n("") in g["holder"] + g["project"])

    of_one = sorted((h, one) for h in (user, f"@{group}", "@everyone"))
    assert listed("--project", one) == of_one
    assert listed("--user", user) == [(user, one), (user, two)]
    assert listed("--user", user, "--project", two) == [(user, two)]
    assert listed("--user", f"@{group}", "--service", OTHER) == [
        (f"@{group}", two)]
    every = (f"@{group}", "every-project")
    assert listed("--service", ONLINE) == sorted([*of_one, every])
    assert listed("--project", "every-project", "--service", ONLINE) == [every]
    assert listed("--project", "every-project", "--user", f"@{group}") == [
        every]
    shown = world.cloxxsctl_json("project", "show", one)
    assert every in [(g["holder"], g["project"]) for g in shown["grants"]]
    refused(2, "must be named", "grant", "list", "--project", "every-project")
    refused(2, "another service", "grant", "list", "--project", one,
            "--service", OTHER)
    refused(2, "another service", "access", "review", "--project", one,
            "--service", OTHER)
    refused(3, '"nobody-here"', "grant", "list", "--user", "nobody-here")


# ---- abuse cases -----------------------------------------------------------------


def test_abuse_87_default_no_and_deny_beats_allow(n):
    """Nothing given: nothing; deny beats allow; the order is nothing."""
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    ctl("group", "add-member", group, user)
    assert why(user, project, "read") == "no-grant"
    ours = [(user, "read"), (f"@{group}", "write"), ("@everyone", "deny")]
    for order in itertools.permutations(ours):
        for holder, right in order:
            grant(holder, project, right)
        assert why(user, project, "read") == "denied"
        assert rights(user, project) == []
        ctl("grant", "remove", "@everyone", project)
        assert rights(user, project) == ["read", "write"]
        for holder, _ in ours[:2]:
            ctl("grant", "remove", holder, project)
        assert why(user, project, "write") == "no-grant"


def test_abuse_87_every_project_only_by_its_word(n):
    user, project, foreign = n("u"), n("p"), n("q")
    add_user(user, f"{ONLINE},{OTHER}")
    add_project(project)
    add_project(foreign, OTHER)
    for word in ("*", "%", "", "all", "any", "every", "EVERY-PROJECT",
                 "every-project ", project[:-1], project + "*"):
        refused(3, "there is no user, group or project", "grant", "add", user,
                word, "read", "--service", ONLINE)
    for word in ("@", "*", "everyone", "@Everyone", "@everyone "):
        refused(3, "there is no user, group or project", "grant", "add", word,
                project, "read")
    refused(2, "which service", "grant", "add", user, "every-project", "read")
    assert rights(user, project) == []
    grant(user, "every-project", "read", "--service", ONLINE)
    assert rights(user, project) == ["read"]
    # Of the one service, with those to come; not of another.
    later = n("later-")
    add_project(later)
    assert rights(user, later) == ["read"]
    assert not may(user, foreign, "read", OTHER)
    ctl("grant", "remove", user, "every-project", "--service", ONLINE)
    assert rights(user, later) == []


def test_abuse_88_names_are_exact(n):
    user, name = n("u"), n("App")
    add_user(user)
    projects = [name, name.lower(), name + "2", name[:-1]]
    for project in projects:
        add_project(project)
    grant(user, name, "write")
    assert rights(user, name) == ["read", "write"]
    for project in projects[1:]:
        assert rights(user, project) == []
    for other in (name + "/", name + "%2f..", name + " ",
                  name.upper(), "./" + name, name + "\n", name[:3], "",
                  name + "é"):
        assert why(user, other, "read") == "unknown-project"
        assert why(user + other[len(name):], name, "read") == (
            "allowed" if other == name or not other[len(name):]
            else "unknown-user")
    assert error_of(why, user, name + "\x00", "read") == (
        "org.varlink.service.InvalidParameter")
    for bad in ("a/b", "a%2f..", "../a", ".a", "-a", "a b", "a\"b", "a'b",
                "a\nb", "a\x1b[2J", "a\u202eb", "é", "a" * 65, "",
                "every-project"):
        refused(2, "name: ", "project", "add", "--service", ONLINE, "--", bad)
        refused(2, "new_name: ", "project", "rename", "--", name, bad)


def test_abuse_89_a_right_that_was_taken_is_gone_at_the_next_check(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    library = Library(ONLINE)
    with Wire(as_application(ONLINE)) as wire:
        question = {"user": user, "project": project, "right": "write"}
        for _ in range(50):
            abuse.admin("AddGrant", holder=user, project=project,
                        right="write")
            assert wire.call(ACCESS + "Check", question)["allowed"]
            assert library.may(user, project, "write") in (None, True)
            abuse.admin("RemoveGrant", holder=user, project=project)
            assert not wire.call(ACCESS + "Check", question)["allowed"]
            assert library.may(user, project, "write") in (None, False)
        grant(user, project, "write")
        ctl("user", "disable", user)
        assert not wire.call(ACCESS + "Check", question)["allowed"]
        ctl("user", "enable", user)
        assert wire.call(ACCESS + "Check", question)["allowed"]
        ctl("user", "set", user, "--services", OTHER)
        assert not wire.call(ACCESS + "Check", question)["allowed"]


def test_abuse_90_an_application_hears_of_its_own_service_alone(n):
    """Of others not even what there is: as of what is not there."""
    ours, theirs = n("ours-"), n("theirs-")
    mine, his, both = n("mine"), n("his"), n("both")
    add_project(ours)
    add_project(theirs, OTHER)
    add_user(mine)
    add_user(his, OTHER)
    add_user(both, f"{ONLINE},{OTHER}")
    for user in (his, both):
        grant(user, theirs, "write")
    grant(both, ours, "read")
    grant(his, ours, "read")
    uid = as_application(ONLINE)
    nobody, nothing = n("nobody"), n("nothing")
    for method in ("Check", "Explain"):
        def answer(user, project):
            return json.loads(json.dumps(ask(
                method, uid, user=user, project=project, right="read"))
                .replace(user, "USER").replace(project, "PROJECT"))
        assert answer(both, theirs) == answer(both, nothing)
        assert answer(his, ours) == answer(nobody, ours)
        assert answer(his, theirs) == answer(nobody, nothing)
    assert his not in json.dumps(ask("Explain", uid, user=both, project=ours,
                                     right="read"))
    assert [one["project"] for one in stream(
        ACCESS + "ListProjects", uid, user=both)] == [ours]
    for user in (his, nobody):
        assert stream(ACCESS + "ListProjects", uid, user=user) == []
    for project in (theirs, nothing):
        assert stream(ACCESS + "ListUsers", uid, project=project) == []
    assert [one["user"] for one in stream(
        ACCESS + "ListUsers", uid, project=ours)] == [both]
    for method, parameters in (
            ("Check", {"user": both, "project": theirs, "right": "read"}),
            ("Explain", {"user": both, "project": theirs, "right": "read"})):
        assert error_of(ask, method, uid, service=OTHER,
                        **parameters) == DENIED
    for method, parameters in (("ListProjects", {"user": both}),
                               ("ListUsers", {"project": theirs}),
                               ("Watch", {})):
        assert error_of(stream, ACCESS + method, uid, service=OTHER,
                        **parameters) == DENIED
    # It administers nothing, and strangers ask nothing.
    for method, parameters in (("ListGrants", {}), ("ListRights", {}),
                               ("ListRightChanges", {"since": 0})):
        assert error_of(stream, ADMIN + method, uid, **parameters) == DENIED
    assert error_of(abuse.admin, "AddGrant", uid, holder=both, project=ours,
                    right="write") == DENIED
    assert error_of(ask, "Check", STRANGER, service=ONLINE, user=both,
                    project=ours, right="read") == DENIED
    # Root must say of which service.
    assert error_of(ask, "Check", user=both, project=ours, right="read") == (
        ACCESS + "Invalid")


def test_abuse_90_watching(n):
    ours, theirs, both = n("ours-"), n("theirs-"), n("both")
    add_user(both, f"{ONLINE},{OTHER}")
    add_project(ours)
    add_project(theirs, OTHER)
    with Wire(as_application(ONLINE), timeout=30) as wire:
        wire.ask(ACCESS + "Watch", {}, more=True)
        assert wire.receive()["parameters"] == {}
        grant(both, theirs, "read")
        grant(both, ours, "read")
        # The first that is told of is the second that was made.
        seen = wire.receive()["parameters"]
    assert seen == {"change": "grant", "user": both, "project": ours}


def test_abuse_91_who_comes_later_inherits_nothing(n):
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    ctl("group", "add-member", group, user)
    grant(user, project, "read")
    grant(f"@{group}", project, "write")
    uid = abuse.show(user)["uid"]
    ctl("user", "delete", user, "--yes")
    assert why(user, project, "read") == "unknown-user"
    assert [g for g in grants() if g["holder"] == user] == []
    add_user(user)
    assert abuse.show(user)["uid"] != uid
    assert rights(user, project) == []
    # Of a project and of a group the same.
    grant(user, project, "write")
    ctl("project", "delete", project, "--yes")
    add_project(project)
    assert rights(user, project) == []
    assert world.cloxxsctl_json("grant", "list", "--project", project) == []


def test_abuse_92_a_grant_to_oneself_is_recorded(n):
    name, project, own = n("a"), n("p"), n("g")
    abuse.make_user(name, role="administrator", services=["sshd", ONLINE])
    uid = abuse.show(name)["uid"]
    behind = world.cursor()
    abuse.admin("AddProject", uid, name=project, service=ONLINE)
    abuse.admin("AddGrant", uid, holder=name, project=project, right="write")
    abuse.admin("AddGroup", uid, name=own)
    abuse.admin("AddMember", uid, name=own, user=name)
    abuse.admin("AddGrant", uid, holder=f"@{own}", project=project,
                right="read")
    abuse.admin("RemoveGrant", uid, holder=name, project=project)
    for event, whom in (("grant-set", name), ("grant-set", f"@{own}"),
                        ("member-added", name), ("grant-removed", name)):
        [record] = abuse.events(behind, event=event, user=whom)
        assert record["CLOXXS_ACTOR"] == name
        assert record["CLOXXS_RESULT"] == "done"
    # An alarm about what was before may come to be told just now.
    assert {r["CLOXXS_ACTOR"] for r in abuse.events(behind)
            if not r["CLOXXS_EVENT"].startswith("alarm-")} == {name}
    [(by, )] = {(g["granted_by"], ) for g in world.cloxxsctl_json(
        "grant", "list", "--project", project)}
    assert by == name


# ---- audit, time, review -----------------------------------------------------------


def test_every_verb_is_recorded_with_who_did_it(n):
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    behind = world.cursor()
    add_project(project)
    ctl("project", "set", project, "--unix-groups", "no")
    ctl("project", "archive", project, "--reason", "tidy up")
    ctl("project", "reopen", project, "--reason", "not yet")
    ctl("group", "add", group)
    ctl("group", "add-member", group, user)
    grant(f"@{group}", project, "read")
    grant(user, project, "write", "--until", "2030-01-01T00:00:00Z")
    ctl("grant", "remove", user, project)
    ctl("grant", "import", "-", stdin="holder,project,right,service\n"
        f"{user},{project},write-only,\n{user},every-project,read,{ONLINE}\n")
    ctl("group", "remove-member", group, user)
    ctl("group", "delete", group, "--yes")
    ctl("project", "delete", project, "--yes")
    # Reading leaves no record.
    ctl("access", "review", "--since", "2020-01-01")
    # Those of an import come behind it, with its time.
    world.wait_until(lambda: abuse.events(
        behind, event="grant-set", user=user)[2:], 20, "the import's records")
    records = abuse.events(behind)
    assert {r["CLOXXS_ACTOR"] for r in records} == {"root"}
    told = {(r["CLOXXS_EVENT"], r.get("CLOXXS_USER"),
             r.get("CLOXXS_DETAILS")) for r in records}
    wanted = {
            ("project-added", None, f"project={project} groups=no"),
            ("project-archived", None, f"project={project} tidy up"),
            ("project-reopened", None, f"project={project} not yet"),
            ("group-added", None, f"group=@{group}"),
            ("member-added", user, f"group=@{group}"),
            ("grant-set", f"@{group}", f"project={project} right=none->read"),
            ("grant-set", user, f"project={project} right=none->write"
             " until=2030-01-01T00:00:00Z"),
            ("grant-removed", user, f"project={project} right=write->none"),
            ("grant-set", user, f"project={project} right=none->write-only"),
            ("grants-imported", None, "added=2 changed=0 unchanged=0"),
            ("grant-set", user, f"project=every-project service={ONLINE}"
             " right=none->read"),
            ("member-removed", user, f"group=@{group}"),
            ("group-deleted", None, f"group=@{group}"),
            ("project-deleted", None, f"project={project}")}
    assert not wanted - told, (wanted - told, told)


def test_a_grant_ends_in_time(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    refused(2, "still to come", "grant", "add", user, project, "read",
            "--until", "2020-01-01")
    refused(2, "is no time such as", "grant", "add", user, project, "read",
            "--until", "31-12-2030")
    end = int(time.time()) + 10 * DAY
    grant(user, project, "write", "--until",
          time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end)))
    grant("@everyone", project, "read")
    assert rights(user, project) == ["read", "write"]
    assert [g["until"] for g in world.cloxxsctl_json(
        "grant", "list", "--user", user)] == [end]
    behind = world.cursor()
    try:
        with abuse.clock_ahead(9 * DAY):
            assert may(user, project, "read") and why(
                user, project, "write") == "allowed"
        with abuse.clock_ahead(11 * DAY):
            assert why(user, project, "read") == "allowed"
            assert why(user, project, "write") in ("no-grant", "ended")
            world.wait_until(
                lambda: not world.cloxxsctl_json("grant", "list", "--user",
                                                 user), 20,
                "the grant to be taken away")
            [record] = abuse.events(behind, event="grant-ended", user=user)
            assert record["CLOXXS_ACTOR"] == "cloxxsd"
            assert f"project={project}" in record["CLOXXS_DETAILS"]
        # A clock that is set back brings no right back.
        assert why(user, project, "write") == "no-grant"
    finally:
        ctl("clock", "accept", "--reason", "end of the test", check=False)
    # A day is included: its end is the beginning of the next one.
    grant(user, project, "read", "--until", "2031-05-31")
    assert [g["until"] for g in world.cloxxsctl_json(
        "grant", "list", "--user", user)] == [
            int(time.mktime((2031, 6, 1, 0, 0, 0, 0, 0, -1)))]
    grant(user, project, "read", "--until", "never")
    assert [g["until"] for g in world.cloxxsctl_json(
        "grant", "list", "--user", user)] == [None]


def test_review(n):
    """All who can do anything, in both orders and all forms, and nobody
    else; and what changed."""
    users = [n(f"u{i}") for i in range(3)]
    projects = [n(f"p{i}-") for i in range(3)]
    group = n("g")
    for user in users:
        add_user(user)
    for project in projects:
        add_project(project)
    ctl("group", "add", group)
    ctl("group", "add-member", group, users[1])
    before = time.time()
    world.wait_until(lambda: int(time.time()) > int(before), 5, "a second")
    # gmtime() by itself goes by a clock that is some milliseconds behind.
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(before) + 1))
    for holder, project, right in (
            (users[0], 0, "write"), (f"@{group}", 0, "read"),
            (users[0], 1, "read"), (users[2], 1, "deny"),
            ("@everyone", 1, "write-only")):
        grant(holder, projects[project], right)
    wanted = {(users[0], projects[0]): "read, write",
              (users[1], projects[0]): "read",
              (users[0], projects[1]): "read, write",
              (users[1], projects[1]): "write"}

    def ours(entries):
        return [one for one in entries if one["project"] in projects
                and one["user"] in users]

    for by in ("project", "user"):
        text = ctl("access", "review", "--by", by, "--format", "csv").stdout
        told = ours(csv.DictReader(io.StringIO(text)))
        assert {(o["user"], o["project"]): o["rights"] for o in told} == wanted
        other = "user" if by == "project" else "project"
        assert told == sorted(told, key=lambda o: (o[by], o[other]))
    review = world.cloxxsctl_json("access", "review", "--since", since)
    assert {(o["user"], o["project"]) for o in ours(review["rights"])} == set(
        wanted)
    changes = [one for one in review["changes"] if any(
        project in one["details"] for project in projects)]
    assert [c["event"] for c in changes] == ["grant-set"] * 5
    assert {c["actor"] for c in changes} == {"root"}
    [entry] = [o for o in review["rights"] if o["user"] == users[1]
               and o["project"] == projects[0]]
    assert f"@{group} read" in entry["grants"]
    # Of one user, one project; an administrator reads the same as a table.
    one = world.cloxxsctl_json("access", "review", "--user", users[1])
    assert {o["user"] for o in one["rights"]} == {users[1]}
    assert "changes" not in one
    one = world.cloxxsctl_json("access", "review", "--project", projects[1],
                               "--since", since)
    assert {o["project"] for o in one["rights"]} == {projects[1]}
    assert all(projects[0] not in c["details"] for c in one["changes"])
    table = ctl("access", "review", "--by", "user", "--since", since).stdout
    assert "Changed since" in table and users[1] in table
    assert [o["project"] for o in world.cloxxsctl_json(
        "user", "projects", users[1])] == projects[:2]
    assert sorted(o["user"] for o in world.cloxxsctl_json(
        "project", "who", projects[0])) == sorted(users[:2])
    mixed = list(csv.DictReader(io.StringIO(ctl(
        "access", "review", "--since", since, "--format", "csv").stdout)))
    assert {line["line"] for line in mixed} == {"right", "change"}
    refused(3, "there is no user or project", "access", "review", "--user",
            n("none"))
    assert "Nobody can do anything" in ctl(
        "access", "review", "--project", projects[2]).stdout


def test_all_who_are_asked_agree(n):
    """By chance, with one seed: whatever was given."""
    chance = random.Random(2027)
    users = [n(f"u{i}") for i in range(3)]
    groups = [n(f"g{i}") for i in range(2)]
    projects = [n(f"p{i}-") for i in range(2)]
    for user in users:
        add_user(user)
    for group in groups:
        ctl("group", "add", group)
    for project in projects:
        add_project(project)
    holders = users + [f"@{group}" for group in groups] + ["@everyone"]
    had = {}
    members = {}
    for _ in range(12):
        for _ in range(4):
            group, user = chance.choice(groups), chance.choice(users)
            verb = "RemoveMember" if (group, user) in members else "AddMember"
            abuse.admin(verb, name=group, user=user)
            if verb == "AddMember":
                members[group, user] = True
            else:
                del members[group, user]
            holder, project = chance.choice(holders), chance.choice(projects)
            if (holder, project) in had and chance.random() < 0.5:
                abuse.admin("RemoveGrant", holder=holder, project=project)
                del had[holder, project]
            else:
                right = chance.choice(["read", "write", "write-only", "deny"])
                abuse.admin("AddGrant", holder=holder, project=project,
                            right=right)
                had[holder, project] = right
        user, project = chance.choice(users), chance.choice(projects)
        mine = [user, "@everyone"] + [f"@{group}" for group in groups
                                      if (group, user) in members]
        words = [had.get((holder, project)) for holder in mine]
        expected = [] if "deny" in words else [
            right for right, of in (("read", ("read", "write")),
                                    ("write", ("write", "write-only")))
            if any(word in of for word in words)]
        assert rights(user, project) == expected, (words, had)


def test_what_gives_nothing_is_said(n):
    """A grant without the service counts for nothing, and all who could think
    otherwise are told so, until he has the service."""
    user, group, project = n("u"), n("g"), n("p")
    add_user(user, "sshd")
    add_project(project)
    ctl("group", "add", group)
    done = ctl("grant", "add", user, project, "write")
    assert f"may not use the service {ONLINE}" in done.stderr
    assert f"explain --user {user} --project {project}" in done.stderr
    grant(f"@{group}", project, "read")
    done = ctl("group", "add-member", group, user)
    assert f"may not use the service {ONLINE}" in done.stderr
    assert rights(user, project) == []
    assert "cloxxsctl explain" in ctl("project", "who", project).stdout
    assert "cloxxsctl explain" in ctl("user", "projects", user).stdout
    page = ctl("user", "show", user).stdout.splitlines()
    assert f"Groups        @{group}" in page
    assert "Grants        1, and 1 of his groups" in page
    assert "Keys          0" in page
    done = ctl("user", "set", user, "--services", f"sshd,{ONLINE}")
    assert f"services: sshd -> sshd,{ONLINE}\n" in done.stdout
    assert done.stderr == ""
    assert rights(user, project) == ["read", "write"]
    assert "explain" not in ctl("user", "projects", user).stdout


def test_service_that_nobody_speaks_for(n):
    assert "no account speaks for the service nobody-s yet" in ctl(
        "project", "add", n("p"), "--service", "nobody-s").stderr
    done = ctl("project", "add", n("q"), "--service", ONLINE)
    assert done.stderr == ""
    done = ctl("user", "add", n("u"), "--services", f"{ONLINE},nobody-s")
    assert ONLINE not in done.stderr
    assert "no /etc/pam.d/nobody-s on this host, and no account" in done.stderr


def test_group_without_its_mark(n):
    group, project = n("g"), n("p")
    add_project(project)
    ctl("group", "add", group)
    before = everything()
    for words in (("grant", "add", group, project, "read"),
                  ("grant", "remove", group, project),
                  ("grant", "list", "--user", group)):
        refused(2, f"the group of that name is written @{group}", *words)
    for words in (("access", "review", "--user"), ("user", "projects")):
        refused(2, f'"cloxxsctl grant list --user @{group}"', *words,
                f"@{group}")
    assert everything() == before


# ---- files ---------------------------------------------------------------------------


def write(name, data):
    path = FILES / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def test_import_all_or_nothing(n):
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    lines = ["holder,project,right,service,until",
             f"{user},{project},write,,", f"@{group},{project},read,{ONLINE},",
             f"'@everyone,{project},read,,2030-01-01",
             f"{user},every-project,read,{ONLINE},never"]
    path = write("good.csv", "\n".join(lines) + "\n")
    before = everything()
    # The one fault is found here: the daemon would take all others.
    half = write("half.csv", "\n".join([*lines, user]) + "\n")
    done = ctl("grant", "import", half, check=False)
    assert done.returncode == 2
    assert f"{half}:6: it has another number" in done.stderr
    assert everything() == before
    told = ctl("grant", "import", path, "--dry-run").stdout
    assert told == ("4 to be added, 0 to be changed, 0 as they are already. "
                    "Nothing was changed.\n")
    assert everything() == before
    assert ctl("grant", "import", path).stdout.startswith("4 added, ")
    assert rights(user, project) == ["read", "write"]
    count = abuse.query("SELECT count(*) FROM ledger WHERE event ="
                        " 'grant-set'")
    assert ctl("grant", "import", path).stdout == (
        "0 added, 0 changed, 4 as they were already.\n")
    assert abuse.query("SELECT count(*) FROM ledger WHERE event ="
                       " 'grant-set'") == count


def test_dry_run_names_what_would_change(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    grant(user, project, "write", "--until", "2030-12-31")
    grant("@everyone", project, "read")
    path = write("other.csv", "holder,project,right\n"
                 f"@everyone,{project},read\n{user},{project},read\n"
                 f"@everyone,{n('new')},read\n")
    add_project(n("new"))
    before = everything()
    table = ctl("grant", "import", path, "--dry-run").stdout.splitlines()
    assert len(table) == 2
    assert table[0].startswith(f"{path}:3: {user} {project}: write until ")
    assert table[0].endswith(" -> read")
    told = world.cloxxsctl_json("grant", "import", path, "--dry-run")
    assert [(c["line"], c["right_before"], c["right"], c["until"])
            for c in told["changes"]] == [(3, "write", "read", None)]
    assert (told["added"], told["changed"], told["unchanged"]) == (1, 1, 1)
    assert everything() == before
    # The way back that the manual names.
    held = ctl("grant", "export").stdout
    back = write("back.csv", held)
    ctl("grant", "import", path)
    assert rights(user, project) == ["read"]
    ctl("grant", "import", back)
    ctl("grant", "remove", "@everyone", n("new"))
    assert ctl("grant", "export").stdout == held
    assert rights(user, project) == ["read", "write"]


def test_import_tells_every_fault_by_its_line(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    rows = [("holder,project,right,service,until", None),
            (f"{user},{project},read,,", None),
            (f"nobody,{project},read,,", "no user or group nobody"),
            (f"@none,{project},read,,", "no user or group @none"),
            (f"{user},nothing,read,,", "no project nothing"),
            (f"{user},a/b,read,,", "no project a/b"),
            (f"{user},{project},all,,", "right: It must be"),
            (f"{user},{project},read,{OTHER},", "belongs to another service"),
            (f"{user},every-project,read,,", "which service"),
            (f"{user},{project},write,,", "holder and project are those of"),
            (f"{user},{project},read,,soon", "is no time such as"),
            (f"@everyone,{project},read,,2020-01-01", "still to come"),
            (f"{user},{project}", "another number of fields"),
            (f",{project},read,,", '"holder" must not be empty'),
            (f"{user},\"{project},read,,x\"y\"", "behind a closing quotation"),
            (f"{user},p\x1b[2J,read,,", "no project p\\x1b[2J"),
            (f"{user},p\u202e,read,,", "no project p\\xe2\\x80\\xae"),
            (f"{user},'; DROP TABLE user;--,read,,", "no project '; DROP")]
    path = write("bad.csv", "\n".join(line for line, _ in rows) + "\n")
    before = everything()
    for more in ([], ["--dry-run"]):
        done = ctl("grant", "import", path, *more, check=False)
        assert done.returncode == 2 and done.stdout == ""
        *told, last = done.stderr.splitlines()
        faults = [(i, fault) for i, (_, fault) in enumerate(rows, 1) if fault]
        assert len(told) == len(faults), done.stderr
        for line, (i, fault) in zip(told, faults):
            assert line.startswith(f"{path}:{i}: ") and fault in line, line
            assert line.isascii() and line.isprintable()
        assert f"{len(faults)} faults; nothing was changed" in last
        assert everything() == before


def test_import_of_a_thousand_with_one_bad_line(n):
    users = [n(f"u{i}") for i in range(40)]
    projects = [n(f"p{i}-") for i in range(25)]
    for user in users:
        abuse.admin("AddUser", name=user, services=[ONLINE])
    for project in projects:
        abuse.admin("AddProject", name=project, service=ONLINE)
    lines = [f"{user},{project},read" for user in users
             for project in projects]
    bad = list(lines)
    bad[777] = f"{users[0]},nowhere,read"
    before = everything()
    done = ctl("grant", "import", "-", check=False,
               stdin="holder,project,right\n" + "\n".join(bad) + "\n")
    assert done.returncode == 2
    assert done.stderr.startswith("-:779: there is no project nowhere\n")
    assert everything() == before
    done = ctl("grant", "import", "-",
               stdin="holder,project,right\r\n" + "\r\n".join(lines))
    assert done.stdout.startswith("1000 added, ")
    assert len(world.cloxxsctl_json("user", "projects", users[39])) == 25
    assert may(users[7], projects[24], "read")
    assert not may(users[7], projects[24], "write")
    # More than 100 faults are counted, and not all told.
    done = ctl("grant", "import", "-", check=False,
               stdin="holder,project,right\n" + "x,y,read\n" * 150)
    assert done.stderr.count("\n") == 101 and "150 faults" in done.stderr


NO_FILES = {
    "nothing": (b"", ":1: there is no header"),
    "short header": (b"holder,project\n", '"right" is a column that is missing'),
    "semicolons": (b"holder;project;right\n", "columns are parted by commas"),
    "unknown": (b"holder,project,right,colour\n", '"colour" is no column'),
    "twice": (b"holder,holder,project,right\n",
              '"holder" is a column twice'),
    "not utf-8": (b"holder,project,right\nanna,\xff\xfe,read\n",
                  "is not valid UTF-8"),
    "nul": (b"holder,project,right\nan\0na,p,read\n", "there is a NUL in it"),
    "open": (b"holder,project,right\n\"anna,p,read\n", "is never closed"),
    "long": (b"holder,project,right\nanna," + b"p" * 5000 + b",read\n",
             "a field is too long"),
}


@pytest.mark.parametrize("name", NO_FILES)
def test_import_of_what_is_no_such_file(name):
    data, said = NO_FILES[name]
    before = everything()
    path = write("no.csv", data)
    done = ctl("grant", "import", path, check=False)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert done.stderr.isascii() and "nothing was changed" in done.stderr
    assert everything() == before


def test_import_of_no_file():
    refused(3, "No such file", "grant", "import", "/nowhere.csv")


def test_abuse_101_export_comes_in_again_and_is_no_formula(n):
    user, group, project = n("u"), n("g"), n("p")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    for holder in (user, f"@{group}", "@everyone"):
        grant(holder, project, "read", "--until", "2030-01-01T00:00:00Z")
    grant(user, "every-project", "write", "--service", ONLINE)
    text = ctl("grant", "export", "--format", "csv").stdout
    for name in ("grant", "review"):
        table = text if name == "grant" else ctl(
            "access", "review", "--format", "csv", "--since",
            "2020-01-01").stdout
        for row in csv.reader(io.StringIO(table)):
            for field in row:
                assert field[:1] not in ("=", "+", "-", "@", "\t", "\r"), row
    assert f"'@{group},{project},read,{ONLINE},2030-01-01T00:00:00Z" in text
    assert ctl("grant", "import", "-", stdin=text).stdout.startswith(
        "0 added, 0 changed, ")
    lost = [(user, project), (f"@{group}", project), ("@everyone", project)]
    for holder, of in lost:
        ctl("grant", "remove", holder, of)
    assert ctl("grant", "import", "-", stdin=text).stdout.startswith(
        "3 added, 0 changed, ")
    assert ctl("grant", "export").stdout == text


def test_import_against_what_changed_meanwhile_is_refused(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    line = {"line": 2, "holder": user, "project": project, "right": "read"}
    with Wire() as wire:
        wire.call(ADMIN + "GrantsBegin")
        wire.call(ADMIN + "GrantsPut", {"grants": [line]})
        ctl("project", "delete", project, "--yes")
        add_project(project)
        assert error_of(wire.call, ADMIN + "GrantsCommit") == (
            ADMIN + "Conflict")
    with Wire() as wire:
        assert error_of(wire.call, ADMIN + "GrantsPut", {"grants": [line]}
                        ) == ADMIN + "Conflict"
    assert rights(user, project) == []


def test_a_store_in_which_most_may_nothing(n):
    """Nothing is found for long, and then the last one is."""
    users = [n(f"u{i:03}-") for i in range(600)]
    projects = [n(f"p{i:03}-") for i in range(300)]
    ctl("user", "import", "-", "--format", "csv", stdin="name,services\n"
        + "".join(f"{user},{ONLINE}\n" for user in users))
    for project in projects:
        abuse.admin("AddProject", name=project, service=ONLINE)
    last, user = projects[-1], users[-1]
    grant(user, last, "write")
    assert stream(ACCESS + "ListProjects", service=ONLINE, user=user) == [
        {"project": last, "read": True, "write": True}]
    assert stream(ACCESS + "ListUsers", service=ONLINE, project=last) == [
        {"user": user, "read": True, "write": True}]
    assert stream(ACCESS + "ListProjects", service=ONLINE,
                  user=users[0]) == []
    assert [o["user"] for o in world.cloxxsctl_json(
        "project", "who", last)] == [user]
    assert [o["project"] for o in world.cloxxsctl_json(
        "user", "projects", user)] == [last]
    assert [o["user"] for o in world.cloxxsctl_json(
        "access", "review")["rights"]] == [user]
    # Behind thousands of records there is one that was asked for.
    ctl("grant", "import", "-", stdin="holder,project,right\n" + "".join(
        f"{one},{project},read\n" for one in users[:300]
        for project in projects[:10]))
    world.wait_until(lambda: abuse.query(
        "SELECT count(*) FROM import_record") == [(0,)], 60,
        "the records of the import")
    began = int(time.time())
    world.wait_until(lambda: int(time.time()) > began + 1, 10, "two seconds")
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + 1))
    grant(user, last, "read")
    review = world.cloxxsctl_json("access", "review", "--user", user,
                                  "--since", since)
    assert [change["details"] for change in review["changes"]] == [
        f"project={last} right=write->read"]


# ---- what is wrong is said, and changes nothing ------------------------------------


def test_unknown_and_hostile_words_change_nothing(n):
    user, project, group = n("u"), n("p"), n("g")
    add_user(user)
    add_project(project)
    ctl("group", "add", group)
    before = everything()
    hostile = ["\x1b[2J", "a\x0bb", "\x1b]8;;http://x\x07", "a\u202eb", "a/b",
               "'; DROP TABLE user;--", "$(id)", "%n%s", "\"", "a" * 300]
    for word in hostile:
        for arguments in (
                ("grant", "add", "--", word, project, "read"),
                ("grant", "add", "--", user, word, "read"),
                ("grant", "add", "--", user, project, word),
                ("grant", "remove", "--", word, project),
                ("grant", "remove", "--", user, word),
                ("group", "add", "--", word),
                ("group", "add-member", "--", group, word),
                ("group", "add-member", "--", word, user),
                ("project", "add", "--service", ONLINE, "--", word),
                ("project", "add", "--service", word, "--", n("q")),
                ("project", "show", "--", word),
                ("project", "who", "--", word),
                ("user", "projects", "--", word),
                ("access", "review", "--project", word),
                ("explain", "--user", user, "--right", "read", "--project",
                 word)):
            done = ctl(*arguments, check=False)
            assert done.returncode in (2, 3), (arguments, done)
            assert done.stdout == "", done
            assert done.stderr.isascii() and done.stderr[:-1].isprintable()
    assert everything() == before
    refused(6, "exists already in projects", "project", "add", project,
            "--service", OTHER)
    refused(6, "exists already in groups", "group", "add", group)
    refused(2, "stands for every user", "group", "add", "everyone")
    refused(2, "of a right, name", "explain", "--user", user, "--project",
            project)
    refused(2, "nothing of a login", "explain", "--user", user, "--project",
            project, "--right", "read", "--from", "192.0.2.1")
    refused(3, "there is no project", "explain", "--user", user, "--project",
            n("none"), "--right", "read")
    assert everything() == before


@pytest.mark.parametrize("change, advice, rule", [
    (None, "cloxxsctl grant add {user} {project} write", None),
    (("user", "disable", "{user}"), "cloxxsctl user enable {user}",
     "user-enabled"),
    (("user", "set", "{user}", "--services", OTHER),
     "cloxxsctl user set {user} --services", "service-allowed"),
    (("user", "set", "{user}", "--not-before", "2030-01-01"),
     "--not-before never", "user-valid"),
    (("user", "set", "{user}", "--not-after", "2020-01-01"),
     "--not-after never", "user-valid"),
    (("grant", "add", "@everyone", "{project}", "deny"),
     "of the grant of deny", "grant"),
    (("project", "archive", "{project}", "--reason", "x"), None, None),
])
def test_explain_says_what_would_allow_it(n, change, advice, rule):
    names = {"user": n("u"), "project": n("p")}
    add_user(names["user"])
    add_project(names["project"])
    if change:
        ctl(*(word.format(**names) for word in change))
    assert not may(names["user"], names["project"], "write")
    done = ctl("explain", "--user", names["user"], "--project",
               names["project"], "--right", "write", check=False)
    assert done.returncode == 10
    if advice:
        told = done.stdout.split("What would allow it: ")[1]
        assert advice.format(**names) in told
    for line in done.stdout.splitlines():
        if "decided" in line and rule:
            assert rule in line, line
    assert not rule or "decided" in done.stdout


def test_a_restart_changes_nothing(n):
    user, project = n("u"), n("p")
    add_user(user)
    add_project(project)
    grant(user, project, "read")
    before = everything()[0]
    world.cloxxsd.kill()
    world.cloxxsd.start()
    assert rights(user, project) == ["read"]
    assert everything()[0] == before
