# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects as groups of the system: a share follows the rights of a project."""

import grp
import json
import pathlib
import shutil
import socket

import pytest

import cloxxs_world as world

SERVICE = "share-app"
SHARE = pathlib.Path("/srv/unix-groups")
DOOR = "/run/systemd/userdb/nl.cloxxs"


def ctl(*words, **options):
    return world.cloxxsctl(*words, **options)


def groups_of(name):
    return set(world.run("id", "-Gn", name).stdout.split())


def members(group):
    """As the name service lists them, or None where there is no such group."""
    done = world.run("getent", "group", group, check=False)
    if done.returncode != 0:
        return None
    return sorted(filter(None, done.stdout.strip().split(":")[3].split(",")))


def memberships(**parameters):
    """As systemd is told of them."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(60)
        stream.connect(DOOR)
        stream.sendall(json.dumps({
            "method": "io.systemd.UserDatabase.GetMemberships", "more": True,
            "parameters": {"service": "nl.cloxxs", **parameters}}).encode()
            + b"\0")
        found, text = set(), b""
        while True:
            piece = stream.recv(65536)
            assert piece, "the daemon hung up"
            *whole, text = (text + piece).split(b"\0")
            for reply in map(json.loads, whole):
                if "error" in reply:
                    assert reply["error"].endswith("NoRecordFound")
                    return set()
                found.add((reply["parameters"]["userName"],
                           reply["parameters"]["groupName"]))
                if not reply.get("continues"):
                    return found


def can(user, *command):
    """As a process of the user has it, with the groups that he has now."""
    return world.run(*command, user=user, check=False).returncode == 0


@pytest.fixture(scope="module")
def project():
    for name in "uga", "ugb":
        ctl("user", "add", name, "--services", f"sshd,{SERVICE}")
    ctl("project", "add", "plan", "--service", SERVICE, "--unix-groups", "yes")
    yield "plan"
    shutil.rmtree(SHARE, ignore_errors=True)


@pytest.fixture
def share(project):
    """Readers read it, writers write it, others do neither."""
    shutil.rmtree(SHARE, ignore_errors=True)
    SHARE.mkdir()
    (SHARE / "paper").write_text("ten\n")
    world.run("chgrp", "-R", f"{project}-readers", SHARE)
    SHARE.chmod(0o750)
    (SHARE / "paper").chmod(0o640)
    (SHARE / "desk").mkdir()
    world.run("chgrp", f"{project}-writers", SHARE / "desk")
    (SHARE / "desk").chmod(0o770)
    return SHARE


def test_a_share_follows_the_rights(project, share):
    assert members("plan-readers") == members("plan-writers") == []
    assert not can("uga", "cat", share / "paper")
    ctl("grant", "add", "uga", project, "read")
    assert members("plan-readers") == ["uga"]
    assert groups_of("uga") == {"uga", "plan-readers"}
    assert can("uga", "cat", share / "paper")
    assert not can("uga", "touch", share / "desk/pen")
    ctl("grant", "add", "uga", project, "write")
    assert groups_of("uga") == {"uga", "plan-readers", "plan-writers"}
    assert can("uga", "touch", share / "desk/pen")
    ctl("grant", "remove", "uga", project)
    assert groups_of("uga") == {"uga"}
    assert not can("uga", "cat", share / "paper")


def test_groups_of_users_and_everyone_count_too(project):
    ctl("group", "add", "planners")
    ctl("grant", "add", "@planners", project, "read")
    assert members("plan-readers") == []
    ctl("group", "add-member", "planners", "ugb")
    assert members("plan-readers") == ["ugb"]
    assert memberships(groupName="plan-readers") == {("ugb", "plan-readers")}
    assert memberships(userName="ugb") == {("ugb", "plan-readers")}
    ctl("grant", "add", "ugb", project, "deny")
    assert members("plan-readers") == [] and groups_of("ugb") == {"ugb"}
    ctl("grant", "remove", "ugb", project)
    ctl("grant", "add", "@everyone", project, "write")
    assert {"uga", "ugb"} <= set(members("plan-writers"))
    ctl("user", "disable", "uga")
    assert "uga" not in members("plan-writers")
    ctl("user", "enable", "uga")
    ctl("grant", "remove", "@everyone", project)
    ctl("grant", "remove", "@planners", project)
    assert members("plan-readers") == members("plan-writers") == []


def test_who_is_in_which(project):
    """As the manuals say."""
    for right, groups in (("read", {"plan-readers"}),
                          ("write", {"plan-readers", "plan-writers"}),
                          ("write-only", {"plan-writers"}), ("deny", set())):
        ctl("grant", "add", "uga", project, right)
        assert groups_of("uga") == {"uga", *groups}
    ctl("grant", "add", "uga", project, "write")
    ctl("project", "archive", project, "--reason", "closed")
    assert groups_of("uga") == {"uga", "plan-readers"}
    assert members("plan-writers") == []
    ctl("project", "reopen", project, "--reason", "open")
    ctl("user", "set", "uga", "--services", "sshd")
    assert groups_of("uga") == {"uga"}
    ctl("user", "set", "uga", "--services", f"sshd,{SERVICE}")
    assert groups_of("uga") == {"uga", "plan-readers", "plan-writers"}
    ctl("grant", "remove", "uga", project)


def test_ids_are_stable(project):
    ctl("grant", "add", "uga", project, "write")
    before = [grp.getgrnam(f"plan-{kind}").gr_gid
              for kind in ("readers", "writers")]
    world.cloxxsd.restart()
    assert [grp.getgrnam(f"plan-{kind}").gr_gid
            for kind in ("readers", "writers")] == before
    assert groups_of("uga") == {"uga", "plan-readers", "plan-writers"}
    ctl("project", "rename", project, "plan2")
    assert [grp.getgrnam(f"plan2-{kind}").gr_gid
            for kind in ("readers", "writers")] == before
    assert members("plan-readers") is None
    ctl("project", "rename", "plan2", project)
    ctl("project", "set", project, "--unix-groups", "no")
    assert members("plan-readers") is None and groups_of("uga") == {"uga"}
    ctl("project", "set", project, "--unix-groups", "yes")
    assert not set(before) & {grp.getgrnam(f"plan-{kind}").gr_gid
                              for kind in ("readers", "writers")}
    assert groups_of("uga") == {"uga", "plan-readers", "plan-writers"}


@pytest.mark.parametrize("name", ["Plan", "a" * 25, "2027", "plan.x"])
def test_what_cannot_be_a_group_is_refused(name):
    done = ctl("project", "add", name, "--service", SERVICE, "--unix-groups",
               "yes", check=False)
    assert done.returncode != 0 and "groups of the system" in done.stderr
    assert ctl("project", "show", name, check=False).returncode == 3


def test_abuse_26_no_group_of_the_host_or_of_a_user(project):
    """Neither by its name nor by its id, whichever came first."""
    with open("/etc/group", "a", encoding="ascii") as file:
        file.write("wheelies-readers:x:4711:\n")
    done = ctl("project", "add", "wheelies", "--service", SERVICE,
               "--unix-groups", "yes", check=False)
    assert done.returncode == 6 and "/etc/group" in done.stderr
    done = ctl("user", "add", f"{project}-writers", check=False)
    assert done.returncode == 6
    for kind in "readers", "writers":
        assert grp.getgrnam(f"{project}-{kind}").gr_gid >= 65536
    # Ids that the host has are gone over.
    ctl("project", "add", "gap", "--service", SERVICE, "--unix-groups", "yes")
    taken = grp.getgrnam("gap-writers").gr_gid + 2
    with open("/etc/group", "a", encoding="ascii") as file:
        file.write(f"vaultadmins:x:{taken}:\n")
    ctl("project", "add", "next", "--service", SERVICE, "--unix-groups", "yes")
    ids = {grp.getgrnam(f"next-{kind}").gr_gid
           for kind in ("readers", "writers")}
    assert min(ids) > taken
